"""Work that waits for the store. Everybody has a turn, so that who asks for much waits for it, and nobody else does."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

from havre.relay.core.batch import Work
from havre.relay.core.effects import Party
from havre.wire.stream import Subscribe

TURN: Final = 16
"""What a party may take in one turn: so many commands, or the first one that weighs more."""
TURN_BYTES: Final = 64 * 1024


class Turns:
    """Work by party. What one party asked for stays in order; parties take turns."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Party, deque[tuple[Work, int]]] = OrderedDict()
        self._count = 0
        self.bytes = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, party: Party) -> bool:
        return party in self._waiting

    def add(self, party: Party, work: Work, size: int) -> None:
        """Put work of `size` bytes behind what this party has waiting."""
        works = self._waiting.get(party)
        if works is None:
            self._waiting[party] = deque([(work, size)])
        else:
            works.append((work, size))
        self._count += 1
        self.bytes += size

    def take(self, most: int, most_bytes: int) -> list[tuple[Party, Work]]:
        """Remove and return a batch: about so much work and so many bytes, one item at least if there is any."""
        batch: list[tuple[Party, Work]] = []
        weight, end = 0, self.bytes - most_bytes
        while self._waiting and weight < most and self.bytes > end:
            party, works = self._waiting.popitem(last=False)
            weight += self._turn(party, works, batch)
            if works:
                self._waiting[party] = works
        self._count -= len(batch)
        return batch

    def _turn(self, party: Party, works: deque[tuple[Work, int]], batch: list[tuple[Party, Work]]) -> int:
        weight, end = 0, self.bytes - TURN_BYTES
        while works and weight < TURN and self.bytes > end:
            work, size = works.popleft()
            batch.append((party, work))
            weight += len(work.queues) if type(work) is Subscribe else 1
            self.bytes -= size
        return weight
