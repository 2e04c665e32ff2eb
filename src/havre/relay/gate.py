"""Who may connect: each connection takes one of its peer's places, and gives it back when it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
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

    @property
    def is_counted(self) -> bool:
        """Whether it counts among its peer's connections."""
        return self._slots is not None

    def leave(self) -> None:
        """Give the place back; a second time changes nothing."""
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.give_back(self.peer)


class Gate:
    """Lets connections in. Those of a trusted proxy, which all look alike, are counted only once they are streams."""

    def __init__(
        self, peers: Peers, slots: Slots, proxies: Sequence[IPv4Network | IPv6Network], refusals: Counter[Code]
    ) -> None:
        self._peers = peers
        self._slots = slots
        self._refusals = refusals
        self.proxies = tuple(proxies)
        """Whose X-Forwarded-For is believed; may change at any time."""

    def is_proxy(self, address: str | None) -> bool:
        """Tell whether a connection from this address is a trusted proxy's."""
        if not self.proxies or address is None:
            return False
        try:
            found = ip_address(address.strip())
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None) or found
        return any(mapped in network for network in self.proxies)

    def connected(self, address: str | None) -> Place | None:
        """Return the place of a connection from this address; None: its peer has too many."""
        return self._take(self._peers.name(address))

    def proxied(self, address: str | None) -> Place:
        """Return the place of a proxy's connection."""
        return Place(None, self._peers.name(address))

    def streams(self, place: Place) -> Place | None:
        """Return the place of a connection that becomes a stream; None: its peer has too many."""
        return place if place.is_counted else self._take(place.peer)

    def behind_proxy(self, forwarded: str) -> Place:
        """Return the place of a request that a proxy passed on: the last address that no trusted proxy has."""
        hops = [hop.strip() for hop in forwarded.split(",")]
        while len(hops) > 1 and self.is_proxy(hops[-1]):
            hops.pop()
        return Place(None, self._peers.name(hops[-1]))

    def _take(self, peer: Peer) -> Place | None:
        if self._slots.take(peer):
            return Place(self._slots, peer)
        self._refusals[TOO_MANY.code] += 1
        return None
