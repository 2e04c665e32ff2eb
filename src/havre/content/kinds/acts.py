"""What is done to a message that is there already: react, edit, delete, pin. (Votes are in `polls`.)

Reactions, edits and deletions are MIMI's own: the reaction disposition, `replaces`, and a null part in place of a body.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import Reader, private_part, target_of, values_of
from havre.content.kinds.words import PLAIN, Text, text
from havre.content.kinds.words import READERS as TEXTS
from havre.content.labels import clean_label
from havre.content.model import Content, Disposition, NullPart, SinglePart

PIN: Final = "application/vnd.havre.pin+cbor"
MAX_REACTION: Final = 16
"""Characters of a reaction: one emoji with all its joiners."""


@dataclass(frozen=True, slots=True)
class React:
    """The sender's one reaction to a message; empty: taken back."""

    target: bytes
    emoji: str


@dataclass(frozen=True, slots=True)
class Edit:
    """The author puts other words in the place of a message's."""

    target: bytes
    body: Text


@dataclass(frozen=True, slots=True)
class Delete:
    """The author, or an admin of the group, takes a message away from everybody."""

    target: bytes


@dataclass(frozen=True, slots=True)
class Pin:
    """A message is to stand above the chat for everybody, or no longer."""

    target: bytes
    pinned: bool


def react(salt: bytes, target: bytes, emoji: str, earlier: bytes | None = None) -> Content:
    """Return a reaction, or with an empty `emoji` its end; `earlier`: the id of my reaction that it takes the place of.

    Raises ContentError when it is longer than one emoji can be.
    """
    if not emoji:
        return Content(salt, NullPart(Disposition.REACTION), replaces=earlier, in_reply_to=target)
    if clean_label(emoji, MAX_REACTION) != emoji:
        raise ContentError("a reaction is one emoji")
    part = SinglePart(PLAIN, emoji.encode(), Disposition.REACTION)
    return Content(salt, part, replaces=earlier, in_reply_to=target)


def edit(salt: bytes, target: bytes, words: str, sent_at: int, in_reply_to: bytes | None = None) -> Content:
    """Return new words for a message; raises ContentError like `text`."""
    return replace(text(salt, words, sent_at, in_reply_to), replaces=target)


def delete(salt: bytes, target: bytes) -> Content:
    """Return that a message is to be gone for everybody."""
    return Content(salt, NullPart(Disposition.RENDER), replaces=target)


def pin(salt: bytes, target: bytes, pinned: bool) -> Content:
    """Return that a message is pinned for everybody, or no longer."""
    return Content(salt, private_part(PIN, [pinned], Disposition.UNSPECIFIED), in_reply_to=target)


def read_reaction(content: Content) -> React | None:
    """Return the reaction that content is; None if it is none, and raises ContentError when it is a broken one."""
    if content.part.disposition != Disposition.REACTION:
        return None
    match content.part:
        case NullPart():
            return React(target_of(content), "")
        case SinglePart(content_type=kind, content=data) if kind == PLAIN:
            return React(target_of(content), _emoji(data))
        case _:
            raise ContentError("a reaction is no plain text")


def read_replacing(content: Content) -> Edit | Delete | None:
    """Return what content does to the message that it replaces; None if that is unknown."""
    assert content.replaces is not None
    match content.part:
        case NullPart(disposition=Disposition.RENDER):
            return Delete(content.replaces)
        case SinglePart(content_type=kind, content=data) if kind in TEXTS:
            return Edit(content.replaces, TEXTS[kind](content, data))
        case _:
            return None


def _emoji(data: bytes) -> str:
    try:
        emoji = data.decode()
    except UnicodeDecodeError:
        raise ContentError("a reaction is not UTF-8") from None
    if not emoji or clean_label(emoji, MAX_REACTION) != emoji:
        raise ContentError("a reaction is no emoji")
    return emoji


def _read_pin(content: Content, data: bytes) -> Pin:
    (pinned,) = values_of(data, 1)
    if not isinstance(pinned, bool):
        raise ContentError("a pin is neither set nor taken away")
    return Pin(target_of(content), pinned)


READERS: Final[Mapping[str, Reader[Pin]]] = {PIN: _read_pin}
