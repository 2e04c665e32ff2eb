"""What faces are shown: people, messages, news, as frozen values without a secret in them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from havre.client.group_views import ApplicantArrived
from havre.client.identity.lookalikes import skeleton
from havre.client.message_views import Message
from havre.client.request_views import RequestArrived
from havre.client.sentences import said
from havre.client.vault import rows
from havre.client.vault.rows import ChatKind, Standing

UNNAMED = "(no name yet)"


@dataclass(frozen=True, slots=True)
class MyAccount:
    """Who I am: `account_id` and `device` in hex, `relay` as a URL, `picture` a small JPEG; none: I have none."""

    name: str
    account_id: str
    relay: str
    device: str
    picture: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom I talk with: `id` in hex, `name` as shown and unlike every other shown name.

    `fingerprint` is a short form of the account's id, `verified` whether I have compared safety numbers, `picture` a
    small JPEG; none: they have none.
    """

    id: str
    name: str
    fingerprint: str
    verified: bool
    unread: int
    last: Message | None
    picture: bytes | None = field(default=None, repr=False)


class MayWrite(StrEnum):
    """Whether I may write in a chat, and else why not."""

    YES = "yes"
    ADMINS = "admins"
    """The group's rules have only admins write, and its owner."""
    OWNER = "owner"
    """Only the owner writes."""
    BLOCKED = "blocked"
    """I have blocked the other."""
    OUT = "out"
    """I am not in the group, or not yet."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Something that can be written to: a person (whose id it has), a group, or myself on my other devices.

    `timer`: seconds after which messages disappear, none: never. Times in unix milliseconds; 0: not muted.
    `verified`: I have compared safety numbers with the person. `picture`: theirs or the group's, a small JPEG; none:
    there is none.
    """

    id: str
    kind: ChatKind
    title: str
    description: str
    timer: int | None
    standing: Standing
    muted_until: int
    pinned: bool
    archived: bool
    draft: str
    unread: int
    last: Message | None
    began_at: int
    verified: bool
    picture: bytes | None = field(default=None, repr=False)
    row: rows.Chat = field(repr=False, compare=False, kw_only=True)

    @property
    def fingerprint(self) -> str:
        """A short form of the id."""
        return fingerprint(self.row.chat)


@dataclass(frozen=True, slots=True)
class Settled:
    """Whether everything was sent and fetched; if not, how many items wait, and why as far as that is known."""

    done: bool
    waiting: int
    reasons: tuple[str, ...]


# --- news -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """A message is new in a chat, mine included."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message has a new state or place."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageGone:
    """A message is no longer here: its time is over, or I deleted it for me. Both ids in hex."""

    chat: str
    id: str


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody (`name`) is writing in a chat just now, or has stopped; who says nothing for 10 seconds has, too."""

    chat: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """Somebody is new here, or is called something else now, or looks otherwise."""

    person: Person


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """I am called something else now, or look otherwise; perhaps another device of mine has changed it."""

    account: MyAccount


@dataclass(frozen=True, slots=True)
class ChatChanged:
    """A chat is new here, or has another title, picture, timer or standing than before."""

    chat: Chat


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A relay is connected, or is not and why."""

    relay: str
    connected: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeFailed:
    """What I wanted changed in a chat has not come about, since something else came first; one sentence says why."""

    chat: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something went wrong that no call waits for; one sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Missed:
    """The listener was too slow and has missed news: read again what is shown."""


@dataclass(frozen=True, slots=True)
class HomeAway:
    """The relay on which a chat lives is away; the chat goes on over its `second` home."""

    chat: str
    relay: str
    second: str

    @property
    def sentence(self) -> str:
        """What a person should be told."""
        return said("HomeAway", f"The relay {self.relay} is away; this chat goes on over {self.second}.")


@dataclass(frozen=True, slots=True)
class HomeBack:
    """The relay on which a chat lives is there again."""

    chat: str
    relay: str


Happened = (
    MessageArrived
    | MessageChanged
    | MessageGone
    | PersonChanged
    | AccountChanged
    | ChatChanged
    | ChangeFailed
    | RequestArrived
    | ApplicantArrived
    | ConnectionChanged
    | HomeAway
    | HomeBack
    | Problem
    | Missed
)


@dataclass(frozen=True, slots=True)
class DeviceAppeared:
    """Somebody I talk with has a new device, or one that was removed once and `returned`.

    If I have made sure of the person this should be said loudly: their account key vouches for the device, so ask them.
    """

    person: Person
    device: str
    returned: bool

    @property
    def sentence(self) -> str:
        """What a person should be told."""
        if not self.person.verified:
            return f"{self.person.name} has a new device."
        what = "a device that was removed before is back" if self.returned else "a new device has been added"
        return f"WARNING: {self.person.name} is somebody you have verified, and {what}. Ask them whether it is theirs."


News = DeviceAppeared | Happened | Typing

# --- from rows ------------------------------------------------------------------------------------------------


def fingerprint(account: bytes) -> str:
    """Return a short form of an account's id, to tell people apart by."""
    digits = account.hex()[:8]
    return f"{digits[:4]}-{digits[4:]}"


def own_name(person: rows.Person) -> str:
    """Return what a person is called, by me or by themselves."""
    return person.nickname or person.profile_name or UNNAMED


def unnamed(account: bytes) -> str:
    """Return how somebody is shown of whom nothing but the account is known."""
    return f"{UNNAMED} [{fingerprint(account)}]"


def shown_name(person: rows.Person, everybody: Iterable[rows.Person]) -> str:
    """Return a name that nobody else is shown under: with the fingerprint when another looks the same."""
    return shown_names([*(other for other in everybody if other.account != person.account), person])[person.account]


def shown_names(people: Sequence[rows.Person]) -> dict[bytes, str]:
    """Return the name of everybody, by account: with the fingerprint where another looks the same."""
    names = {person.account: own_name(person) for person in people}
    called = Counter(skeleton(name) for name in names.values())
    return {
        account: f"{name} [{fingerprint(account)}]" if name == UNNAMED or called[skeleton(name)] > 1 else name
        for account, name in names.items()
    }


def folded(name: str) -> str:
    """Return the form in which names are compared."""
    return unicodedata.normalize("NFKC", name).casefold()


def chat_view(
    row: rows.Chat, title: str, unread: int, last: Message | None, verified: bool, picture: bytes | None
) -> Chat:
    """Return a chat as it is shown."""
    return Chat(
        row.chat.hex(), row.kind, title, row.description, row.timer or None, row.standing, row.muted_until, row.pinned,
        row.archived, row.draft, unread, last, row.began_at, verified, picture, row=row,
    )  # fmt: skip
