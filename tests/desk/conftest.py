"""An app of its own for each test, on a real socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from havre.desk import serve, window
from havre.desk.desk import Desk
from havre.desk.guard import Keys
from havre.desk.site import address
from tests.relay.rig import visit

RELAY = "https://relay.example"


@dataclass(frozen=True)
class Running:
    """A running app, and what a browser can do with it."""

    port: int
    keys: Keys
    note: window.Note
    client: httpx.Client

    @property
    def origin(self) -> str:
        """Where its own page comes from."""
        return f"http://127.0.0.1:{self.port}"

    def address(self) -> str:
        """Return a fresh one-time address."""
        return address(self.port, self.keys)

    def socket(self, origin: str | None = None) -> ClientConnection:
        """Open the page's socket, with the cookies that the client has."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        return connect(
            f"ws://127.0.0.1:{self.port}/rpc",
            additional_headers={"cookie": cookies, "origin": origin or self.origin},
            proxy=None,
        )


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Running]:
    """An app without a profile, which nobody has opened yet."""
    listening = serve.listen(0)
    port = int(listening.getsockname()[1])
    keys, note = Keys(), window.Note(port, "the other process's secret")
    listens = threading.Event()
    server = serve.Server(serve.config(Desk(tmp_path, RELAY), keys, note), listens.set)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    assert listens.wait(10)
    with visit(f"http://127.0.0.1:{port}") as client:
        yield Running(port, keys, note, client)
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def opened(app: Running) -> Running:
    """An app whose one-time address was opened."""
    assert app.client.get(app.address()).status_code == 303
    return app
