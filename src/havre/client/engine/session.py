"""What the engine may lose at any moment: connections, what was asked on them, decoded groups.

Everything here follows from the vault. When a transaction fails, or the process ends, it is dropped, and the next
`Connected` builds it anew.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from havre.client.engine.groups import Group

CACHED_GROUPS: Final = 256


@dataclass(frozen=True, slots=True)
class AskedSubscribe:
    """A `Subscribe` of these queues is under way."""

    queues: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AskedRead:
    """A `Read` of this queue is under way."""

    queue: bytes


@dataclass(frozen=True, slots=True)
class SentItem:
    """An item of the outbox is under way, with this dedupe id and write capability."""

    seq: int
    dedupe: bytes
    write: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SentCommit:
    """The pending commit of this conversation is under way, with this write capability."""

    queue: bytes
    write: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SentTrim:
    """A `Trim` is under way."""

    queue: bytes
    through: int


Asked = AskedSubscribe | AskedRead | SentItem | SentCommit | SentTrim


@dataclass(slots=True)
class Following:
    """How far this connection is with one queue.

    While `behind`, pushes are dropped, `pushed` keeps the highest cursor seen in them, and reads fetch them again.
    `checked`: the queue's head as of the last complete answer; cursors up to it that never came have expired.
    """

    behind: bool = True
    pushed: int = 0
    checked: int = 0


@dataclass(slots=True)
class Link:
    """One live connection."""

    relay: str
    asked: dict[int, Asked] = field(default_factory=dict)
    following: dict[bytes, Following] = field(default_factory=dict)
    held: dict[int, bytes] = field(default_factory=dict)
    """Items whose write capability was refused, with that capability."""
    held_commits: dict[bytes, bytes] = field(default_factory=dict)
    busy_until: int = 0
    """Milliseconds: the relay has asked not to be sent anything before."""
    resume_at: int = 0
    """Milliseconds: when to ask again for queues that the relay was too busy to let us follow; 0: nothing to ask."""

    def items_under_way(self) -> set[int]:
        """Return the `seq` of every item of the outbox that waits for its answer."""
        return {asked.seq for asked in self.asked.values() if isinstance(asked, SentItem)}

    def is_under_way(self, wanted: Asked) -> bool:
        """Tell whether exactly this was asked and is not yet answered."""
        return wanted in self.asked.values()


@dataclass(slots=True)
class Session:
    """All connections, and groups that were decoded once."""

    links: dict[str, Link] = field(default_factory=dict)
    groups: OrderedDict[tuple[bytes, int], Group] = field(default_factory=OrderedDict)

    def keep_group(self, queue: bytes, group: Group) -> None:
        """Remember a decoded group; the one that was unused for longest makes room."""
        self.groups[queue, group.epoch] = group
        self.groups.move_to_end((queue, group.epoch))
        while len(self.groups) > CACHED_GROUPS:
            self.groups.popitem(last=False)


@dataclass(slots=True)
class Numbers:
    """Request ids, never used twice by one engine, so that an answer of before a reset is not taken for another's."""

    last: int = 0

    def next(self) -> int:
        """Return a fresh request id."""
        self.last = (self.last + 1) & 0xFFFFFFFF
        return self.last
