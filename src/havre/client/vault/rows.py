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
    DOOR = "door"
    """Beside a conversation's home: where who is outside finds the way in."""
    APPLICATIONS = "applications"
    """Where who holds a link by approval asks to be let into a group."""
    SECOND = "second"
    """A conversation's second home."""
    ENDED = "ended"
    """Of a conversation that this device is out of; kept for its messages, and not followed."""


class ChatKind(StrEnum):
    """Whom one writes to in a chat: one person, a group, or oneself on one's other devices."""

    DIRECT = "direct"
    GROUP = "group"
    SELF = "self"


class Standing(StrEnum):
    """How this account stands to a chat: in it, not yet sure of it, done with it, or out of it."""

    ACCEPTED = "accepted"
    REQUESTED = "requested"
    """Somebody unknown wants to talk."""
    BLOCKED = "blocked"
    WAITING = "waiting"
    """This account has asked to be let in."""
    LEFT = "left"
    REMOVED = "removed"
    GONE = "gone"
    """The account with which one talked here is deleted."""


class MessageState(StrEnum):
    """How far a message of mine has come; received ones are `RECEIVED`."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    RECEIVED = "received"
    NOTICE = "notice"
    """Not a message: what happened to the conversation; `content` is a notice."""


class MessageKind(StrEnum):
    """What a message is, without opening it."""

    TEXT = "text"
    FILE = "file"
    VOICE = "voice"
    POLL = "poll"
    LOCATION = "location"
    CARD = "card"
    FAREWELL = "farewell"
    """Its sender's account is deleted."""
    UNKNOWN = "unknown"
    ONCE = "once"
    """Whatever it is, it is shown once."""
    VIEWED = "viewed"
    """It was shown once, and is gone."""
    DELETED = "deleted"
    """Deleted for everyone."""
    HIDDEN = "hidden"
    """Deleted for me: no longer shown, and not to come back."""


