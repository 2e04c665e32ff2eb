"""What the vault holds, one frozen dataclass a table.

Field names are column names. Times of our own are unix milliseconds; `placed` and what else comes from a relay is in
seconds, by the relay's clock. Secrets never show in `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class QueueRole(StrEnum):
    """Why this device follows a queue."""

    INBOX = "inbox"
    CONVERSATION = "conversation"


class MessageState(StrEnum):
    """How far a message of mine has come; received ones are `RECEIVED`."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    RECEIVED = "received"


class Purpose(StrEnum):
    """What an item of the outbox is for."""

    CREATE = "create"
    WELCOME = "welcome"
    MESSAGE = "message"
    RECEIPT = "receipt"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Me:
    """This device and its account. One row."""

    account: bytes
    account_key: bytes
    device: bytes
    certificate: bytes
    relay: str
    inbox: bytes
    name: str
    sequence: int
    record: bytes
    account_secret: bytes = field(repr=False)
    device_secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody else's account. `nickname` is mine for them, `profile_name` is what they say of themselves.

    `sequence` is the highest number of a record of theirs that was seen; 0: none was.
    """

    account: bytes
    account_key: bytes
    sequence: int
    nickname: str
    profile_name: str
    verified: bool
    added_at: int


@dataclass(frozen=True, slots=True)
class KeyPackage:
    """A key package of this device with its private half; gone once a Welcome has used it."""

    ref: bytes
    message: bytes
    last_resort: bool
    published: bool
    made_at: int
    bundle: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that this device reads: where it lives, what opens it, how far it has been read.

    `cursor`: everything up to it has been dealt with. `fence`: cursor of the last commit dealt with, adopted or not.
    An absent capability is empty.
    """

    queue: bytes
    relay: str
    role: QueueRole
    cursor: int
    fence: int
    read: bytes = field(repr=False)
    write: bytes = field(repr=False)
    manage: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Conversation:
    """An MLS group that this device is a member of, named by its home queue.

    `chat` is what it is shown under: the other person's account for a direct conversation. `delivered` and `read` are
    the cursors that this device vouches for, `told_…` those it has told the others, `trimmed` the one up to which it
    had the relay forget. `latest` is the highest relay time seen, in seconds.
    """

    queue: bytes
    chat: bytes
    kind: str
    epoch: int
    met: bool
    """Somebody else has been heard here, so both sides have joined."""
    refresh_due: bool
    refreshed_at: int
    sent_since: int
    """Own messages since this device last put fresh keys into the tree."""
    latest: int
    delivered: int
    read: int
    told_delivered: int
    told_read: int
    trimmed: int
    skipped: int
    """Entries that could not be used."""
    began_at: int


@dataclass(frozen=True, slots=True)
class PendingCommit:
    """A commit of this device that the relay has not yet taken, with the state that follows from it."""

    queue: bytes
    dedupe: bytes
    fence: int
    digest: bytes
    rotates: bool
    body: bytes = field(repr=False)
    epoch_state: bytes = field(repr=False)
    keys_state: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    `seq` is the vault's own number (0: not yet stored), `cursor` and `placed` are 0 until the relay has told them;
    `content` is the encoded MIMI content.
    """

    seq: int
    chat: bytes
    queue: bytes
    id: bytes
    sender: bytes
    device: bytes
    mine: bool
    cursor: int
    placed: int
    at: int
    state: MessageState
    seen: bool
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Something on its way, ready to be sent again byte for byte until the relay acknowledges it.

    What goes into a conversation stays until it has come back out of the queue; `cursor` is 0 until it is acknowledged.
    `seq` is the vault's own number (0: not yet stored) and the order of sending. `after` names another item that must
    have been acknowledged first (0: none). `lane` is the conversation that it belongs to, `queue` where it goes.
    `content` is kept to encrypt anew when the capabilities have changed. An empty `write`: the conversation's own.
    """

    seq: int
    after: int
    relay: str
    lane: bytes
    queue: bytes
    purpose: Purpose
    dedupe: bytes
    digest: bytes
    epoch: int
    message: bytes
    cursor: int
    body: bytes = field(repr=False)
    content: bytes = field(repr=False)
    write: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far another device says it has come, in cursors of the conversation's queue."""

    queue: bytes
    account: bytes
    device: bytes
    delivered: int
    read: int
