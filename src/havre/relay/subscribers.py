"""Who follows which queue, and how effects become frames."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, Protocol

import structlog

from havre.relay.logs import places
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
log = structlog.get_logger("havre.relay")


class Subscribers:
    """Which connections follow each queue."""

    def __init__(self, frame_bytes: int, most: int) -> None:
        self._frame_bytes = frame_bytes - 1024
        self._most = most
        self._queues: dict[QueueId, Any] = {}
        """The one connection that follows a queue, as it is with most, or a list of several: a million lists weigh."""

    def __len__(self) -> int:
        return len(self._queues)

    @property
    def is_empty(self) -> bool:
        """Whether nobody follows anything."""
        return not self._queues

    def count(self, queue: QueueId) -> int:
        """Return how many connections follow a queue."""
        return len(self._followers(queue))

    def follow(self, queue: QueueId, subscriber: Subscriber) -> None:
        """Push what comes in this queue to the subscriber; a second time, or once it has left, changes nothing.

        Who asks for more queues than it may, by asking before the last answer has come, is cut.
        """
        if not subscriber.is_gone and queue not in subscriber.following:
            if len(subscriber.following) >= self._most:
                subscriber.cut()
                return
            subscriber.following.add(queue)
            followers = self._queues.setdefault(queue, subscriber)
            if type(followers) is list:
                followers.append(subscriber)
            elif followers is not subscriber:
                self._queues[queue] = [followers, subscriber]

    def unfollow(self, queue: QueueId, subscriber: Subscriber) -> None:
        """Push it no longer."""
        if queue not in subscriber.following:
            return
        subscriber.following.discard(queue)
        followers = self._queues[queue]
        if type(followers) is list and len(followers) > 1:
            followers.remove(subscriber)
        else:
            del self._queues[queue]

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a connection that is gone."""
        for queue in list(subscriber.following):
            self.unfollow(queue, subscriber)

    def push(self, queue: QueueId, entries: list[Entry]) -> None:
        """Send entries to all who follow the queue, encoded once for all of them."""
        followers = self._followers(queue)
        if not followers:
            return
        parts = (entries,) if len(entries) == 1 else _parts(entries, self._frame_bytes)
        for part in parts:
            frame = EVENT.encode(Pushed(queue, part))
            for follower in followers:
                try:
                    follower.push(frame)
                except Exception as error:
                    give_up(follower, error)

    def cut(self, queue: QueueId) -> None:
        """Cut all who follow the queue; they leave by `leave`."""
        for follower in self._followers(queue):
            follower.cut()

    def end(self, queue: QueueId, code: Code) -> None:
        """Tell all who follow the queue that it is over for them."""
        followers = self._followers(queue)
        self._queues.pop(queue, None)
        frame = EVENT.encode(Ended(queue, code))
        for follower in followers:
            follower.following.discard(queue)
            try:
                follower.push(frame)
            except Exception as error:
                give_up(follower, error)

    def _followers(self, queue: QueueId) -> list[Any]:
        """Return who follows a queue at this moment; who leaves meanwhile stays in what was returned."""
        followers = self._queues.get(queue)
        if followers is None:
            return []
        return list(followers) if type(followers) is list else [followers]


def give_up(party: Any, error: Exception) -> None:
    """Cut a connection that cannot be told something, which must cost nobody else anything; it resumes by cursor."""
    log.error("a connection could not be told", **places(error))
    with suppress(Exception):  # whoever is no connection, or cannot even be cut
        party.cut()


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
