"""What a conversation agrees on (a GroupContext extension), and what newcomers are handed (in their Welcome).

The extension types are from MLS's private-use range and exist only here.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from havre.client.engine.groups import Group, Reason, Unusable
from havre.content.model import MESSAGE_ID_BYTES
from havre.wire.capability import Capabilities
from havre.wire.frames import Frame, WireError
from havre.wire.sizes import QUEUE_BYTES, SECRET_BYTES, AccountId, Cursor, QueueId, Secret

TERMS_EXTENSION: Final = 0xFA01
HANDOVER_EXTENSION: Final = 0xFA02

DIRECT: Final = "direct"
GROUP: Final = "group"
SELF: Final = "self"
VERSION: Final = 1

MAX_HOMES: Final = 2
MAX_FORMER: Final = 4
"""Relays on which a conversation lived before that are remembered, for the files that still lie there."""
LEAP: Final = 1 << 32
"""By how much cursors go on when a conversation moves: more than anybody can say while it does."""
MAX_BASE: Final = 1 << 60
MAX_TITLE: Final = 128
MAX_DESCRIPTION: Final = 1024
MAX_PICTURE: Final = 16 * 1024
MAX_ADMINS: Final = 100
MAX_BANNED: Final = 1000
MAX_NAMES: Final = 500
"""Members whose names a newcomer is told; the others are known when they speak."""
MAX_PLACES: Final = 500
"""Messages whose places a further device of an account is told."""
SHORTEST_TIMER: Final = 30
LONGEST_TIMER: Final = 28 * 24 * 3600
"""Seconds; 0 stands for no timer at all."""


_MessageId = Annotated[bytes, Meta(min_length=MESSAGE_ID_BYTES, max_length=MESSAGE_ID_BYTES)]


class Home(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a conversation lives.

    Members count the entries of a queue that it has moved into on from `base`, so that cursors never go back.
    """

    relay: Annotated[str, Meta(max_length=300)]
    queue: QueueId
    base: Annotated[int, Meta(ge=0, le=MAX_BASE)] = 0


class Role(IntEnum):
    """What an account may do in a group. A group has one owner."""

    MEMBER = 0
    ADMIN = 1
    OWNER = 2


class Rules(msgspec.Struct, frozen=True, array_like=True):
    """The lowest role that may write, add people, and change title, description, picture and timer.

    `history`: members send newcomers what was said before. `pin`: the lowest role that may pin messages.
    """

    write: Role = Role.MEMBER
    add: Role = Role.ADMIN
    edit: Role = Role.ADMIN
    history: bool = False
    pin: Role = Role.MEMBER


