"""One connection of the stream: frames in, frames out, and its bounds."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Final, Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from havre.relay.core.buckets import Bucket
from havre.relay.peers import Peer
from havre.relay.pool import Unread
from havre.wire.frames import WireError
from havre.wire.refusals import Code
from havre.wire.sizes import QueueId
from havre.wire.stream import COMMAND, EVENT, Command, Event, Refused

FAREWELL: Final = 0.5
"""Seconds between a close frame and the end of the connection, for the peer to read why."""
SLOW: Final = 64 * 1024
"""Unread bytes from which on a connection counts as slow."""
MAX_WAITING: Final = 256
"""Unanswered commands of one connection; beyond, it is not read until half are answered."""


def framed(payload: bytes) -> bytes:
    """Return a payload as a server's binary WebSocket frame (RFC 6455 §5.2): picows sends one frame a system call."""
    size = len(payload)
    if size < 126:
        return bytes((0x82, size)) + payload
    return (
        b"\x82" + (b"\x7e" + size.to_bytes(2, "big") if size < 65536 else b"\x7f" + size.to_bytes(8, "big")) + payload
    )


class Desk(Protocol):
    """Where commands go and connections are known."""

    ready: bytes
    frame_bytes: int
    send_buffer: int
    unread: Unread[Session]
    max_subscriptions: int
    refusals: Counter[Code]

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
        "appending",
        "following",
        "is_gone",
        "peer",
        "silent",
    )

    def __init__(self, desk: Desk, peer: Peer | None = None) -> None:
        self._desk = desk
        self.peer = peer
        self.appending: Bucket | None = None
        """What this connection may append; made when it first does."""
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
        transport.underlying_transport.set_write_buffer_limits(high=SLOW)
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
        self._desk.unread.forget(self)
        self._desk.left(self)

    def pause_writing(self) -> None:
        """The peer reads more slowly than it is sent to."""
        self._is_slow = True

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._is_slow = False
        self._desk.unread.forget(self)

    # --- what the relay says ----------------------------------------------------------------------------------

    def answer(self, *events: Event) -> None:
        """Send the answers of commands, all in one write."""
        for event in events:
            self._answered()
            if isinstance(event, Refused):
                self._desk.refusals[event.code] += 1
        if len(events) == 1:
            self.send(EVENT.encode(events[0]))
        elif not self._is_closing:
            self._transport.underlying_transport.write(b"".join(framed(EVENT.encode(event)) for event in events))
            if self._is_slow:
                self._check_unread()

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
        if self._is_slow:
            self._check_unread()

    def _check_unread(self) -> None:
        unread = self._transport.underlying_transport.get_write_buffer_size()
        if unread > self._desk.send_buffer:
            self.cut()
        else:
            self._desk.unread.note(self, unread)

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
