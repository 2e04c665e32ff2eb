"""Messages: sending, reading, and how far each has come."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from havre.client.api.core import Part, now
from havre.client.engine import events
from havre.client.errors import MessageUnknown, Unsendable
from havre.client.message_views import Message
from havre.client.vault import rows
from havre.client.views import Chat, Person
from havre.content import Content, ContentError, Preview, mention, text, with_mark
from havre.content.kinds import ONCE

NO_SALT: Final = b""
"""The engine puts a fresh one in its place."""
_ALL: Final = 1 << 31


def built(build: Callable[[], Content]) -> Content:
    """Return content; what cannot be sent is one sentence for a person."""
    try:
        return build()
    except ContentError as error:
        raise Unsendable(str(error)) from None


def mark_mentions(words: str, accounts: Mapping[str, bytes]) -> str:
    """Return a text in which every `@name` of somebody is a mention of their account; the longest name counts."""
    names = sorted((name for name in accounts if name), key=len, reverse=True)
    if not names or "@" not in words:
        return words
    called = "|".join(re.escape(name) for name in names)
    by_name = {name.casefold(): account for name, account in accounts.items()}

    def marked(found: re.Match[str]) -> str:
        return mention(found[1], by_name[found[1].casefold()])

    return re.sub(rf"(?<![\w@\[])@({called})(?!\w)", marked, words, flags=re.IGNORECASE)


class Messages(Part):
    """What `Havre` does with messages. Whatever takes a chat takes a person, too: the direct chat with them."""

    async def send_text(
        self,
        to: Chat | Person,
        words: str,
        reply_to: Message | None = None,
        *,
        preview: Preview | None = None,
        once: bool = False,
    ) -> Message:
        """Send a text in Markdown; returns once it is in the vault, on its way whatever happens.

        `@name` mentions somebody in the chat. `preview`: of a link, see `Havre.preview`. `once`: it is shown once.
        """
        replied = None if reply_to is None else bytes.fromhex(reply_to.id)
        marked = self._with_mentions(bytes.fromhex(to.id), words)
        content = built(lambda: text(NO_SALT, marked, now(), replied, preview))
        return await self._send(to, with_mark(content, ONCE, True) if once else content)

    def _with_mentions(self, chat: bytes, words: str) -> str:
        if "@" not in words:
            return words  # all of a long chat would be read to find out who is there
        core = self._core
        there = core.members_of(chat) if "@" in words else ()
        return mark_mentions(words, {core.name_of(account): account for account in there})

    def messages(
        self,
        chat: Chat | Person,
        after: Message | None = None,
        limit: int | None = None,
        *,
        before: Message | None = None,
    ) -> list[Message]:
        """Return a chat's messages in the order in which everybody sees them, at most `limit` (none: all).

        With `after` what follows that message, without it the last ones, or the last `before` a message.
        """
        name, most = bytes.fromhex(chat.id), _ALL if limit is None else limit
        if after is None:
            found = self._core.vault.last_messages(name, most, None if before is None else self._as_now(before))
        else:
            found = self._core.vault.messages(name, self._as_now(after), most)
        return self._core.message_views(found)

    def message(self, chat: Chat | Person, message_id: str) -> Message:
        """Return a chat's message by its id; raises MessageUnknown."""
        try:
            row = self._core.vault.message_in(bytes.fromhex(chat.id), bytes.fromhex(message_id))
        except ValueError:
            row = None
        if row is None:
            raise MessageUnknown(message_id)
        return self._core.message_view(row)

    async def mark_read(self, chat: Chat | Person, through: Message | None = None) -> None:
        """Note that I have read everything in a chat, or everything up to a message; the others are told."""
        row = None if through is None else (through.row.queue, through.row.id)
        await self._core.driver.do(lambda ticket: events.MarkRead(ticket, bytes.fromhex(chat.id), row))

    def current(self, message: Message) -> Message:
        """Return a message as it is now: sent, delivered or read in the meantime."""
        return self._core.message_view(self._as_now(message))

    def _as_now(self, message: Message) -> rows.Message:
        return self._core.vault.message(message.row.queue, message.row.id) or message.row

    async def _send(self, to: Chat | Person, content: Content, uploaded: bytes = b"") -> Message:
        chat = bytes.fromhex(to.id)
        stored = await self._core.driver.do(lambda ticket: events.Send(ticket, chat, content, uploaded))
        assert isinstance(stored, rows.Message)
        return self._core.message_view(stored)
