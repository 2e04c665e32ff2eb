"""Relays in memory, for tests and simulation: the same protocols, the same reconnecting, no network.

The stream is wired to anything that takes commands and gives events. Directory and blobs are plain dictionaries here,
and keep to the rules that a client can notice; the conformance suite runs them beside the real ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from havre.client.errors import HavreError, NoRelay, NotHavre
from havre.client.identity.address import RelayAddress
from havre.client.transport.backoff import Bounds
from havre.client.transport.base import Blobs, Directory, Jitter, StreamLink
from havre.client.transport.link import Deliver, ReconnectingLink, Wire
from havre.client.transport.memory_store import MemoryBlobs, MemoryDirectory, Stored
from havre.wire.stream import Command, Event, Ready


class RelaySession(Protocol):
    """One connection, as the relay's end sees it."""

    def take(self, commands: Sequence[Command]) -> None:
        """Carry out commands; answers come through `deliver`, now or later."""

    def closed(self) -> None:
        """The client has gone."""


class RelayEnd(Protocol):
    """A relay in memory."""

    def connect(
        self, deliver: Callable[[Sequence[Event]], None], hang_up: Callable[[float | None], None]
    ) -> RelaySession:
        """Take a connection, and deliver `Ready` first of all; or raise ConnectionError to be away.

        `hang_up` ends the connection from the relay's side, naming seconds after which it wishes to see us again.
        """


def memory_link(
    address: RelayAddress, relay: RelayEnd, jitter: Jitter, bounds: Bounds | None = None
) -> ReconnectingLink:
    """Return a link to a relay in memory; must be called inside a running event loop, and connects at once."""

    async def dial(deliver: Deliver) -> Wire:
        wire = MemoryWire(address.url, deliver)
        wire.connect(relay)
        return wire

    return ReconnectingLink(address, dial, jitter, bounds)


class MemoryWire:
    """A `Wire` between two objects; events come in by the event loop's next turn, all of one turn together."""

    def __init__(self, address: str, deliver: Deliver) -> None:
        self.lost: asyncio.Future[HavreError] = asyncio.get_running_loop().create_future()
        self.retry_after: float | None = None
        self._address = address
        self._deliver = deliver
        self._session: RelaySession | None = None
        self._events: list[Event] = []
        self._reading = True
        self._ended = False

    def connect(self, relay: RelayEnd) -> None:
        """Open the connection, or raise `HavreError`."""
        try:
            self._session = relay.connect(self._arrive, self._hung_up)
        except ConnectionError as error:
            raise NoRelay(self._address, str(error)) from None
        if not self._events or not isinstance(self._events[0], Ready):
            raise NotHavre(self._address, "the first event is not the greeting")

    @property
    def open(self) -> bool:
        """See `Wire.open`."""
        return self._session is not None and not self._ended

    def silent_for(self) -> float:
        """See `Wire.silent_for`; memory is never silent."""
        return 0.0

    async def send(self, commands: Sequence[Command]) -> None:
        """See `Wire.send`."""
        if self._session is not None and self.open:
            self._session.take(commands)

    def ping(self) -> None:
        """See `Wire.ping`; memory always answers."""

    def pause_reading(self) -> None:
        """See `Wire.pause_reading`."""
        self._reading = False

    def resume_reading(self) -> None:
        """See `Wire.resume_reading`."""
        self._reading = True
        self._flush()

    def end(self, reason: HavreError) -> None:
        """See `Wire.end`."""
        if self._ended:
            return
        self._ended = True
        if self._session is not None:
            self._session.closed()
        self.lost.set_result(reason)

    def _arrive(self, events: Sequence[Event]) -> None:
        if self._ended:
            return
        if not self._events:
            asyncio.get_running_loop().call_soon(self._flush)
        self._events.extend(events)

    def _flush(self) -> None:
        if self._events and self._reading and not self._ended:
            events, self._events = tuple(self._events), []
            self._deliver(self, events, sum(map(_weight, events)))

    def _hung_up(self, retry_after: float | None) -> None:
        self._flush()
        self.retry_after = retry_after
        self.end(NoRelay(self._address, "it hung up"))


def _weight(event: Event) -> int:
    entries = getattr(event, "entries", ())
    return 64 + sum(len(entry.body) for entry in entries)


@dataclass
class MemoryRelay:
    """One relay of a `MemoryNetwork`: where commands go, and what directory and blob store hold."""

    end: RelayEnd
    stored: Stored = field(default_factory=Stored)


class MemoryNetwork:
    """A `Network` of relays in memory; several clients may be given the same relays. An address without one is away."""

    def __init__(
        self, relays: Mapping[RelayAddress, MemoryRelay], jitter: Jitter, bounds: Bounds | None = None
    ) -> None:
        self._relays = relays
        self._jitter = jitter
        self._bounds = bounds
        self._links: dict[RelayAddress, StreamLink] = {}

    def stream(self, address: RelayAddress) -> StreamLink:
        """See `Network.stream`."""
        if address not in self._links:
            end = self._relays[address].end if address in self._relays else _Nobody()
            self._links[address] = memory_link(address, end, self._jitter, self._bounds)
        return self._links[address]

    def directory(self, address: RelayAddress) -> Directory:
        """See `Network.directory`; raises `NoRelay` at once when there is no relay at the address."""
        return MemoryDirectory(address.url, self._stored(address))

    def blobs(self, address: RelayAddress) -> Blobs:
        """See `Network.blobs`; raises `NoRelay` at once when there is no relay at the address."""
        return MemoryBlobs(address.url, self._stored(address))

    async def close(self) -> None:
        """See `Network.close`."""
        links, self._links = self._links, {}
        for link in links.values():
            await link.close()

    def _stored(self, address: RelayAddress) -> Stored:
        if address not in self._relays:
            raise NoRelay(address.url, "nobody is there")
        return self._relays[address].stored


class _Nobody:
    """The relay at an address without a relay."""

    def connect(self, deliver: object, hang_up: object) -> RelaySession:
        raise ConnectionRefusedError("nobody is there")
