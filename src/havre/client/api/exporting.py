"""Export: chats as HTML and JSON that need no Havre to be read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from havre.client.api.files import Files
from havre.client.errors import HavreError, NoSpace
from havre.client.export.dates import Language
from havre.client.export.writing import chat_name, make_folder, write_chat, write_index
from havre.client.message_views import FileBody, Message, VoiceBody
from havre.client.views import Chat, Person

_PATIENCE: Final = 3600.0


class Exporting(Files):
    """What `Havre` does to let chats go."""

    async def export(
        self,
        folder: Path,
        chats: Sequence[Chat | Person],
        *,
        language: Language = Language.ENGLISH,
        files: bool = True,
    ) -> int:
        """Write chats into a new or empty folder, as HTML and as JSON, and return how many messages that were.

        With `files`, what the relays still have is fetched and laid beside them. Nothing of it is encrypted any more.
        Raises FileNotWritten, NoSpace.
        """
        await asyncio.to_thread(make_folder, folder)
        pages, count = [], 0
        for number, one in enumerate(chats, 1):
            chat = one if isinstance(one, Chat) else self._chat_of(one)
            name, messages = chat_name(number, chat.title), self.messages(chat)
            fetched = await self._fetched(folder, name, messages) if files else {}
            await asyncio.to_thread(write_chat, folder, name, chat, messages, fetched, language)
            pages.append((chat.title, name))
            count += len(messages)
        await asyncio.to_thread(write_index, folder, pages, language)
        return count

    def _chat_of(self, person: Person) -> Chat:
        row = self._core.vault.chat(bytes.fromhex(person.id))
        if row is None:
            raise HavreError(f"There is no chat with {person.name}.")
        return self._core.chat_view(row)

    async def _fetched(self, folder: Path, name: str, messages: list[Message]) -> dict[str, str]:
        """Fetch the files of messages; return their paths by message, without those that are gone."""
        found: dict[str, str] = {}
        for message in messages:
            if isinstance(message.body, FileBody | VoiceBody):
                try:
                    async with asyncio.timeout(_PATIENCE):
                        saved = await self.save_file(message, folder / name)
                except NoSpace:
                    raise
                except (HavreError, TimeoutError):
                    continue
                found[message.id] = f"{name}/{saved.name}"
        return found
