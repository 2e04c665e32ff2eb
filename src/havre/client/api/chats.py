"""Chats: everything that can be written to, and finding one by what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from havre.client import contacts
from havre.client.api.core import Part
from havre.client.engine import events
from havre.client.engine import message_intents as intents
from havre.client.engine.policy import may_write
from havre.client.engine.terms import LONGEST_TIMER, SHORTEST_TIMER, Role
from havre.client.engine.wishes import Edit
from havre.client.errors import ChatUnknown, HavreError
from havre.client.sentences import said
from havre.client.vault import rows
from havre.client.views import Chat, MayWrite, Person
from havre.wire.sizes import MAX_CURSOR

_AT_ONCE: Final = 500
"""Messages that are deleted in one transaction."""


@dataclass(frozen=True, slots=True)
class Storage:
    """What a chat takes up in the vault: its messages, and the bytes of what they say."""

    chat: Chat
    messages: int
    size: int


class Chats(Part):
    """What `Havre` does with chats."""

    def chats(self) -> list[Chat]:
        """Return all chats: pinned ones first, then by their last message, the newest first."""
        return sorted(self._core.chat_views(self._core.vault.chats()), key=_place)

    def chat(self, query: str | Person) -> Chat:
        """Return the chat with a person, or the one of this id, title, name or beginning of a fingerprint.

        Raises ChatUnknown, or HavreError naming those that it could mean.
        """
        core = self._core
        if isinstance(query, Person):
            row = core.vault.chat(bytes.fromhex(query.id))
            if row is None:
                raise ChatUnknown(query.name)
            return core.chat_view(row)
        if named := core.vault.chat(contacts.whole_id(query)):
            return core.chat_view(named)
        titled = [(row, core.title_of(row)) for row in core.vault.chats()]
        return core.chat_view(contacts.choose_chat(titled, core.vault.people(), query))

    def may_write(self, chat: Chat) -> MayWrite:
        """Tell whether I may write in a chat now, and else why not."""
        core, name = self._core, bytes.fromhex(chat.id)
        if chat.standing is not rows.Standing.ACCEPTED:
            return MayWrite.OUT
        if chat.kind is not rows.ChatKind.GROUP:
            refused = core.vault.refused(name)
            return MayWrite.BLOCKED if refused is not None and refused.blocked else MayWrite.YES
        terms = core.terms_of(name)
        if terms is None:
            return MayWrite.OUT
        if may_write(terms, core.vault.me().account):
            return MayWrite.YES
        return MayWrite.OWNER if terms.rules.write is Role.OWNER else MayWrite.ADMINS

    async def set_timer(self, chat: Chat | Person, seconds: int | None) -> Chat:
        """Have messages written from now on disappear so many seconds after they were read; none: never.

        From 30 seconds to 28 days. In a direct chat either may set it, in a group whoever may edit. Raises HavreError.
        """
        if seconds is not None and not SHORTEST_TIMER <= seconds <= LONGEST_TIMER:
            raise HavreError(said("TimerSpan", "Messages can disappear after 30 seconds to 28 days, or never."))
        wish = Edit(timer=seconds or 0)
        changed = await self._core.driver.do(lambda ticket: events.ChangeChat(ticket, bytes.fromhex(chat.id), wish))
        assert isinstance(changed, rows.Chat)
        return self._core.chat_view(changed)

    async def mute(self, chat: Chat | Person, until: int) -> Chat:
        """Let a chat be silent until a time (unix milliseconds; 0: it is not), on all my devices."""
        row = self._row(chat)
        return await self._arrange(row, until, row.pinned, row.archived)

    async def pin_chat(self, chat: Chat | Person, pinned: bool = True) -> Chat:
        """Keep a chat above the others in the list, or no longer, on all my devices."""
        row = self._row(chat)
        return await self._arrange(row, row.muted_until, pinned, row.archived and not pinned)

    async def archive(self, chat: Chat | Person, archived: bool = True) -> Chat:
        """Put a chat away until something new is said in it (for good while it is muted), on all my devices."""
        row = self._row(chat)
        return await self._arrange(row, row.muted_until, row.pinned and not archived, archived)

    def _row(self, chat: Chat | Person) -> rows.Chat:
        row = self._core.vault.chat(bytes.fromhex(chat.id))
        if row is None:
            raise ChatUnknown(chat.id)
        return row

    async def _arrange(self, row: rows.Chat, muted_until: int, pinned: bool, archived: bool) -> Chat:
        if not 0 <= muted_until <= MAX_CURSOR:
            raise HavreError("A chat can be muted until a time that is a whole number of milliseconds.")
        changed = await self._core.driver.do(
            lambda ticket: intents.Arrange(ticket, row.chat, muted_until, pinned, archived)
        )
        assert isinstance(changed, rows.Chat)
        return self._core.chat_view(changed)

    def storage(self) -> list[Storage]:
        """Return what each chat that has messages takes up, the largest first."""
        sizes = self._core.vault.sizes()
        found = [Storage(chat, *sizes[chat.row.chat]) for chat in self.chats() if chat.row.chat in sizes]
        return sorted(found, key=lambda one: -one.size)

    async def clear(self, chat: Chat | Person) -> None:
        """Delete every message of a chat here; nobody else notices, and the chat stays."""
        name = bytes.fromhex(chat.id)
        while self._core.vault.messages(name, limit=1):
            await self._core.driver.do(lambda ticket: intents.Clear(ticket, name, _AT_ONCE))


def _place(chat: Chat) -> tuple[bool, int]:
    return not chat.pinned, -max(chat.began_at, chat.last.at if chat.last else 0)
