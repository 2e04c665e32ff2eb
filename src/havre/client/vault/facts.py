"""What the vault notes of a message so that it need not be opened: what it is, its words, how long it stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from havre.client.vault.rows import MessageKind
from havre.content import (
    Card,
    Content,
    ContentError,
    Farewell,
    File,
    Location,
    NullPart,
    Poll,
    Shown,
    Text,
    Unknown,
    bare_words,
    decode,
    encode,
    is_once,
    read,
)
from havre.content.model import SALT_BYTES

ERASED: Final = encode(Content(bytes(SALT_BYTES), NullPart()))
"""In place of the content of a message that is gone, but whose place is still shown."""
LONGEST_TIMER: Final = 366 * 24 * 3600
"""Seconds; longer ones count as this."""

_KINDS: Final[dict[type, MessageKind]] = {
    Text: MessageKind.TEXT,
    File: MessageKind.FILE,
    Poll: MessageKind.POLL,
    Location: MessageKind.LOCATION,
    Card: MessageKind.CARD,
    Farewell: MessageKind.FAREWELL,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message is, the words by which it is found, and its timer in seconds (0: none)."""

    kind: MessageKind
    words: str
    timer: int


def facts_of(encoded: bytes) -> Facts:
    """Return what the vault notes of encoded content; content that cannot be read is of unknown kind."""
    try:
        return facts_in(decode(encoded))
    except ContentError:
        return Facts(MessageKind.UNKNOWN, "", 0)


def facts_in(content: Content) -> Facts:
    """Return what the vault notes of content."""
    timer = content.expires.time if content.expires is not None and content.expires.relative else 0
    timer = min(timer, LONGEST_TIMER)
    if is_once(content):
        return Facts(MessageKind.ONCE, "", timer)
    body = shown_body(content)
    return Facts(kind_of(body), words_of(body), timer)


def shown_body(content: Content) -> Shown:
    """Return what content shows; whatever else it is shows as unknown."""
    try:
        body = read(content)
    except ContentError:
        return Unknown("")
    return body if isinstance(body, Shown) else Unknown("")


def kind_of(body: Shown) -> MessageKind:
    """Return what a body is."""
    if isinstance(body, File) and body.voice is not None:
        return MessageKind.VOICE
    return _KINDS.get(type(body), MessageKind.UNKNOWN)


def words_of(body: Shown) -> str:
    """Return the words by which a body is found."""
    match body:
        case Text(text=text, preview=preview):
            titles = (preview.title, preview.description) if preview else ()
            return "\n".join((bare_words(text), *titles))
        case File(part=part):
            return f"{part.filename}\n{part.description}"
        case Poll(question=question, options=options):
            return "\n".join((question, *options))
        case Location(label=label):
            return label
        case Card(name=name):
            return name
        case Farewell() | Unknown():
            return ""
