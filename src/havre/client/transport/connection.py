"""One WebSocket connection to a relay: frames become events, all that one read brought handed on together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport

from havre.client.errors import HavreError, NoRelay, NotHavre, RelayRefused, WrongVersion
from havre.client.transport.link import Deliver
from havre.wire.frames import WireError
from havre.wire.refusals import Code
from havre.wire.sizes import VERSION
from havre.wire.stream import COMMAND, EVENT, Command, Draining, Event, Ready, Refused

LARGEST_FRAME: Final = 16 * 2**20
"""Bytes of a frame from the relay that we are willing to take."""


class Connection(WSListener):
    """A `Wire` that is a listener in picows' sense, from the upgrade to the end; never raises into picows.

    `ready` becomes the relay's first frame, or the error that came instead.
    """

    def __init__(self, address: str, deliver: Deliver) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[Ready] = loop.create_future()
        self.lost: asyncio.Future[HavreError] = loop.create_future()
        self.retry_after: float | None = None
        self._address = address
        self._deliver = deliver
        self._clock = loop.time
        self._heard = loop.time()
        self._transport: WSTransport | None = None
        self._seen_off: asyncio.Future[None] | None = None
        self._reason: HavreError | None = None
        self._reading = True
        self._writable = asyncio.Event()
        self._writable.set()
        self._events: list[Event] = []
        self._weight = 0
        self._partial = bytearray()

    # --- what a link asks for -------------------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        """See `Wire.open`."""
        return self._transport is not None and self._reason is None and not self._transport.is_disconnected

    @property
    def unused(self) -> bool:
        """Whether picows has never begun: the connection was lost before the upgrade, without an error."""
        return self._transport is None

    def silent_for(self) -> float:
        """See `Wire.silent_for`."""
        return self._clock() - self._heard if self._reading else 0.0

    async def send(self, commands: Sequence[Command]) -> None:
        """See `Wire.send`. A command that is larger than the relay takes is answered here: the relay would hang up."""
        for command in commands:
            if not self.open or self._transport is None:
                return
            frame = COMMAND.encode(command)
            if len(frame) > self.ready.result().frame_bytes:
                self._deliver(self, (_oversized(command, len(frame)),), 0)
                continue
            self._transport.send(WSMsgType.BINARY, frame)
            await self._writable.wait()

    def ping(self) -> None:
        """See `Wire.ping`."""
        if self.open and self._transport is not None:
            self._transport.send_ping()

    def pause_reading(self) -> None:
        """See `Wire.pause_reading`."""
        if self.open and self._transport is not None and self._reading:
            self._reading = False
            self._transport.underlying_transport.pause_reading()

    def resume_reading(self) -> None:
        """See `Wire.resume_reading`."""
        if self.open and self._transport is not None and not self._reading:
            self._reading = True
            self._heard = self._clock()
            self._transport.underlying_transport.resume_reading()

    def end(self, reason: HavreError, code: WSCloseCode = WSCloseCode.OK) -> None:
        """See `Wire.end`."""
        if self._reason is not None:
            return
        self._reason = reason
        self._writable.set()
        if self._transport is not None:
            self._transport.send_close(code)
            self._transport.disconnect()

    # --- what picows calls ----------------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Begin; unless whoever opened the connection has given up meanwhile."""
        self._transport = transport
        self._seen_off = asyncio.ensure_future(self._see_off(transport))
        if self._reason is not None:
            transport.disconnect()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame; at the last one of a read, hand on what came."""
        self._heard = self._clock()
        if self._reason is None:
            try:
                self._take(transport, frame)
            except WireError as error:
                self.end(NotHavre(self._address, f"an event cannot be read: {error}"), WSCloseCode.PROTOCOL_ERROR)
        if frame.last_in_buffer:
            self._flush()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Hand on what came last; `_see_off` does the rest."""
        self._flush()

    def pause_writing(self) -> None:
        """Hold back senders."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let senders go on."""
        self._writable.set()

    async def _see_off(self, transport: WSTransport) -> None:
        """Wait for the end of the connection, and give the reason that came first."""
        try:
            await transport.wait_disconnected()
        except WSError as error:
            self._reason = self._reason or NotHavre(self._address, f"it breaks the rules of WebSocket: {error}")
        except OSError:
            pass  # an end like any other
        self._reason = self._reason or NoRelay(self._address, "the connection was closed")
        self._writable.set()
        if not self.ready.done():
            self.ready.set_exception(self._reason)
            self.ready.exception()  # whoever opens may be gone already; nobody needs to hear of it then
        self.lost.set_result(self._reason)

    # --- frames ---------------------------------------------------------------------------------------------------

    def _take(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.BINARY | WSMsgType.CONTINUATION:
                self._take_data(frame)
            case WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
            case WSMsgType.CLOSE:
                self.end(NoRelay(self._address, "it hung up"))
            case WSMsgType.TEXT:
                raise WireError("text instead of bytes")
            case _:
                pass

    def _take_data(self, frame: WSFrame) -> None:
        """Decode a whole message; one that something on the way has split is put together first."""
        if frame.fin and not self._partial:
            self._take_event(EVENT.decode(frame.get_payload_as_memoryview()), frame.payload_size)
            return
        self._partial += frame.get_payload_as_memoryview()
        if len(self._partial) > LARGEST_FRAME:
            raise WireError("a message is too large")
        if frame.fin:
            message, self._partial = self._partial, bytearray()
            self._take_event(EVENT.decode(message), len(message))

    def _take_event(self, event: Event, size: int) -> None:
        if isinstance(event, Draining) or (isinstance(event, Refused) and event.request is None):
            self.retry_after = event.retry_after
        if self.ready.done() or self._greeted(event):
            self._events.append(event)
            self._weight += size

    def _greeted(self, event: Event) -> bool:
        """Take the first event; return whether it is a greeting that we can live with."""
        match event:
            case Ready(version=version) if version == VERSION:
                self.ready.set_result(event)
            case Ready(version=version):
                self.end(WrongVersion(self._address, version, VERSION))
            case Draining(retry_after=after):
                self.end(RelayRefused(self._address, Code.BUSY, "it is about to stop", after))
            case Refused(code=code, message=message, retry_after=after):
                self.end(RelayRefused(self._address, code, message, after))
            case _:
                raise WireError("the first event is not the greeting")
        return self.ready.done()

    def _flush(self) -> None:
        if self._events:
            events, weight = tuple(self._events), self._weight
            self._events, self._weight = [], 0
            self._deliver(self, events, weight)


def _oversized(command: Command, size: int) -> Refused:
    return Refused(command.request, Code.OVERSIZED, f"A command of {size} bytes is more than the relay takes.")
