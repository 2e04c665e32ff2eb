"""The stream: what a client may ask (`Command`) and what the relay says (`Event`).

Each binary WebSocket frame is one MessagePack array: a kind number, then the fields in the order below. A command
carries a request id of the client's choosing; exactly one answer with the same id comes back, in any order.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from havre.wire.frames import Frame
from havre.wire.refusals import Code
from havre.wire.sizes import (
    MAX_READ,
    MAX_SUBSCRIPTIONS,
    Cursor,
    DedupeId,
    Hash,
    QueueId,
    RequestId,
    Secret,
    Ttl,
)


class _Wire(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """Fields travel as an array without names; more or fewer of them are refused."""


class Hashes(_Wire, frozen=True):
    """What the relay keeps of a queue's three capabilities: the SHA-256 of each secret."""

    read: Hash
    write: Hash
    manage: Hash


class EntryKind(IntEnum):
    """Whether an entry went through the fence."""

    MESSAGE = 0
    COMMIT = 1


class Entry(_Wire, frozen=True):
    """One ciphertext in a queue. Cursor 0 marks an entry for live subscribers only, which is kept nowhere."""

    cursor: Cursor
    kind: EntryKind
    at: int
    """When the relay took it, in seconds since 1970, by the relay's clock."""
    body: bytes


# --- commands -------------------------------------------------------------------------------------------------


class Create(_Wire, frozen=True, tag=1):
    """Make a queue. The same again is harmless; the same id with other hashes is refused as taken."""

    request: RequestId
    queue: QueueId
    hashes: Hashes
    ttl: Ttl
    """Seconds that an entry is kept; 0 asks for the relay's maximum."""


class Append(_Wire, frozen=True, tag=2):
    """Add an entry. A repeated dedupe id answers with the first one's cursor and adds nothing."""

    request: RequestId
    queue: QueueId
    write: Secret
    dedupe: DedupeId
    body: bytes
    ttl: Ttl | None = None
    """None: the queue's own. 0: live subscribers only, never stored. Never longer than the queue's."""


class Rotate(_Wire, frozen=True):
    """New capabilities from this commit on. The old read secret still reads up to the commit and no further."""

    manage: Secret
    hashes: Hashes


class Commit(_Wire, frozen=True, tag=3):
    """Append only if the queue's last commit is still `fence` (0: there was none yet); else `Conflict`."""

    request: RequestId
    queue: QueueId
    write: Secret
    dedupe: DedupeId
    fence: Cursor
    body: bytes
    rotate: Rotate | None = None


class Read(_Wire, frozen=True, tag=4):
    """Read entries after a cursor, oldest first."""

    request: RequestId
    queue: QueueId
    read: Secret
    after: Cursor
    limit: Annotated[int, Meta(ge=1, le=MAX_READ)] = MAX_READ


class Subscription(_Wire, frozen=True):
    """One queue of a `Subscribe`."""

    queue: QueueId
    read: Secret
    after: Cursor


class Subscribe(_Wire, frozen=True, tag=5):
    """Answer what is new in many queues, and from now on push what comes. Naming a queue again replaces it."""

    request: RequestId
    queues: Annotated[list[Subscription], Meta(min_length=1, max_length=MAX_SUBSCRIPTIONS)]


class Unsubscribe(_Wire, frozen=True, tag=6):
    """Push no more of these queues; queues that were not subscribed are passed over."""

    request: RequestId
    queues: Annotated[list[QueueId], Meta(min_length=1, max_length=MAX_SUBSCRIPTIONS)]


class Trim(_Wire, frozen=True, tag=7):
    """Forget every entry up to and with a cursor."""

    request: RequestId
    queue: QueueId
    manage: Secret
    through: Cursor


class Delete(_Wire, frozen=True, tag=8):
    """Forget the queue. Its id stays used up, so that nobody can put another in its place."""

    request: RequestId
    queue: QueueId
    manage: Secret


Command = Create | Append | Commit | Read | Subscribe | Unsubscribe | Trim | Delete

# --- events ---------------------------------------------------------------------------------------------------


class Ready(_Wire, frozen=True, tag=64):
    """The first frame of every connection: what this relay takes."""

    version: int
    frame_bytes: int
    entry_bytes: int
    ttl: int
    """Seconds that entries are kept at most."""
    heartbeat: float
    """Seconds between the relay's pings; a connection silent for twice as long is gone."""


class Done(_Wire, frozen=True, tag=65):
    """Create, unsubscribe, trim or delete was carried out and is on disk."""

    request: RequestId


class Appended(_Wire, frozen=True, tag=66):
    """The entry is on disk under this cursor (0: it went to live subscribers only)."""

    request: RequestId
    cursor: Cursor


class Conflict(_Wire, frozen=True, tag=67):
    """Another commit came first: the last commit's cursor, and the entries after the fence that was named."""

    request: RequestId
    commit: Cursor
    entries: list[Entry]
    more: bool


class Entries(_Wire, frozen=True, tag=68):
    """The answer to a read. `more`: there are further ones, read on after the last."""

    request: RequestId
    entries: list[Entry]
    more: bool
    head: Cursor
    """The queue's last cursor (for an old read secret: the last one it may read)."""


class Caught(_Wire, frozen=True):
    """One queue of a `Subscribed`: what is new in it, or why it is not subscribed."""

    queue: QueueId
    entries: list[Entry]
    more: bool
    """There are further entries: read on after the last. Pushes come regardless."""
    head: Cursor
    refused: Code | None = None


class Subscribed(_Wire, frozen=True, tag=69):
    """The answer to a subscribe, in its order."""

    request: RequestId
    queues: list[Caught]


class Pushed(_Wire, frozen=True, tag=70):
    """New entries of a subscribed queue, in order and each queue's without a hole since it was subscribed."""

    queue: QueueId
    entries: list[Entry]


class Ended(_Wire, frozen=True, tag=71):
    """A subscription is over: its read secret was rotated away (`capability`) or the queue deleted (`unknown`)."""

    queue: QueueId
    code: Code


class Refused(_Wire, frozen=True, tag=72):
    """The command with this id was refused and has changed nothing; none: the frame could not be read."""

    request: RequestId | None
    code: Code
    message: str
    retry_after: float | None = None


class Draining(_Wire, frozen=True, tag=73):
    """The relay is about to stop: come back after this many seconds."""

    retry_after: float


Event = Ready | Done | Appended | Conflict | Entries | Subscribed | Pushed | Ended | Refused | Draining

COMMAND: Final[Frame[Command]] = Frame(Command)
EVENT: Final[Frame[Event]] = Frame(Event)
