"""The stream: WebSocket connections, taken over from the HTTP server once they have asked to be upgraded.

    Session          one connection: frames in, frames out, and its bounds
    StreamProtocol   picows' protocol, fed the request that uvicorn has read already
    Sessions         all of them: heartbeats, farewell

Nothing here knows an address: picows is given a log that swallows what it says about peers.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any, Final, Protocol

import structlog
from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSAutoPingStrategy, WSProtocol  # type: ignore[attr-defined]  # not in its stubs

from havre.relay.logs import places
from havre.wire.frames import WireError
from havre.wire.refusals import Code
from havre.wire.sizes import STREAM_PATH, QueueId
from havre.wire.stream import COMMAND, EVENT, Command, Draining, Event, Ready, Refused

READ_BUFFER: Final = 2048
"""Bytes that an idle connection's read buffer takes; it grows with what comes."""
FAREWELL: Final = 0.5
"""Seconds between a close frame and the end of the connection, for the peer to read why."""
HANDSHAKE_TIMEOUT: Final = 10.0
MAX_WAITING: Final = 256
"""Unanswered commands of one connection; beyond, it is not read until half are answered."""
log = structlog.get_logger("havre.relay")


class Desk(Protocol):
    """Where commands go and connections are known."""

    ready: bytes
    frame_bytes: int
    send_buffer: int
    max_subscriptions: int

    def submit(self, session: Session, command: Command, size: int) -> None:
        """Take a command; its answer comes by `session.answer`."""

    def arrived(self, session: Session) -> None:
        """A connection is open."""

    def left(self, session: Session) -> None:
        """A connection is gone."""


