"""The load programs' end of the stream: one connection, as light as it can be, and many of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from havre.wire.stream import COMMAND, EVENT, Command, Event, Ready

AT_ONCE: Final = 100
T = TypeVar("T")


class Connection(WSListener):
    """One connection: whoever holds it sets `on_event` and `on_lost`."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.on_event: Callable[[Any], None] | None = None
        self.on_lost: Callable[[], None] | None = None
        self._answers: dict[int, asyncio.Future[Any]] = {}

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Hand an event to whoever waits for it."""
        if frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        if frame.msg_type != WSMsgType.BINARY:
            return
        event: Any = EVENT.decode(frame.get_payload_as_memoryview())
        if self._answers and self._is_awaited(event):
            return
        if self.on_event is not None and not isinstance(event, Ready):
            self.on_event(event)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tell whoever holds the connection."""
        for waiting in self._answers.values():
            waiting.cancel()
        if self.on_lost is not None:
            self.on_lost()

    def _is_awaited(self, event: Any) -> bool:
        waiting = self._answers.pop(getattr(event, "request", None), None)  # type: ignore[arg-type]  # None is no key
        if waiting is None:
            return False
        if not waiting.done():
            waiting.set_result(event)
        return True

    def send(self, command: Command) -> None:
        """Send a command; its answer comes by `on_event`."""
        self.transport.send(WSMsgType.BINARY, COMMAND.encode(command))

    async def ask(self, command: Command) -> Event:
        """Send a command and return its answer."""
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[command.request] = waiting
        self.send(command)
        answer: Event = await waiting
        return answer

    def close(self) -> None:
        """End the connection without a word."""
        self.transport.disconnect(graceful=False)


async def connect(url: str) -> Connection:
    """Open a connection; raises OSError, WSError."""
    _, listener = await ws_connect(Connection, url, websocket_handshake_timeout=60)
    assert isinstance(listener, Connection)
    return listener


async def in_turn(work: Iterable[Awaitable[T]], at_once: int = AT_ONCE) -> list[T]:
    """Await many things, so many at a time, and return their results."""
    results: list[T] = []
    waiting: Iterator[Awaitable[T]] = iter(work)
    while some := list(islice(waiting, at_once)):
        results += await asyncio.gather(*some)
    return results
