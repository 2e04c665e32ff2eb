"""What a batch leads to, in order. The shell carries effects out once the batch is on disk."""

from __future__ import annotations

from typing import Any

import msgspec

from havre.wire.refusals import Code
from havre.wire.sizes import QueueId
from havre.wire.stream import Entry, Event

Party = Any
"""Who asked: a connection or a waiting request. The rules only hand it back."""


class _Effect(msgspec.Struct, frozen=True, gc=False):
    """One thing for the shell to do; nothing refers back to it, so the collector of cycles need not look."""


class Answer(_Effect, frozen=True):
    """Send this to whoever asked."""

    party: Party
    event: Event


class Reply(_Effect, frozen=True):
    """Give this result to the HTTP request that waits for it."""

    party: Party
    result: object


class Push(_Effect, frozen=True):
    """Send this entry to the queue's live subscribers."""

    queue: QueueId
    entry: Entry


class End(_Effect, frozen=True):
    """End every live subscription of the queue, saying why."""

    queue: QueueId
    code: Code


class Lose(_Effect, frozen=True):
    """Cut everyone who follows these queues.

    A write failed, and may be stored nevertheless: a push would be missing. Who comes back finds it by cursor.
    """

    queues: list[QueueId]


class Want(msgspec.Struct, frozen=True):
    """Entries to read: after < cursor <= through, at most `limit`."""

    queue: QueueId
    after: int
    through: int
    limit: int


class FetchEntries(_Effect, frozen=True):
    """Answer a read."""

    party: Party
    request: int
    want: Want


class FetchConflict(_Effect, frozen=True):
    """Answer a commit that came too late: with the entries, if this connection has proved that it may read them.

    Who holds only the write secret (anybody, for an inbox) gets none.
    """

    party: Party
    request: int
    commit: int
    want: Want


class NotCaught(msgspec.Struct, frozen=True):
    """A queue of a subscribe that was refused."""

    queue: QueueId
    code: Code


class Live(msgspec.Struct, frozen=True):
    """A queue of a subscribe that is pushed from now on."""

    want: Want


class Past(msgspec.Struct, frozen=True):
    """A queue of a subscribe with an old read secret: what it may read, and then the subscription is over."""

    want: Want


class Follow(_Effect, frozen=True):
    """Answer a subscribe, and push from here on."""

    party: Party
    request: int
    queues: list[Live | Past | NotCaught]


class Unfollow(_Effect, frozen=True):
    """Push no more of these queues to this connection, and answer."""

    party: Party
    request: int
    queues: list[QueueId]


Effect = Answer | Reply | Push | End | Lose | FetchEntries | FetchConflict | Follow | Unfollow
