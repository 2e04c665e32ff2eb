"""Prosody and ejabberd as processes of their own, on the core and at the rank that the relay gets."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.machine import cores, precedence
from bench.relay import on_cores

HERE: Final = Path(__file__).parent
PATIENCE: Final = 40.0
EPMD_PORT: Final = "14369"


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that people run today."""

    name: str
    program: str
    config: str
    port: int

    @property
    def is_there(self) -> bool:
        """Whether it is installed."""
        return shutil.which(self.program) is not None or Path("/usr/sbin", self.program).exists()

    @property
    def user(self) -> str | None:
        """Who it has to run as when it is started by root: ejabberd's own script wants that."""
        return "ejabberd" if self.name == "ejabberd" and os.geteuid() == 0 else None

    def command(self, folder: Path) -> list[str]:
        """Return how it is started over a folder of its own."""
        program, config = shutil.which(self.program) or f"/usr/sbin/{self.program}", str(folder / self.config)
        if self.name == "Prosody":
            return [program, "--config", config, "-F"]
        places = ["--config", config, "--spool", str(folder / "data"), "--logs", str(folder / "logs")]
        return [program, *places, "--node", "bench@localhost", "foreground"]


PEERS: Final = (
    Peer("Prosody", "prosody", "prosody.cfg.lua", 15222),
    Peer("ejabberd", "ejabberdctl", "ejabberd.yml", 15223),
)


@contextmanager
def serving(peer: Peer) -> Iterator[list[int]]:
    """Run a peer with this process on the load's cores, and give its processes' ids."""
    with precedence(), tempfile.TemporaryDirectory(prefix="havre-peer-") as name:
        folder = _folder(Path(name), peer)
        with on_cores(cores().server):
            process = subprocess.Popen(
                peer.command(folder),
                cwd=folder,
                user=peer.user,
                env=os.environ | {"HOME": str(folder), "ERL_EPMD_PORT": EPMD_PORT},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        try:
            _wait_for(peer.port)
            with on_cores(cores().load):
                yield _family(process.pid)
        finally:
            _end(process)


def _folder(folder: Path, peer: Peer) -> Path:
    """Put the configuration where the server, which may run as a user of its own, can use it."""
    shutil.copy(HERE / peer.config, folder)
    for name in ("data", "logs"):
        (folder / name).mkdir()
    for path in (folder, *folder.iterdir()):
        path.chmod(0o777 if path.is_dir() else 0o644)
        if peer.user is not None:
            shutil.chown(path, peer.user)
    return folder


def _wait_for(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def _family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text()
            found += [int(child) for child in children.split()]
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    for pid in reversed(_family(process.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(timeout=PATIENCE)
    _end_name_server()


def _end_name_server() -> None:
    """End Erlang's name server, which ejabberd leaves behind: the one on our port, and no other."""
    ours = f"ERL_EPMD_PORT={EPMD_PORT}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "comm").read_text() == "epmd\n" and ours in (folder / "environ").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