class Invitation(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An open invitation link: the secret that the link carries, and whether an admin has to let people in."""

    secret: Secret
    approval: bool

    def __repr__(self) -> str:
        return f"Invitation(approval={self.approval})"


class Door(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A queue beside the home queue, in which who is not in yet, or no longer, finds the sealed state of the group."""

    queue: QueueId
    secret: Secret

    def __repr__(self) -> str:
        return f"Door({self.queue.hex()})"


class Moved(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a conversation keeps of the homes that it has left.

    `name`: the first queue that it had, by which members' devices call it for ever. `relays`: where it lived, the last
    ones, the latest at the end.
    """

    name: QueueId
    relays: Annotated[tuple[Annotated[str, Meta(max_length=300)], ...], Meta(max_length=MAX_FORMER)]


def door_capabilities(door: Door, manage: bytes) -> Capabilities:
    """Return what opens a door: whoever knows its secret reads and writes there."""
    read = sha256(b"havre door read" + door.secret).digest()
    return Capabilities(read, sha256(b"havre door write" + door.secret).digest(), manage)


class Terms(msgspec.Struct, frozen=True, array_like=True):
    """What all members agree on. Later fields may follow.

    The first of the homes is the primary one. `timer`: seconds after which messages disappear, 0: never. `picture` is
    an image file, small enough to travel along. A direct conversation uses kind, homes, timer and door alone.
    """

    version: int
    kind: Annotated[str, Meta(max_length=32)]
    homes: Annotated[list[Home], Meta(min_length=1, max_length=MAX_HOMES)]
    timer: Annotated[int, Meta(ge=0, le=LONGEST_TIMER)] = 0
    title: Annotated[str, Meta(max_length=MAX_TITLE)] = ""
    description: Annotated[str, Meta(max_length=MAX_DESCRIPTION)] = ""
    picture: Annotated[bytes, Meta(max_length=MAX_PICTURE)] = b""
    owner: Annotated[bytes, Meta(max_length=32)] = b""
    admins: Annotated[tuple[AccountId, ...], Meta(max_length=MAX_ADMINS)] = ()
    rules: Rules = Rules()
    banned: Annotated[tuple[AccountId, ...], Meta(max_length=MAX_BANNED)] = ()
    invitation: Invitation | None = None
    door: Door | None = None
    moved: Moved | None = None

    @property
    def name(self) -> bytes:
        """By which queue members' devices call the conversation, wherever it lives."""
        return self.homes[0].queue if self.moved is None else self.moved.name

    def role(self, account: bytes) -> Role:
        """Return the role of an account that is a member."""
        if account == self.owner:
            return Role.OWNER
        return Role.ADMIN if account in self.admins else Role.MEMBER


def moved_to(terms: Terms, home: Home, door: Door) -> Terms:
    """Return the terms of a conversation that has moved: with a door beside its new home.

    A second home there is one no more, and a link, which names the relay that it led to, leads nowhere.
    """
    left = terms.homes[0].relay
    relays = [relay for relay in (terms.moved.relays if terms.moved else ()) if relay not in (left, home.relay)]
    moved = Moved(terms.name, (*relays, left)[-MAX_FORMER:])
    others = [other for other in terms.homes[1:] if other.relay != home.relay]
    return replace(terms, homes=[home, *others], door=door, invitation=None, moved=moved)


def with_role(terms: Terms, account: bytes, role: Role) -> Terms:
    """Return the terms in which an account has a role; who was owner before a new one becomes an admin."""
    admins = tuple(admin for admin in terms.admins if admin != account)
    if role is Role.OWNER:
        former = (terms.owner,) if terms.owner and terms.owner != account else ()
        return replace(terms, owner=account, admins=(*admins, *former))
    owner = b"" if terms.owner == account else terms.owner
    return replace(terms, owner=owner, admins=(*admins, account) if role is Role.ADMIN else admins)


class Handover(msgspec.Struct, frozen=True, array_like=True):
    """What opens the homes, the cursor after which a newcomer reads, and what members are called."""

    read: Secret
    write: Secret
    manage: Secret | None
    after: Cursor
    names: Annotated[list[tuple[AccountId, str]], Meta(max_length=MAX_NAMES)] = []
    name: Annotated[str, Meta(max_length=256)] = ""
    """What the one who wrote the Welcome is called: all that a request shows before it is accepted."""
    second: Annotated[bytes, Meta(max_length=SECRET_BYTES)] = b""
    """What queue and capabilities of the second home follow from; empty: there is none."""
    tree: Door | None = None
    """Where the tree lies that goes with the Welcome, if the group is large."""
    certificate: Annotated[bytes, Meta(max_length=1024)] = b""
    """Of who wrote the Welcome: the tree, in which it stands, is fetched only by who wants in."""
    places: Annotated[list[tuple[_MessageId, Cursor, Cursor]], Meta(max_length=MAX_PLACES)] = []
    """For a device of the sender's account: ids of messages that may have gone over a second home, the cursors under
    which they stand in the first, and when they were placed there, in seconds."""

    def __repr__(self) -> str:
        return f"Handover(after={self.after})"


_TERMS: Final[Frame[Terms]] = Frame(Terms)
_HANDOVER: Final[Frame[Handover]] = Frame(Handover)


def encode_terms(terms: Terms) -> bytes:
    """Return the body of the GroupContext extension."""
    return _TERMS.encode(terms)


def decode_terms(data: bytes) -> Terms:
    """Return what the extension says; raises Unusable."""
    try:
        terms = _TERMS.decode(data)
    except WireError:
        raise Unusable(Reason.MALFORMED) from None
    if 0 < terms.timer < SHORTEST_TIMER:
        raise Unusable(Reason.MALFORMED)
    return terms


def encode_handover(handover: Handover) -> bytes:
    """Return the body of the GroupInfo extension."""
    return _HANDOVER.encode(handover)


def decode_handover(data: bytes) -> Handover:
    """Return what the extension says; raises Unusable."""
    try:
        return _HANDOVER.decode(data)
    except WireError:
        raise Unusable(Reason.MALFORMED) from None


def capabilities(group: Group) -> Capabilities:
    """Return the capabilities of the home queue that follow from a group's epoch, when that epoch rotates them."""
    return Capabilities(
        group.export(b"havre read", SECRET_BYTES),
        group.export(b"havre write", SECRET_BYTES),
        group.export(b"havre manage", SECRET_BYTES),
    )


def leaving_capabilities(group: Group) -> Capabilities:
    """Return what the queue that a conversation leaves is locked with: nobody is to write there any more."""
    return Capabilities(
        group.export(b"havre left read", SECRET_BYTES),
        group.export(b"havre left write", SECRET_BYTES),
        group.export(b"havre left manage", SECRET_BYTES),
    )


def second_secret(group: Group) -> bytes:
    """Return what a second home follows from, in an epoch that rotates the capabilities."""
    return group.export(b"havre second home", SECRET_BYTES)


def second_queue(home: Home, secret: bytes) -> bytes:
    """Return the queue of a second home: another one after each rotation, which who is out cannot name."""
    return _derived(b"havre second queue", home, secret)[:QUEUE_BYTES]


def second_capabilities(home: Home, secret: bytes) -> Capabilities:
    """Return what opens the queue of a second home."""
    read, write, manage = (_derived(b"havre second " + name, home, secret) for name in (b"read", b"write", b"manage"))
    return Capabilities(read, write, manage)


def _derived(label: bytes, home: Home, secret: bytes) -> bytes:
    return sha256(label + home.queue + secret).digest()
