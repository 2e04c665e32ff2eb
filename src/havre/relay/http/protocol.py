"""HTTP connections: bounded in number, in the size of a request's head, and in the time that a request may take.

This is the one place that sees an address: it becomes a `Peer` when the connection opens, and is let go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from starlette.responses import Response
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from havre.relay.gate import TOO_MANY, Gate, Place
from havre.relay.http.call import refused

MAX_HEAD: Final = 64 * 1024
"""Bytes of a request line and its headers."""


class RelayProtocol(HttpToolsProtocol):
    """One connection. Its `Place` travels in `app_state`, to its requests and to the stream that it may become."""

    def __init__(
        self,
        gate: Gate,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._gate = gate
        self._place: Place | None = None
        self._head = 0
        self._in_head = True
        self.waiting_since: float | None = self.loop.time()
        """When the request that is not complete yet began to come; None: there is none."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows it; it is one
        self._place = self._gate.connected(self.client[0] if self.client else None)
        self.client = None
        self.app_state = {"place": self._place}
        if self._place is None:
            self.app = _turn_away

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._place is not None:
            self._place.leave()

    def data_received(self, data: bytes) -> None:
        if self.waiting_since is None and (self.cycle is None or self.cycle.response_complete):
            self.waiting_since = self.loop.time()
        self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what comes after the body is of no use, and must not pile up
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        if self._gate.forwarded:
            self._look_through_proxy()
        if self.parser.get_method() == b"PATCH":
            self.waiting_since = None  # an upload may take long; its handler watches over it
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.waiting_since = None
        self._head = 0
        super().on_message_complete()

    def _look_through_proxy(self) -> None:
        named = [value for name, value in self.headers if name == b"x-forwarded-for"]
        if named:
            address = named[-1].rsplit(b",", 1)[-1].strip().decode("latin-1")
            self.app_state = {"place": self._gate.behind_proxy(address)}
            self.scope["state"] = self.app_state.copy()


def protocol_factory(gate: Gate) -> Callable[..., RelayProtocol]:
    """Return what uvicorn's `http=` wants: a callable that makes the protocol of one connection."""

    def make(**parts: Any) -> RelayProtocol:
        return RelayProtocol(gate, **parts)

    return make


async def cut_slow(connections: Iterable[object], seconds: float) -> None:
    """End connections whose request is not complete after so many seconds; never returns."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(min(1.0, seconds / 4))
        for connection in list(connections):
            if isinstance(connection, RelayProtocol) and _is_late(connection, loop.time() - seconds):
                connection.transport.abort()


def _is_late(connection: RelayProtocol, since: float) -> bool:
    return connection.waiting_since is not None and connection.waiting_since < since


async def _turn_away(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    answer: Response = refused(TOO_MANY, headers={"Connection": "close"})
    await answer(scope, receive, send)
