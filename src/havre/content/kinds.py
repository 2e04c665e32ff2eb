"""The kinds of content that Havre knows: how each is built, and how a received one is read.

Text and files are MIMI's own. Receipts and profiles, on which the draft is silent, travel as single parts with private
media types. What is of no known kind is `Unknown`: it is shown as such, never dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from havre.content.codec import decode_value, encode_value
from havre.content.errors import ContentError
from havre.content.labels import clean_label
from havre.content.model import (
    Content,
    Disposition,
    ExternalPart,
    SinglePart,
)

MAX_TEXT_BYTES: Final = 64 * 1024
MAX_NAME: Final = 64
"""Characters of a profile name."""

MARKDOWN: Final = "text/markdown;variant=GFM-MIMI"
PLAIN: Final = "text/plain;charset=utf-8"
RECEIPT: Final = "application/vnd.havre.receipt+cbor"
PROFILE: Final = "application/vnd.havre.profile+cbor"

SENT_AT: Final = "havre.at"
"""Extension: when the sender wrote it, in milliseconds since 1970 by the sender's clock."""

_MAX_TIME: Final = 1 << 53
_MAX_CURSOR: Final = 1 << 63


@dataclass(frozen=True, slots=True)
class Text:
    """Something that somebody wrote, in Markdown or plain."""

    text: str
    markdown: bool


@dataclass(frozen=True, slots=True)
class File:
    """A file that lies encrypted on a relay."""

    part: ExternalPart


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything up to these cursors of the conversation's queue was delivered to the sender's device, or read."""

    delivered: int
    read: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What the sender wants to be called."""

    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Content of a kind that this version does not know."""

    content_type: str


Body = Text | File | Receipt | Profile | Unknown


def text(salt: bytes, words: str, sent_at: int, in_reply_to: bytes | None = None) -> Content:
    """Return a text message; `sent_at` in milliseconds since 1970. Raises ContentError when it is empty or too long."""
    data = words.encode("utf-8", "replace")
    if not words.strip():
        raise ContentError("the text is empty")
    if len(data) > MAX_TEXT_BYTES:
        raise ContentError(f"the text is longer than {MAX_TEXT_BYTES} bytes; send it as a file")
    return Content(salt, SinglePart(MARKDOWN, data), in_reply_to=in_reply_to, extensions={SENT_AT: sent_at})


def file(salt: bytes, part: ExternalPart, sent_at: int, in_reply_to: bytes | None = None) -> Content:
    """Return a message that carries a file; `sent_at` in milliseconds since 1970."""
    return Content(salt, part, in_reply_to=in_reply_to, extensions={SENT_AT: sent_at})


def receipt(salt: bytes, delivered: int, read: int) -> Content:
    """Return a cumulative receipt: everything up to these cursors was delivered, or read."""
    part = SinglePart(RECEIPT, encode_value([delivered, read]), Disposition.UNSPECIFIED)
    return Content(salt, part)


def profile(salt: bytes, name: str) -> Content:
    """Return the sender's profile, which travels only inside conversations."""
    part = SinglePart(PROFILE, encode_value([clean_label(name, MAX_NAME)]), Disposition.PROFILE)
    return Content(salt, part)


def read(content: Content) -> Body:
    """Return what kind of content it is; raises ContentError when a known kind is not filled in as it should be."""
    if content.replaces is not None:
        return Unknown("edit")
    match content.part:
        case ExternalPart() as part:
            return File(part)
        case SinglePart(disposition=Disposition.REACTION):
            return Unknown("reaction")
        case SinglePart(content_type=kind, content=data):
            reader = _READERS.get(kind)
            return reader(data) if reader else Unknown(clean_label(kind, MAX_NAME))
        case _:
            return Unknown("")


def sent_at(content: Content) -> int | None:
    """Return when the sender says to have written it (milliseconds since 1970); none: not said, or absurd."""
    value = content.extensions.get(SENT_AT)
    return value if isinstance(value, int) and 0 <= value < _MAX_TIME else None


def _read_text(data: bytes, markdown: bool) -> Text:
    if len(data) > MAX_TEXT_BYTES:
        raise ContentError(f"the text is longer than {MAX_TEXT_BYTES} bytes")
    try:
        return Text(data.decode(), markdown)
    except UnicodeDecodeError:
        raise ContentError("the text is not UTF-8") from None


def _read_receipt(data: bytes) -> Receipt:
    delivered, read_through = _values(data, 2)
    if not all(isinstance(value, int) and 0 <= value < _MAX_CURSOR for value in (delivered, read_through)):
        raise ContentError("a receipt's cursors are no cursors")
    return Receipt(delivered, read_through)


def _read_profile(data: bytes) -> Profile:
    (name,) = _values(data, 1)
    if not isinstance(name, str):
        raise ContentError("a profile's name is no text")
    return Profile(clean_label(name, MAX_NAME))


def _values(data: bytes, count: int) -> list[Any]:
    values = decode_value(data)
    if not isinstance(values, list) or len(values) != count:
        raise ContentError(f"not {count} values")
    return values


_READERS: Final[dict[str, Callable[[bytes], Body]]] = {
    MARKDOWN: lambda data: _read_text(data, markdown=True),
    PLAIN: lambda data: _read_text(data, markdown=False),
    RECEIPT: _read_receipt,
    PROFILE: _read_profile,
}
