"""Memory that all connections share: what each may hold is bounded, and so is what they hold together."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar


class Pool:
    """So many bytes, for what requests carry until they are answered."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    def take(self, size: int) -> bool:
        """Take `size` bytes and return True, or return False when there are not so many left."""
        if self.taken + size > self._most:
            return False
        self.taken += size
        return True

    def give_back(self, size: int) -> None:
        """Give bytes back that were taken."""
        self.taken -= size


class Reader(Protocol):
    """A connection that leaves something unread."""

    def cut(self) -> None:
        """End it at once, dropping what is unsent."""


R = TypeVar("R", bound=Reader)


class Unread(Generic[R]):
    """What slow connections have not read yet, together at most `most` bytes: whoever has left the most is cut."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._sizes: dict[R, int] = {}
        self.total = 0

    def note(self, reader: R, size: int) -> None:
        """A slow connection has so many bytes unread; cuts whoever must go for it, which may be this one."""
        self.total += size - self._sizes.get(reader, 0)
        self._sizes[reader] = size
        while self.total > self._most:
            slowest = max(self._sizes, key=self._sizes.__getitem__)
            self.forget(slowest)
            slowest.cut()

    def forget(self, reader: R) -> None:
        """A connection has caught up, or is gone; a second time changes nothing."""
        self.total -= self._sizes.pop(reader, 0)
