"""Who follows which queue, and how effects become frames."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

from havre.wire.refusals import Code
from havre.wire.sizes import QueueId
from havre.wire.stream import EVENT, Ended, Entry, Pushed


class Subscriber(Protocol):
    """A connection, as far as pushes are concerned."""

    following: set[QueueId]
    is_gone: bool

    def push(self, frame: bytes) -> None:
        """Send a frame, or hold it back until a subscribe under way is answered."""

    def cut(self) -> None:
        """End the connection at once."""


ENTRY_OVERHEAD: Final = 32


class Subscribers:
    """Which connections follow each queue."""

    def __init__(self, frame_bytes: int) -> None:
        self._frame_bytes = frame_bytes - 1024
        self._queues: dict[QueueId, list[Any]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nobody follows anything."""
        return not self._queues

    def follow(self, queue: QueueId, subscriber: Subscriber) -> None:
        """Push what comes in this queue to the subscriber; a second time, or once it has left, changes nothing."""
        if not subscriber.is_gone and queue not in subscriber.following:
            subscriber.following.add(queue)
            self._queues.setdefault(queue, []).append(subscriber)

    def unfollow(self, queue: QueueId, subscriber: Subscriber) -> None:
        """Push it no longer."""
        if queue not in subscriber.following:
            return
        subscriber.following.discard(queue)
        followers = self._queues[queue]
        followers.remove(subscriber)
        if not followers:
            del self._queues[queue]

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a connection that is gone."""
        for queue in list(subscriber.following):
            self.unfollow(queue, subscriber)

    def push(self, queue: QueueId, entries: list[Entry]) -> None:
        """Send entries to all who follow the queue, encoded once for all of them."""
        followers = self._queues.get(queue)
        if not followers:
            return
        for part in _parts(entries, self._frame_bytes):
            frame = EVENT.encode(Pushed(queue, part))
            for follower in list(followers):
                follower.push(frame)

    def cut(self, queue: QueueId) -> None:
        """Cut all who follow the queue; they leave by `leave`."""
        for follower in list(self._queues.get(queue, [])):
            follower.cut()

    def end(self, queue: QueueId, code: Code) -> None:
        """Tell all who follow the queue that it is over for them."""
        followers = self._queues.pop(queue, [])
        frame = EVENT.encode(Ended(queue, code))
        for follower in followers:
            follower.following.discard(queue)
            follower.push(frame)


def _parts(entries: list[Entry], size: int) -> Iterable[list[Entry]]:
    """Cut a list of entries so that each part fits into a frame."""
    part: list[Entry] = []
    room = size
    for entry in entries:
        weight = len(entry.body) + ENTRY_OVERHEAD
        if part and weight > room:
            yield part
            part, room = [], size
        part.append(entry)
        room -= weight
    yield part
