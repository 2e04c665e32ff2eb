"""What one does with messages that are there: react, edit, delete, pin, vote; star, hide and view once for oneself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from havre.client.api.core import now
from havre.client.api.files import Files
from havre.client.api.messages import NO_SALT, built
from havre.client.engine import message_intents as intents
from havre.client.errors import HavreError, MessageUnknown
from havre.client.files.persistence import Progress
from havre.client.message_views import FileBody, Message, PollBody, VoiceBody, body_view
from havre.client.sentences import said
from havre.client.vault import rows
from havre.client.vault.facts import shown_body
from havre.client.vault.standings import REACT, standing_of
from havre.client.views import Chat, Person
from havre.content import Content, close_poll, decode, delete, edit, pin, react, vote


class Acts(Files):
    """What `Havre` does with messages that are there. Each raises HavreError when it is not allowed, or too late."""

    async def react(self, message: Message, emoji: str) -> Message:
        """React with an emoji, in place of the one of before; empty takes it back."""
        core = self._core
        target = message.row.id
        earlier = core.vault.own_amendment(message.row.chat, target, REACT, core.vault.me().account)
        return await self._amend(message, built(lambda: react(NO_SALT, target, emoji, earlier.id if earlier else None)))

    async def edit(self, message: Message, words: str) -> Message:
        """Put other words in the place of mine, within 24 hours; everybody can see what it said before."""
        chat = message.row.chat
        reply = bytes.fromhex(message.in_reply_to) if message.in_reply_to else None
        words = self._with_mentions(chat, words)
        return await self._amend(message, built(lambda: edit(NO_SALT, message.row.id, words, now(), reply)))

    async def delete(self, message: Message) -> Message:
        """Delete a message for everyone: mine within 24 hours, and any as an admin of its group."""
        return await self._amend(message, delete(NO_SALT, message.row.id))

    async def delete_for_me(self, message: Message) -> None:
        """Delete a message here; nobody else notices."""
        name = _name(message)
        await self._core.driver.do(lambda ticket: intents.Hide(ticket, name))

    async def pin(self, message: Message, pinned: bool = True) -> Message:
        """Pin a message above the chat for everybody, or no longer."""
        return await self._amend(message, pin(NO_SALT, message.row.id, pinned))

    def pinned(self, chat: Chat | Person) -> list[Message]:
        """Return a chat's pinned messages, in their order."""
        core, name = self._core, bytes.fromhex(chat.id)
        found = [row for target in core.vault.pins(name) if (row := core.vault.message_in(name, target)) is not None]
        shown = [message for message in core.message_views(found) if message.pinned]
        return sorted(shown, key=lambda message: message.place)

    async def star(self, message: Message, starred: bool = True) -> Message:
        """Star a message, or no longer; only I see it."""
        name = _name(message)
        await self._core.driver.do(lambda ticket: intents.Star(ticket, name, starred))
        return self.current(message)

    def starred(self, chat: Chat | Person | None = None) -> list[Message]:
        """Return what I have starred, in one chat or in all, the newest star first."""
        found = self._core.vault.starred(bytes.fromhex(chat.id) if chat else None)
        return [self._core.message_view(row) for row in found]

    async def vote(self, message: Message, choices: Sequence[int]) -> Message:
        """Choose these options of a poll (numbers from 1), in place of what I chose before; none: no longer any."""
        body = message.body
        if not isinstance(body, PollBody):
            raise HavreError(said("NoPoll", "This message is no poll."))
        if not all(1 <= choice <= len(body.options) for choice in choices):
            raise HavreError(
                said("PollOption", f"The options of this poll are numbered from 1 to {len(body.options)}.")
            )
        if len(set(choices)) > 1 and not body.multiple:
            raise HavreError(said("PollSingle", "In this poll one can choose a single option."))
        return await self._amend(message, vote(NO_SALT, message.row.id, [choice - 1 for choice in choices]))

    async def close_poll(self, message: Message) -> Message:
        """End a poll of mine: later votes do not count."""
        return await self._amend(message, close_poll(NO_SALT, message.row.id))

    async def view(self, message: Message, folder: Path | None = None, progress: Progress | None = None) -> Message:
        """Show a message that can be viewed once, which takes it out of the vault; a file is saved into `folder` first.

        The message that is returned has the body that was hidden; nothing of it is kept here.
        """
        row = self._core.vault.message(*_name(message))
        body = shown_body(decode(row.content)) if row is not None and row.kind is rows.MessageKind.ONCE else None
        around = self._core.around(message.row.chat)
        hidden = None if row is None or body is None else body_view(body, standing_of(row, ()), around)
        if isinstance(hidden, FileBody | VoiceBody):
            if folder is None:
                raise HavreError("This is a file; say into which folder it should be saved.")
            await self.save_file(message, folder, progress)
        name = _name(message)
        await self._core.driver.do(lambda ticket: intents.View(ticket, name))
        assert hidden is not None
        return self.current(message).with_body(hidden)

    async def _amend(self, message: Message, content: Content) -> Message:
        name = _name(message)
        changed = await self._core.driver.do(lambda ticket: intents.Amend(ticket, name, content))
        if not isinstance(changed, rows.Message):
            raise MessageUnknown(message.id)
        return self._core.message_view(changed)


def _name(message: Message) -> intents.MessageName:
    return message.row.queue, message.row.id
