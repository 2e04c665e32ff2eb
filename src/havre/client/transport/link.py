"""A link to one relay over any kind of wire: connected whenever that is possible, until closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, Protocol

from havre.client.errors import HavreError, NoRelay, RelayRefused
from havre.client.identity.address import RelayAddress
from havre.client.transport.backoff import Backoff, Bounds
from havre.client.transport.base import Connected, Disconnected, Happening, Jitter, Received
from havre.client.transport.mailbox import Mailbox
from havre.wire.stream import Command, Event, Ready

_HEARTBEATS: Final = (0.1, 300.0)
"""Seconds between pings that a relay may sensibly announce."""


FAREWELL: Final = 1.0
"""Seconds that a closed link waits for the other end to take leave."""
BATCH: Final = 1000
"""Events above which what waits is not added to a batch any more."""


class Wire(Protocol):
    """One connection, from the relay's greeting to the end."""

    lost: asyncio.Future[HavreError]
    """Becomes why the connection ended."""
    retry_after: float | None
    """Seconds after which the relay wishes to see us again, if it said so."""

    @property
    def open(self) -> bool:
        """Whether commands can go out."""

    def silent_for(self) -> float:
        """Return for how many seconds the relay has said nothing, not even a ping, although we listened."""

    async def send(self, commands: Sequence[Command]) -> None:
        """Send commands while the connection is open, waiting while it is congested."""

    def ping(self) -> None:
        """Ask whether the relay is still there."""

    def pause_reading(self) -> None:
        """Take nothing more from the relay."""

    def resume_reading(self) -> None:
        """Take from the relay again."""

    def end(self, reason: HavreError) -> None:
        """Say goodbye and hang up; `lost` becomes the first reason given."""


Deliver = Callable[[Wire, tuple[Event, ...], int], None]
"""Takes the events of one read, the relay's greeting first of all, and how many bytes they came in."""
Dial = Callable[[Deliver], Awaitable[Wire]]
"""Opens a wire and returns it once the relay has greeted; raises `HavreError`."""


class ReconnectingLink:
    """A `StreamLink` over wires that `dial` opens; must be made inside a running event loop, and connects at once."""

    def __init__(self, address: RelayAddress, dial: Dial, jitter: Jitter, bounds: Bounds | None = None) -> None:
        self._address = address
        self._dial = dial
        self._backoff = Backoff(jitter, bounds or Bounds())
        self._reading: Wire | None = None
        self._sending: Wire | None = None
        self._heartbeat = _HEARTBEATS[1]
        self._mailbox: Mailbox[tuple[Happening, Wire | None]] = Mailbox(self._pause, self._resume)
        self._task = asyncio.create_task(self._stay_connected(), name=f"stream {address}")
        self._task.add_done_callback(lambda _: self._mailbox.close())

    @property
    def address(self) -> RelayAddress:
        """See `StreamLink.address`."""
        return self._address

    async def send(self, commands: Sequence[Command]) -> None:
        """See `StreamLink.send`."""
        if self._sending is not None:
            await self._sending.send(commands)

    async def __aiter__(self) -> AsyncIterator[Happening]:
        """See `StreamLink.__aiter__`."""
        while (item := await self._mailbox.take()) is not None:
            happening, wire = item
            match happening:
                case Connected():
                    self._sending = wire
                    yield happening
                case Received():
                    yield self._with_what_waits(happening)
                case _:
                    yield happening
        if self._task.done() and not self._task.cancelled():
            self._task.result()  # it never returns: this raises the mistake of ours that ended it

    def _with_what_waits(self, received: Received) -> Received:
        """Hand on together what has come since: the busier it is, the more goes into one transaction."""
        events = list(received.events)
        while len(events) < BATCH and (item := self._mailbox.take_now(_is_received)) is not None:
            happening, _ = item
            if isinstance(happening, Received):
                events.extend(happening.events)
        return Received(tuple(events))

    async def close(self) -> None:
        """See `StreamLink.close`."""
        self._mailbox.close()
        self._sending = None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._reading is not None:
            await asyncio.wait([self._reading.lost], timeout=FAREWELL)

    async def _stay_connected(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            reason, retry_after = await self._one_connection()
            self._backoff.lasted(loop.time() - began)
            wait = self._backoff.next_wait(retry_after)
            self._mailbox.put((Disconnected(reason, wait), None))
            await asyncio.sleep(wait)

    async def _one_connection(self) -> tuple[HavreError, float | None]:
        """Connect, stay as long as it lasts, and return why it ended and when the relay wants to see us again."""
        try:
            wire = await self._dial(self._deliver)
        except RelayRefused as error:
            return error, error.retry_after
        except HavreError as error:
            return error, None
        try:
            return await self._until_lost(wire), wire.retry_after
        finally:
            wire.end(NoRelay(self._address.url, "closed from here"))

    async def _until_lost(self, wire: Wire) -> HavreError:
        """Wait for the end of a connection; ask after one silent heartbeat, and bring the end about after two."""
        heartbeat = self._heartbeat
        while not wire.lost.done():
            await asyncio.wait([wire.lost], timeout=heartbeat / 2)
            if wire.silent_for() > 2 * heartbeat:
                wire.end(NoRelay(self._address.url, f"it has been silent for {2 * heartbeat:.0f} s"))
            elif wire.silent_for() > heartbeat:
                wire.ping()
        return wire.lost.result()

    def _deliver(self, wire: Wire, events: tuple[Event, ...], weight: int) -> None:
        if isinstance(events[0], Ready):
            self._begin(wire, events[0])
            events = events[1:]
        if events:
            self._mailbox.put((Received(events), None), weight)

    def _begin(self, wire: Wire, ready: Ready) -> None:
        shortest, longest = _HEARTBEATS
        self._heartbeat = min(max(ready.heartbeat, shortest), longest)
        self._reading = wire
        self._mailbox.put((Connected(ready), wire))
        if self._mailbox.full:
            wire.pause_reading()

    def _pause(self) -> None:
        if self._reading is not None:
            self._reading.pause_reading()

    def _resume(self) -> None:
        if self._reading is not None:
            self._reading.resume_reading()


def _is_received(item: tuple[Happening, Wire | None]) -> bool:
    return isinstance(item[0], Received)
