"""Who may connect: each connection takes one of its peer's places, and gives it back when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from havre.relay.budgets import Slots
from havre.relay.peers import Peer, Peers
from havre.wire.refusals import Code, Refusal

TOO_MANY: Final = Refusal(
    Code.BUSY, "too many connections are open from your network; close some or come back in a moment", 30.0
)


class Place:
    """What one connection holds."""

    __slots__ = ("_slots", "peer")

    def __init__(self, slots: Slots | None, peer: Peer) -> None:
        self._slots = slots
        self.peer = peer

    def leave(self) -> None:
        """Give the place back; a second time changes nothing."""
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.give_back(self.peer)


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets connections in. Behind a proxy, whose connections all look alike, only streams are counted."""

    peers: Peers
    slots: Slots
    forwarded: bool

    def connected(self, address: str | None) -> Place | None:
        """Return the place of a connection from this address; None: its peer has too many."""
        peer = self.peers.name(address)
        return Place(None, peer) if self.forwarded else self._take(peer)

    def streams(self, place: Place) -> Place | None:
        """Return the place of a connection that becomes a stream; None: its peer has too many."""
        return self._take(place.peer) if self.forwarded else place

    def behind_proxy(self, address: str) -> Place:
        """Return the place of a request that a proxy passed on."""
        return Place(None, self.peers.name(address))

    def _take(self, peer: Peer) -> Place | None:
        return Place(self.slots, peer) if self.slots.take(peer) else None
