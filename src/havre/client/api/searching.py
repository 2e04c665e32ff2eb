"""Searching all messages, and jumping to what was found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from havre.client.api.writing import Writing
from havre.client.errors import HavreError, MessageUnknown
from havre.client.message_views import Body, FileBody, Message, TextBody, VoiceBody
from havre.client.vault.rows import MessageKind, Wanted
from havre.client.views import Chat, Person

_LOOKED_AT: Final = 100
"""Messages that are looked at in one go: files of other kinds are passed over."""
_LINK: Final = re.compile(r"https?://\S", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Context:
    """A message between those right before and right behind it."""

    before: tuple[Message, ...]
    message: Message
    after: tuple[Message, ...]


class Shelf(StrEnum):
    """What of a chat lies together to be looked through."""

    MEDIA = "media"
    """Pictures and films."""
    FILES = "files"
    """All other files."""
    AUDIO = "audio"
    """Voice notes and recordings."""
    LINKS = "links"
    """Texts with links."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Some of what lies on a shelf, the last stored first; `more`: the next is behind this one, none: that was all."""

    messages: tuple[Message, ...]
    more: Message | None


class Searching(Writing):
    """What `Havre` finds."""

    def search(
        self,
        words: str = "",
        *,
        chat: Chat | Person | None = None,
        sender: Person | None = None,
        kind: MessageKind | None = None,
        since: int | None = None,
        until: int | None = None,
        limit: int = 50,
        before: Message | None = None,
    ) -> list[Message]:
        """Return messages with all the words, or words that begin so, the last stored first.

        Case, accents and ligatures make no difference. Filters: one chat, one sender, one kind, a time (unix
        milliseconds, `until` excluded); a filter alone will do. `before`: go on after the last one found.
        """
        wanted = Wanted(
            words,
            bytes.fromhex(chat.id) if chat else None,
            bytes.fromhex(sender.id) if sender else None,
            (kind,) if kind else (),
            since,
            until,
        )
        found = self._core.vault.search(wanted, limit, before.row if before else None)
        return [self._core.message_view(row) for row in found]

    def shared(self, chat: Chat | Person, shelf: Shelf, before: Message | None = None) -> Shared:
        """Return what of a chat lies on a shelf, among so many messages at a time; `before`: go on behind this one."""
        words, kinds = _SHELVES[shelf]
        wanted = Wanted(words, bytes.fromhex(chat.id), kinds=kinds)
        rows = self._core.vault.search(wanted, _LOOKED_AT, before.row if before else None)
        found = self._core.message_views(rows)
        more = found[-1] if len(found) == _LOOKED_AT else None
        return Shared(tuple(message for message in found if shelf_of(message.body) is shelf), more)

    def context(self, message: Message, around: int = 5) -> Context:
        """Return a message with so many before it and behind it in its chat."""
        row = self._core.vault.message(message.row.queue, message.row.id)
        if row is None:
            raise MessageUnknown(message.id)
        before = self._core.vault.last_messages(row.chat, around, row)
        after = self._core.vault.messages(row.chat, row, around)
        shown = self._core.message_views([*before, row, *after])
        return Context(tuple(shown[: len(before)]), shown[len(before)], tuple(shown[len(before) + 1 :]))

    def find_message(self, beginning: str) -> Message:
        """Return the message whose id begins so; raises MessageUnknown, or HavreError when several do."""
        try:
            found = self._core.vault.messages_by_id(beginning)
        except ValueError:
            found = []
        if not found:
            raise MessageUnknown(beginning)
        if len(found) > 1:
            raise HavreError(f"Several messages have an id that begins with {beginning}; say more of it.")
        return self._core.message_view(found[0])


_SHELVES: Final[Mapping[Shelf, tuple[str, tuple[MessageKind, ...]]]] = {
    Shelf.MEDIA: ("", (MessageKind.FILE,)),
    Shelf.FILES: ("", (MessageKind.FILE,)),
    Shelf.AUDIO: ("", (MessageKind.FILE, MessageKind.VOICE)),
    Shelf.LINKS: ("http", (MessageKind.TEXT,)),
}
"""The words and kinds by which the vault finds what may lie on a shelf."""


def shelf_of(body: Body) -> Shelf | None:
    """Return the shelf on which something lies, by what its sender says that it is; none: on none."""
    match body:
        case VoiceBody():
            return Shelf.AUDIO
        case FileBody(media_type=stated):
            return _SHELF_OF.get(stated.partition("/")[0].strip().lower(), Shelf.FILES)
        case TextBody(text=text):
            return Shelf.LINKS if _LINK.search(text) else None
        case _:
            return None


_SHELF_OF: Final[Mapping[str, Shelf]] = {"image": Shelf.MEDIA, "video": Shelf.MEDIA, "audio": Shelf.AUDIO}
