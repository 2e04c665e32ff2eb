"""The relay under measurement: a process of its own on a core of its own, over a store that may hold a lot already."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from bench import fill
from bench.machine import cores, precedence, raise_descriptors

SETTINGS: Final = {"FREE_BYTES": "0", "BUDGETS": "false", "LOG": "json"}
"""One load program stands for many people, so it is not held to what one peer may do."""
PATIENCE: Final = 60.0


class Relay:
    """One relay that can be killed and started again on the same port."""

    def __init__(self, data: Path, **settings: object) -> None:
        self.data = data
        self.port = 0
        self._settings = SETTINGS | {key.upper(): str(value) for key, value in settings.items()}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def stream(self) -> str:
        """The address of its stream."""
        return f"ws://127.0.0.1:{self.port}/v1/stream"

    def start(self, hours_later: float = 0) -> None:
        """Start it, and wait until it listens; its clock may be ahead of the machine's."""
        ready = self.launch(hours_later)
        with os.fdopen(ready, "rb") as lines:
            self.port = msgspec.json.decode(lines.readline())["port"]

    def launch(self, hours_later: float = 0) -> int:
        """Start it, and return a descriptor on which it says when it listens."""
        ready, told = os.pipe()
        module = ["bench.late", str(hours_later)] if hours_later else ["havre.relay"]
        command = [sys.executable, "-m", *module, "--data", str(self.data), "--port", str(self.port)]
        environment = os.environ | {f"HAVRE_RELAY_{key}": value for key, value in self._settings.items()}
        with on_cores(cores().server), (self.data.parent / "relay.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--ready-fd", str(told)], pass_fds=[told], env=environment, stderr=log
            )
        os.close(told)
        return ready

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(timeout=PATIENCE)


@contextmanager
def on_cores(chosen: frozenset[int]) -> Iterator[None]:
    """Start processes on these cores; what a process starts stays where its parent was."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(size: fill.Size, **settings: object) -> Iterator[Relay]:
    """Give a relay over a copy of the filled store, this process on the load's cores; everything goes at the end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the relay ends, too
    raise_descriptors()
    full = fill.made(size)
    with ExitStack() as stack:
        stack.enter_context(precedence())
        stack.enter_context(on_cores(cores().load))
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=fill.cache(), prefix="run-"))
        data = Path(folder) / "relay"
        if full is not None:
            fill.link(full, data / "store")
        relay = Relay(data, **settings)
        data.mkdir(parents=True, exist_ok=True)
        relay.start()
        stack.callback(relay.stop)
        yield relay
