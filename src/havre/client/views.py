"""What faces are shown: people, messages, news, as frozen values without a secret in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from havre.client.vault import rows
from havre.client.vault.rows import MessageState
from havre.content import ContentError, File, Text, decode, read

UNNAMED = "(no name yet)"


@dataclass(frozen=True, slots=True)
class MyAccount:
    """Who I am: `account_id` and `device` in hex, `relay` as a URL."""

    name: str
    account_id: str
    relay: str
    device: str


@dataclass(frozen=True, slots=True)
class TextBody:
    """Something written; Markdown unless `markdown` is false."""

    text: str
    markdown: bool = True


@dataclass(frozen=True, slots=True)
class FileBody:
    """A file that `Havre.save_file` fetches; `size` in bytes."""

    name: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class OtherBody:
    """Something that this version cannot show; `kind` is its media type, if it has one."""

    kind: str


Body = TextBody | FileBody | OtherBody


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat.

    `id` in hex; `person` is the id of the person whose chat it is in, `sender` the name of who wrote it; `at` in unix
    milliseconds; `order` grows with every message that this device stores.
    """

    id: str
    person: str
    sender: str
    mine: bool
    at: int
    body: Body
    state: MessageState
    order: int
    unread: bool
    in_reply_to: str | None = None
    row: rows.Message = field(repr=False, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom I talk with: `id` in hex, `name` as shown and unlike every other shown name.

    `fingerprint` is a short form of the account's id, `verified` whether I have compared safety numbers.
    """

    id: str
    name: str
    fingerprint: str
    verified: bool
    unread: int
    last: Message | None


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
class PersonChanged:
    """Somebody is new here, or is called something else now."""

    person: Person


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A relay is connected, or is not and why."""

    relay: str
    connected: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something went wrong that no call waits for; one sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Missed:
    """The listener was too slow and has missed news: read again what is shown."""


News = MessageArrived | MessageChanged | PersonChanged | ConnectionChanged | Problem | Missed

# --- from rows ------------------------------------------------------------------------------------------------


def fingerprint(account: bytes) -> str:
    """Return a short form of an account's id, to tell people apart by."""
    digits = account.hex()[:8]
    return f"{digits[:4]}-{digits[4:]}"


def own_name(person: rows.Person) -> str:
    """Return what a person is called, by me or by themselves."""
    return person.nickname or person.profile_name or UNNAMED


def shown_name(person: rows.Person, everybody: Iterable[rows.Person]) -> str:
    """Return a name that nobody else is shown under: with the fingerprint when another is called the same."""
    name = own_name(person)
    others = (other for other in everybody if other.account != person.account)
    if name == UNNAMED or any(folded(own_name(other)) == folded(name) for other in others):
        return f"{name} [{fingerprint(person.account)}]"
    return name


def folded(name: str) -> str:
    """Return the form in which names are compared."""
    return unicodedata.normalize("NFKC", name).casefold()


def body_of(row: rows.Message) -> tuple[Body, str | None]:
    """Return what a message says, and the id of the one that it replies to."""
    try:
        content = decode(row.content)
        reply = content.in_reply_to.hex() if content.in_reply_to else None
        match read(content):
            case Text(text, markdown):
                return TextBody(text, markdown), reply
            case File(part):
                return FileBody(part.filename, part.size, part.content_type), reply
            case other:
                return OtherBody(getattr(other, "content_type", "")), reply
    except ContentError:
        return OtherBody(""), None


def message_view(row: rows.Message, sender: str) -> Message:
    """Return a message as it is shown."""
    body, reply = body_of(row)
    return Message(
        row.id.hex(), row.chat.hex(), sender, row.mine, row.at, body, row.state, row.seq, not row.seen, reply, row=row
    )  # fmt: skip
