"""HTTP connections: bounded in number, in the size of a request's head, and in the time that a request may take.

This is the one place that sees an address: it becomes a `Peer` when the connection opens, and is let go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from starlette.responses import Response
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from havre.relay.gate import TOO_MANY, Gate, Place
from havre.relay.http.anteroom import Anteroom
from havre.relay.http.call import refused
from havre.relay.http.early import Early

MAX_HEAD: Final = 64 * 1024
"""Bytes of a request line and its headers."""


class RelayProtocol(HttpToolsProtocol):
    """One connection. Its `Place` travels in `app_state`, to its requests and to the stream that it may become."""

    def __init__(
        self,
        gate: Gate,
        descriptors: int,
        early: Early,
        anteroom: Anteroom,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._gate = gate
        self._descriptors = descriptors
        self._early = early
        self._anteroom = anteroom
        self._unread = b""
        """What has come while a request waits to be looked at; nothing is read meanwhile."""
        self._is_between = True
        """Whether no request has begun that is not complete."""
        self._is_answered = False
        """Whether the request that comes in has its answer already."""
        self._place: Place | None = None
        self._is_proxied = False
        self._head = 0
        self._in_head = True
        self.waiting_since: float | None = self.loop.time()
        """When the request that is not complete yet began to come; None: there is none."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows it; it is one
        if transport.get_extra_info("socket").fileno() >= self._descriptors:
            self.transport.abort()  # nearly all descriptors are in use, and the store needs those that are left
        address = self.client[0] if self.client else None
        self._is_proxied = self._gate.is_proxy(address)
        self._place = self._gate.proxied(address) if self._is_proxied else self._gate.connected(address)
        self.client = None
        self.app_state = {"place": self._place}
        if self._place is None:
            self.app = _turn_away

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unread = b""
        if self._place is not None:
            self._place.leave()

    def data_received(self, data: bytes) -> None:
        if self.waiting_since is None and (self.cycle is None or self.cycle.response_complete):
            self.waiting_since = self.loop.time()
        if self._unread or (self._is_between and not self._anteroom.passes()):
            self._wait(data)
        else:
            self._look_at(data)

    def _wait(self, data: bytes) -> None:
        if not self._unread:
            self._unset_keepalive_if_required()
            self.transport.pause_reading()
            self._anteroom.wait(self._look)
        self._unread += data

    def _look(self) -> None:
        data, self._unread = self._unread, b""
        if data and not self.transport.is_closing():
            self.transport.resume_reading()
            self._look_at(data)

    def _look_at(self, data: bytes) -> None:
        self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        self._in_head, self._head, self._is_between = True, 0, False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what comes after the body is of no use, and must not pile up
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        if self._is_proxied:
            self._look_through_proxy()
        if self.parser.get_method() == b"PATCH":
            self.waiting_since = None  # an upload may take long; its handler watches over it
        answer = self._answer_early()
        self._is_answered = answer is not None
        if answer is None:
            super().on_headers_complete()
        else:
            self._write(answer)

    def on_body(self, body: bytes) -> None:
        if not self._is_answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self.waiting_since = None
        self._head, self._is_between = 0, True
        if self._is_answered:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        else:
            super().on_message_complete()

    def _answer_early(self) -> Response | None:
        """Return an answer that needs no more than the head; not to who sends no usual request, one after the other."""
        is_first = self.cycle is None or self.cycle.response_complete
        is_usual = self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive()
        place = self.app_state["place"]
        if not is_first or not is_usual or self.expect_100_continue or place is None or self.parser.should_upgrade():
            return None
        return self._early(self.parser.get_method(), self.url, self.headers, place.peer)

    def _write(self, answer: Response) -> None:
        lines = [STATUS_LINE[answer.status_code]]
        for name, value in (*self.server_state.default_headers, *answer.raw_headers):
            lines += (name, b": ", value, b"\r\n")
        self.transport.write(b"".join((*lines, b"\r\n", answer.body)))

    def _look_through_proxy(self) -> None:
        named = [value for name, value in self.headers if name == b"x-forwarded-for"]
        if named:
            place = self._gate.behind_proxy(b",".join(named).decode("latin-1"))
            self.app_state = {"place": place}
            self.scope["state"] = self.app_state.copy()


def protocol_factory(gate: Gate, descriptors: int, early: Early, anteroom: Anteroom) -> Callable[..., RelayProtocol]:
    """Return what uvicorn's `http=` wants: a callable that makes the protocol of one connection.

    A connection whose descriptor is `descriptors` or above is ended at once.
    """

    def make(**parts: Any) -> RelayProtocol:
        return RelayProtocol(gate, descriptors, early, anteroom, **parts)

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
