"""What the engine may lose at any moment: connections, what was asked on them, decoded groups.

Everything here follows from the vault. When a transaction fails, or the process ends, it is dropped, and the next
`Connected` builds it anew.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from havre.client.engine.groups import Group
from havre.wire.stream import Entry

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
class AskedDoor:
    """A `Read` of a door is under way: of its last cursor while `head` is None, then of what lies there."""

    door: bytes
    head: int | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class SentItem:
    """An item of the outbox is under way, with this dedupe id and write capability."""

    seq: int
    dedupe: bytes
    write: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SentCopy:
    """A copy of an item is under way to a second home, with this dedupe id."""

    seq: int
    dedupe: bytes


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


@dataclass(frozen=True, slots=True)
class SentFleeting:
    """Something that the relay does not keep is under way; it makes no difference what becomes of it."""

    queue: bytes


@dataclass(frozen=True, slots=True)
class SentRotation:
    """A change of the inbox's capabilities is under way, under this dedupe id."""

    dedupe: bytes


@dataclass(frozen=True, slots=True)
class SentDelete:
    """A `Delete` is under way."""

    queue: bytes


Asked = (
    SentRotation | SentDelete | AskedSubscribe | AskedRead | AskedDoor | SentItem | SentCommit | SentTrim
    | SentFleeting | SentCopy
)  # fmt: skip


@dataclass(slots=True)
class Following:
    """How far this connection is with one queue.

    `since`: the request that began it; who comes into a conversation again begins anew, under other capabilities.
    While `behind`, pushes are dropped, `pushed` keeps the highest cursor seen in them, and reads fetch them again.
    `checked`: the queue's head as of the last complete answer; cursors up to it that never came have expired.
    `ended`: the read secret with which the relay lets this queue be read no further; empty: it says no such thing.
    """

    since: int
    behind: bool = True
    answered: bool = False
    pushed: int = 0
    checked: int = 0
    ended: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Link:
    """One live connection."""

    relay: str
    since: int = 0
    """When it came to stand, in milliseconds."""
    asked: dict[int, Asked] = field(default_factory=dict)
    following: dict[bytes, Following] = field(default_factory=dict)
    held: dict[int, bytes] = field(default_factory=dict)
    """Items whose write capability was refused, with that capability."""
    held_commits: dict[bytes, bytes] = field(default_factory=dict)
    conflicts: dict[tuple[bytes, int], int] = field(default_factory=dict)
    """How often a commit to a queue that was read up to a cursor was told to have lost."""
    left: set[bytes] = field(default_factory=set)
    """Queues that the relay lets this device read no further: no new capabilities will come out of them."""
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
    typing: dict[bytes, tuple[bool, int]] = field(default_factory=dict)
    """By queue, what was last said of my writing, and when."""
    away: dict[str, int] = field(default_factory=dict)
    """By relay that is not connected, since when, in milliseconds."""
    told_away: set[bytes] = field(default_factory=set)
    """Conversations, by home queue, whose first home is known to be away."""
    noticed: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    """By home queue and digest, since when a message waits for the first home."""
    promoted: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    """By home queue that this device is leaving, in which epoch it has a role there, and since when it knows."""
    taken_out: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    """By home queue and device of mine, when it was taken out there (unix milliseconds)."""
    fleeting: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    """Digests of own entries that the relay does not keep and may push back to me."""

    def keep_fleeting(self, digest: bytes) -> None:
        """Remember an own entry that the relay does not keep; the oldest makes room."""
        self.fleeting[digest] = None
        while len(self.fleeting) > CACHED_GROUPS:
            self.fleeting.popitem(last=False)

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
