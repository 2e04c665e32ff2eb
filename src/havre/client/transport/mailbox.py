"""What happened on a stream and waits for its consumer: bounded, because the sender is told to stop in time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

FULL: Final = 4 * 2**20
"""Bytes of undelivered frames at which reading stops."""
ROOM: Final = 2**20
"""Bytes at which it goes on."""


@dataclass
class Mailbox(Generic[T]):
    """A queue for one consumer; `on_full` and `on_room` tell whoever fills it to pause and to go on."""

    on_full: Callable[[], None]
    on_room: Callable[[], None]
    _items: deque[tuple[T, int]] = field(default_factory=deque)
    _weight: int = 0
    _full: bool = False
    _closed: bool = False
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def full(self) -> bool:
        """Whether whoever fills it was asked to pause."""
        return self._full

    def put(self, item: T, weight: int = 0) -> None:
        """Add an item that weighs so many bytes; dropped once the mailbox is closed."""
        if self._closed:
            return
        self._items.append((item, weight))
        self._weight += weight
        self._arrived.set()
        if self._weight >= FULL and not self._full:
            self._full = True
            self.on_full()

    async def take(self) -> T | None:
        """Return the oldest item, waiting for one; None once the mailbox is closed."""
        while not self._items and not self._closed:
            self._arrived.clear()
            await self._arrived.wait()
        return None if self._closed else self._pop()

    def take_now(self, wanted: Callable[[T], bool]) -> T | None:
        """Return the oldest item if there is one and it is wanted, without waiting."""
        return self._pop() if self._items and wanted(self._items[0][0]) else None

    def _pop(self) -> T:
        item, weight = self._items.popleft()
        self._weight -= weight
        if self._full and self._weight <= ROOM:
            self._full = False
            self.on_room()
        return item

    def close(self) -> None:
        """Forget what nobody has taken, and let the consumer go."""
        self._closed = True
        self._items.clear()
        self._arrived.set()