class Purpose(StrEnum):
    """What an item of the outbox is for."""

    CREATE = "create"
    WELCOME = "welcome"
    MESSAGE = "message"
    RECEIPT = "receipt"
    PROFILE = "profile"
    PROPOSAL = "proposal"
    """That this device leaves; made anew when a commit came first."""
    APPLICATION = "application"
    """That this device asks to be let into a group."""
    ANSWER = "answer"
    """That somebody is not let into a group."""
    PART = "part"
    """Part of a commit that is larger than an entry."""
    TREE = "tree"
    """The tree of a large group, for those whom a commit has brought in."""
    STATE = "state"
    """The sealed state of a group, laid at its door."""
    AMENDMENT = "amendment"
    KEYS = "keys"
    SHARED = "shared"
    """State for my other devices."""
    HISTORY = "history"
    """What was said before, for a newcomer."""
    SETTLED = "settled"
    """That applications to a group are settled."""
    MANAGE = "manage"
    """The capability that manages the queue, or that this device asks for it."""
    COPY = "copy"
    """A message once more, for the second home; the first gets it, too."""
    HANDED_IN = "handed-in"
    """Another's message that came over the second home, laid into the first in its sender's stead."""


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
    An absent capability is empty. `address`: how the relay calls it, if the conversation has moved there; cursors count
    on from `base` then, which is the relay's 0.
    """

    queue: bytes
    relay: str
    role: QueueRole
    cursor: int
    fence: int
    read: bytes = field(repr=False)
    write: bytes = field(repr=False)
    manage: bytes = field(repr=False)
    address: bytes = b""
    base: int = 0


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
    gap: bool = False
    """Entries had expired before this device saw them."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Something that can be written to; `chat` is the other's account (direct), the MLS group id, or my own account.

    Title, description, picture (an image file) and timer (seconds until a message disappears; 0: never)
    are as the conversation's terms have them; the rest is this account's own. `muted_until` in unix milliseconds.
    """

    chat: bytes
    kind: ChatKind
    title: str
    description: str
    picture: bytes
    timer: int
    standing: Standing
    muted_until: int
    pinned: bool
    archived: bool
    draft: str
    began_at: int


@dataclass(frozen=True, slots=True)
class PendingCommit:
    """A commit of this device that the relay has not yet taken, with the state that follows from it.

    `fulfils` is the wish that it is to bring about (0: none), `welcome` what newcomers are to get then. `tree`: where
    they are to find the tree of a large group, as in its `Door`; empty: in the Welcome.
    """

    queue: bytes
    dedupe: bytes
    fence: int
    digest: bytes
    rotates: bool
    fulfils: int
    welcome: bytes = field(repr=False)
    body: bytes = field(repr=False)
    epoch_state: bytes = field(repr=False)
    keys_state: bytes = field(repr=False)
    tree: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Entrance:
    """A conversation that this device is about to enter from outside: by a link, or again after a long time away.

    `door` with its `secret` is where the state lies. `link`: the invitation's secret; empty: it comes back to `queue`,
    its conversation's home (empty: not known yet). `tries` failed so far, the next is due `next_at` (milliseconds).
    `asks`: the link leads in by approval, and names the key under which to ask. `welcome` and its `bundle`: the way in
    is a Welcome, and what lies at the door is the tree that goes with it.
    """

    door: bytes
    relay: str
    chat: bytes
    queue: bytes
    tries: int
    next_at: int
    secret: bytes = field(repr=False)
    link: bytes = field(repr=False)
    asks: bool = False
    welcome: bytes = field(default=b"", repr=False)
    bundle: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class PendingWish:
    """An encoded wish for a change of a conversation; `seq` is the vault's own number (0: not yet stored)."""

    seq: int
    queue: bytes
    wish: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    `seq` is the vault's own number (0: not yet stored), `cursor` and `placed` are 0 until the relay has told them;
    `content` is the encoded MIMI content. `timer`: seconds that it stays once read or sent; `expires_at`: when it goes,
    in counted milliseconds; 0: no timer, or not started. `sent_on_by`: the member who sent it on to this newcomer and
    alone vouches for it; empty: it came from its sender.
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
    kind: MessageKind = MessageKind.TEXT
    timer: int = 0
    expires_at: int = 0
    sent_on_by: bytes = b""


@dataclass(frozen=True, slots=True)
class Amendment:
    """Something done to a message, of the kind that `kind` says. `seq`, `cursor`, `placed` and `at` as in `Message`.

    `privileged`: by somebody who was an admin of the group then. `orphan`: its target is not here, at least not yet.
    """

    seq: int
    chat: bytes
    queue: bytes
    id: bytes
    target: bytes
    kind: str
    sender: bytes
    mine: bool
    cursor: int
    placed: int
    at: int
    privileged: bool
    orphan: bool
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A message that is to be sent at `due` (unix milliseconds); `content` is encoded, without a salt of its own."""

    seq: int
    chat: bytes
    due: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: every word, and if not None in this chat, by this sender, of these kinds, in this time."""

    words: str
    chat: bytes | None = None
    sender: bytes | None = None
    kinds: tuple[MessageKind, ...] = ()
    since: int | None = None
    """Unix milliseconds, included."""
    until: int | None = None
    """Unix milliseconds, excluded."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Something on its way, ready to be sent again byte for byte until the relay acknowledges it.

    What goes into a conversation stays until it has come back out of the queue; `cursor` is 0 until it is acknowledged.
    `seq` is the vault's own number (0: not yet stored) and the order of sending. `after` names another item that must
    have been acknowledged first (0: none). `lane` is the conversation that it belongs to, `queue` where it goes.
    `content` is kept to encrypt anew when the capabilities have changed. An empty `write`: the conversation's own.
    `ttl`: seconds that the relay is to keep it; 0: as long as it keeps others.
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
    ttl: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far another device says it has come, in cursors of the conversation's queue."""

    queue: bytes
    account: bytes
    device: bytes
    delivered: int
    read: int
