"""The stream: WebSocket connections, taken over from the HTTP server once they have asked to be upgraded.

    StreamProtocol   picows' protocol, fed the request that uvicorn has read already
    Sessions         all of them: heartbeats, farewell

Nothing here knows an address: picows is given a log that swallows what it says about peers.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog
from picows import WSCloseCode, WSListener, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSAutoPingStrategy, WSProtocol  # type: ignore[attr-defined]  # not in its stubs

from havre.relay.gate import TOO_MANY, Gate, Place
from havre.relay.logs import places
from havre.relay.session import FAREWELL, Desk, Session
from havre.wire.refusals import Code
from havre.wire.sizes import STREAM_PATH
from havre.wire.stream import EVENT, Draining, Ready

READ_BUFFER: Final = 2048
"""Bytes that an idle connection's read buffer takes; it grows with what comes."""
HANDSHAKE_TIMEOUT: Final = 10.0
RETRY_FULL_HOUSE: Final = 5.0
log = structlog.get_logger("havre.relay")


class PeerlessLog:
    """The log that picows is given: it drops everything that could name a peer.

    The parser says only to its log why it gives a frame up, so this is where an oversized one is noticed.
    """

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802  # logging's name
        """Nothing is wanted."""
        return False

    def log(self, *args: object, **kwargs: object) -> None:
        """Drop it."""

    debug = info = warning = log

    def error(self, message: str, *args: Any) -> None:
        """Notice an oversized frame, and drop anything else."""
        reason = args[0] if args else None
        if isinstance(reason, tuple) and reason and reason[0] == WSCloseCode.MESSAGE_TOO_BIG:
            self._session.refuse_oversized()

    def exception(self, message: str, *args: object) -> None:
        """Note a failure of our own."""
        log.error("the stream failed", **places(sys.exc_info()[1]))


class StreamProtocol(WSProtocol):  # type: ignore[misc]  # not in picows' stubs
    """picows' protocol, which uvicorn makes, connects, and feeds the upgrade request."""

    __slots__ = ("place",)

    place: Place | None

    def data_received(self, data: bytes) -> None:
        """Take the upgrade request; later bytes come by `get_buffer` and `buffer_updated`."""
        while data:
            buffer = self.get_buffer(-1)
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            self.buffer_updated(size)
            data = data[size:]

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over, whether it ever became a stream or not."""
        super().connection_lost(exc)
        if self.place is not None:
            self.place.leave()


def protocol_factory(desk: Desk, gate: Gate, is_open: Callable[[], bool]) -> Callable[..., StreamProtocol]:
    """Return what uvicorn's `ws=` wants: a callable that makes the protocol of one connection."""

    def make(config: object, server_state: object, app_state: dict[str, Place | None]) -> StreamProtocol:
        held = app_state["place"]
        place = None if held is None else gate.streams(held)
        session = Session(desk, None if place is None else place.peer)

        def route(request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener | None:
            if request.path != STREAM_PATH.encode():
                return None
            if place is None:
                return _turn_away(429, msgspec.json.encode(TOO_MANY), TOO_MANY.retry_after)
            if not is_open():
                desk.refusals[Code.BUSY] += 1
                return _turn_away(503, b"come back later", RETRY_FULL_HOUSE)
            return session

        protocol = StreamProtocol(
            None,  # host and port: those of a client
            None,  # path: a client's
            False,  # is_client_side
            route,
            PeerlessLog(session),
            True,  # disconnect_on_exception
            HANDSHAKE_TIMEOUT,
            False,  # enable_auto_ping: one heartbeat for all connections costs less than a task for each
            20.0,
            20.0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            True,  # enable_auto_pong
            desk.frame_bytes,
            None,  # extra_headers
            READ_BUFFER,
        )
        protocol.place = place
        return protocol

    return make


def _turn_away(status: int, words: bytes, retry_after: float | None) -> WSUpgradeResponseWithListener:
    headers = {"Retry-After": str(math.ceil(retry_after or 0))}
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status, words, headers), None)


class Sessions:
    """All connections."""

    def __init__(self) -> None:
        self._sessions: set[Session] = set()

    def __len__(self) -> int:
        return len(self._sessions)

    def add(self, session: Session) -> None:
        """A connection is open."""
        self._sessions.add(session)

    def remove(self, session: Session) -> None:
        """A connection is gone."""
        self._sessions.discard(session)

    async def beat(self, seconds: float) -> None:
        """Ping whoever has been silent for a heartbeat of `seconds`, cut whoever was for two; never returns."""
        while True:
            await asyncio.sleep(seconds / 2)
            for count, session in enumerate(list(self._sessions)):
                _beat(session)
                if count % 500 == 499:
                    await asyncio.sleep(0)

    def announce(self, retry_after: Callable[[], float]) -> None:
        """Tell everyone that the relay is about to stop, and when to come back, each at a time of its own."""
        for session in list(self._sessions):
            session.tell(Draining(retry_after()))

    async def close(self) -> None:
        """Close every connection, and wait a moment for the peers to hear of it."""
        for session in list(self._sessions):
            session.close(WSCloseCode.SERVICE_RESTART)
        for _ in range(20):
            if not self._sessions:
                return
            await asyncio.sleep(FAREWELL / 5)


def _beat(session: Session) -> None:
    session.silent += 1
    if session.silent > 4:
        session.cut()
    elif session.silent in (2, 4):
        session.ping()


def greeting(ready: Ready) -> bytes:
    """Return the frame that every connection gets first."""
    return EVENT.encode(ready)
