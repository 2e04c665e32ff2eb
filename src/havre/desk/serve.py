"""Runs the app: one process for a profile, on loopback alone."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn

from havre.client.api import VaultKey
from havre.client.errors import HavreError
from havre.desk import window
from havre.desk.desk import Desk
from havre.desk.guard import Keys
from havre.desk.site import PAGE, address, site

PORT: Final = 8450
LARGEST_CALL: Final = 4 << 20
"""Bytes of one message of the page."""


class PortTaken(HavreError):
    """The port that was asked for is in use."""

    exit_code = 20

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is in use on this machine; choose another with --port.")


class NoPage(HavreError):
    """The page was not built into this installation."""

    def __init__(self) -> None:
        super().__init__("This installation came without the app's page; install the wheel, or run `make page`.")


def listen(port: int | None) -> socket.socket:
    """Return a listening socket on loopback: the port asked for, or the usual one, or any; raises PortTaken."""
    for candidate in (PORT, 0) if port is None else (port,):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(("127.0.0.1", candidate))
            made.listen()  # a port that is only bound could be bound by another app, too, that starts just now
        except OSError:
            made.close()
            continue
        return made
    raise PortTaken(port or PORT)


async def serve(folder: Path, relay: str, port: int | None, key: VaultKey | None, show: Callable[[str], None]) -> None:
    """Serve one profile until told to stop; `show` is called with the first window's address.

    With a `key` the vault is opened at once, without one the page asks for the passphrase.
    Raises PortTaken, NoPage, and what opening the vault raises.
    """
    if not (PAGE / "index.html").exists():
        raise NoPage
    lock = window.hold(folder)
    if lock is None:
        show(window.ask_for_window(folder))
        return
    try:
        await _serve(Desk(folder, relay), listen(port), key, show)
    finally:
        lock.release()


async def _serve(desk: Desk, listening: socket.socket, key: VaultKey | None, show: Callable[[str], None]) -> None:
    port = listening.getsockname()[1]
    note, keys = window.Note(port, secrets.token_urlsafe(32)), Keys()
    try:
        if key is not None:
            await desk.open(key)
        window.leave_note(desk.folder, note)
        await Server(config(desk, keys, note), lambda: show(address(port, keys))).serve(sockets=[listening])
    finally:
        await desk.close()
        listening.close()
        (desk.folder / window.NOTE).unlink(missing_ok=True)


class Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, listens: Callable[[], None]) -> None:
        super().__init__(config)
        self._listens = listens

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self._listens()


def config(desk: Desk, keys: Keys, note: window.Note) -> uvicorn.Config:
    return uvicorn.Config(
        site(desk, keys, note),
        ws="websockets-sansio",
        ws_max_size=LARGEST_CALL,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
