"""The machine: which core is whose, who used them, and what a reader of the figures must know about it."""

from __future__ import annotations

import os
import platform
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")
SYNC_BYTES: Final = 64 * 1024
FIRST: Final = -15
LAST: Final = 5


@dataclass(frozen=True, slots=True)
class Cores:
    """The server has one core to itself, the load program has the others; on a machine with one core both share it."""

    server: frozenset[int]
    load: frozenset[int]


@cache
def cores() -> Cores:
    """Divide the cores that this process may use: once, since the load program then keeps to its own."""
    first, *others = sorted(os.sched_getaffinity(0))
    return Cores(frozenset([first]), frozenset(others or [first]))


def raise_descriptors() -> int:
    """Lift the limit of open files as far as this process may, and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextmanager
def precedence() -> Iterator[None]:
    """Go before other programs where this user may (root): what else a shared machine does then weighs less.

    Linux shares cores among sessions first, so the session's own rank counts, too.
    """
    session = Path("/proc/self/autogroup")
    before = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        _rank(session, FIRST)
        yield
    finally:
        _rank(session, before)


def precede_with_children() -> None:
    """Rank the sessions of what this process has started as `precedence` ranks its own: a browser begins one."""
    parents: dict[int, int] = {}
    for process in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parents[int(process.name)] = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
    ours = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in ours} - ours:
        ours |= more
    for process_id in ours:
        with suppress(OSError):
            Path(f"/proc/{process_id}/autogroup").write_text(str(FIRST))


def give_way(threads: Iterable[int]) -> None:
    """Have threads, by their ids, come after what `precedence` prefers: they stand for another machine."""
    for thread in threads:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, LAST)


def threads_of(pid: int) -> list[int]:
    """Return the ids of a process's threads."""
    return [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]


def _rank(session: Path, rank: int) -> None:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, rank)
        session.write_text(str(rank))


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, all threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_kb(pid: int) -> int:
    """Return the memory that a process holds (KB)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _core_seconds(core: int) -> tuple[float, float, float]:
    """Return how long a core was idle, in the kernel's networking, and taken by the hypervisor."""
    lines = Path("/proc/stat").read_text().splitlines()
    _, _, _, idle, wait, interrupts, network, stolen = (
        int(field) / TICKS for line in lines if line.startswith(f"cpu{core} ") for field in line.split()[1:9]
    )
    return idle + wait, interrupts + network, stolen


class Usage:
    """Who used the server's core and the load's between two moments."""

    def __init__(self, servers: Iterable[int]) -> None:
        self._servers = list(servers)
        self._core = min(cores().server)
        self._before = self._now()

    def _now(self) -> tuple[float, ...]:
        servers = sum(cpu_seconds(pid) for pid in self._servers)
        return (time.perf_counter(), servers, time.process_time(), *_core_seconds(self._core))

    def since(self) -> dict[str, float]:
        """Return shares of one core: the server's and the load program's own, and who else had the server's core."""
        elapsed, server, load, idle, network, stolen = (b - a for a, b in zip(self._before, self._now(), strict=True))
        shares = {"server_busy": server, "network": network, "stolen": stolen, "idle": idle, "load_busy": load}
        rounded = {name: round(seconds / elapsed, 2) for name, seconds in shares.items()}
        return rounded | {"others": round(max(0.0, elapsed - server - network - stolen - idle) / elapsed, 2)}


def describe() -> dict[str, str]:
    """Return the machine in words."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    libraries = ("picows", "uvloop", "uvicorn", "rocksdict", "msgspec", "pynacl")
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{pages / 1024**3:.0f} GB",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in libraries),
        "disk": f"{sync_milliseconds():.2f} ms to append {SYNC_BYTES // 1024} KB and sync (median of 50)",
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def sync_milliseconds() -> float:
    """Return the median time of one synced append in the folder for temporary files (ms)."""
    times: list[float] = []
    data = os.urandom(SYNC_BYTES)
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(data)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return sorted(times)[25] * 1000