class Session(WSListener):
    """One connection, anonymous."""

    __slots__ = (
        "_desk",
        "_held",
        "_held_bytes",
        "_holds",
        "_is_closing",
        "_is_slow",
        "_transport",
        "_waiting",
        "following",
        "is_gone",
        "silent",
    )

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._transport: Any = None
        self._holds = 0
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._waiting = 0
        self._is_closing = False
        self._is_slow = False
        self.following: set[QueueId] = set()
        self.is_gone = False
        self.silent = 0
        """Half heartbeats since something was heard."""

    # --- what picows tells ------------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Greet: the first frame says what this relay takes."""
        self._transport = transport
        transport.underlying_transport.set_write_buffer_limits(high=self._desk.send_buffer // 4)
        self._desk.arrived(self)
        self.send(self._desk.ready)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame; whatever is not one whole binary frame with one command ends the connection."""
        self.silent = 0
        if self._is_closing:
            return
        kind = frame.msg_type
        if kind == WSMsgType.BINARY and frame.fin:
            self._take(frame)
        elif kind == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif kind != WSMsgType.PONG:
            self.refuse_frame(Code.MALFORMED, "a command is one whole binary frame", WSCloseCode.UNSUPPORTED_DATA)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Forget the connection; answers that are still under way find it gone."""
        self.is_gone = self._is_closing = True
        self._held.clear()
        self._desk.left(self)

    def pause_writing(self) -> None:
        """The peer reads more slowly than it is sent to."""
        self._is_slow = True

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._is_slow = False

    # --- what the relay says ----------------------------------------------------------------------------------

    def answer(self, event: Event) -> None:
        """Send the answer of one command."""
        self._answered()
        self.send(EVENT.encode(event))

    def answer_in_turn(self, event: Event) -> None:
        """Send the answer of one command, not before pushes that are held back."""
        self._answered()
        self.push(EVENT.encode(event))

    def tell(self, event: Event) -> None:
        """Send an event that answers nothing."""
        self.send(EVENT.encode(event))

    def push(self, frame: bytes) -> None:
        """Send a frame, or hold it back until a subscribe under way is answered."""
        if not self._holds:
            self.send(frame)
            return
        self._held.append(frame)
        self._held_bytes += len(frame)
        if self._held_bytes > self._desk.send_buffer:
            self.cut()

    def hold(self) -> None:
        """Hold pushes back: their subscription is not answered yet."""
        self._holds += 1

    def release(self) -> None:
        """A subscription is answered; once all are, send what was held back."""
        self._holds -= 1
        if self._holds == 0:
            held, self._held, self._held_bytes = self._held, [], 0
            for frame in held:
                self.send(frame)

    def send(self, frame: bytes) -> None:
        """Send a frame; a peer that leaves too much unread is cut, and will resume by its cursors."""
        if self._is_closing:
            return
        self._transport.send(WSMsgType.BINARY, frame)
        if self._is_slow and self._transport.underlying_transport.get_write_buffer_size() > self._desk.send_buffer:
            self.cut()

    def ping(self) -> None:
        """Ask whether the peer is still there."""
        if not self._is_closing:
            self._transport.send_ping()

    def cut(self) -> None:
        """End the connection at once, dropping what is unsent."""
        self._is_closing = True
        self._held.clear()
        self._transport.disconnect(graceful=False)

    def refuse_frame(self, code: Code, message: str, close: WSCloseCode) -> None:
        """Say why a frame was not taken, and end the connection."""
        self.tell(Refused(None, code, message))
        self.close(close)

    def close(self, code: WSCloseCode) -> None:
        """End the connection with a WebSocket close code."""
        if not self._is_closing:
            self._is_closing = True
            self._transport.send_close(code)
            asyncio.get_running_loop().call_later(FAREWELL, self._transport.disconnect)

    def _take(self, frame: WSFrame) -> None:
        if frame.payload_size > self._desk.frame_bytes:
            self.refuse_oversized()
            return
        try:
            command = COMMAND.decode(frame.get_payload_as_memoryview())
        except WireError as error:
            self.refuse_frame(Code.MALFORMED, f"this is no command: {error}", WSCloseCode.INVALID_TEXT)
            return
        self._waiting += 1
        if self._waiting == MAX_WAITING:
            self._transport.underlying_transport.pause_reading()
        self._desk.submit(self, command, frame.payload_size)

    def refuse_oversized(self) -> None:
        """Say that a frame is too large, and end the connection."""
        message = f"a frame holds at most {self._desk.frame_bytes} bytes"
        self.refuse_frame(Code.OVERSIZED, message, WSCloseCode.MESSAGE_TOO_BIG)

    def _answered(self) -> None:
        self._waiting -= 1
        if self._waiting == MAX_WAITING // 2 and not self._is_closing:
            self._transport.underlying_transport.resume_reading()


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
        """Notice an oversized frame; note anything else without its words."""
        reason = args[0] if args else None
        if isinstance(reason, tuple) and reason and reason[0] == WSCloseCode.MESSAGE_TOO_BIG:
            self._session.refuse_oversized()

    def exception(self, message: str, *args: object) -> None:
        """Note a failure of our own."""
        log.error("the stream failed", **places(sys.exc_info()[1]))


class StreamProtocol(WSProtocol):  # type: ignore[misc]  # not in picows' stubs
    """picows' protocol, which uvicorn makes, connects, and feeds the upgrade request."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Take the upgrade request; later bytes come by `get_buffer` and `buffer_updated`."""
        while data:
            buffer = self.get_buffer(-1)
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            self.buffer_updated(size)
            data = data[size:]


def protocol_factory(desk: Desk, is_open: Callable[[], bool]) -> Callable[..., StreamProtocol]:
    """Return what uvicorn's `ws=` wants: a callable that makes the protocol of one connection."""

    def make(config: object, server_state: object, app_state: object) -> StreamProtocol:
        session = Session(desk)

        def route(request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener | None:
            if request.path != STREAM_PATH.encode():
                return None
            if not is_open():
                busy = WSUpgradeResponse.create_error_response(503, b"come back later", {"Retry-After": "5"})
                return WSUpgradeResponseWithListener(busy, None)
            return session

        return StreamProtocol(
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

    return make


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
