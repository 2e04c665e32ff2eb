"""Where conversations live: their relay, and a second one through which they go on while that is away."""

from __future__ import annotations

from dataclasses import dataclass

from havre.client import profiles
from havre.client.api.core import Part
from havre.client.engine import events
from havre.client.engine.terms import Home as EngineHome
from havre.client.engine.terms import Terms, decode_terms
from havre.client.engine.wishes import MoveHome, SetSecondHome
from havre.client.errors import ChatUnknown
from havre.client.profiles import random_bytes
from havre.client.vault import rows
from havre.client.views import Chat
from havre.wire.sizes import QUEUE_BYTES


@dataclass(frozen=True, slots=True)
class Home:
    """A relay on which a chat lives. The first of a chat's homes orders what is said; a second one stands by."""

    relay: str
    first: bool
    connected: bool


@dataclass(frozen=True, slots=True)
class Homes:
    """The homes of a chat, the first one first."""

    chat: Chat
    homes: tuple[Home, ...]


class HomesPart(Part):
    """`me.homes`. What changes them is kept until it has come about, for which the first home must be there."""

    @property
    def account(self) -> Home:
        """Where my account lives: its inbox, its key packages, its name."""
        return self._home(self._core.vault.me().relay, first=True)

    def all(self) -> list[Homes]:
        """Return the homes of every chat that I am in."""
        found = (self._found(row) for row in self._core.vault.chats() if row.kind is not rows.ChatKind.SELF)
        return [homes for homes in found if homes is not None]

    def show(self, chat: Chat) -> Homes:
        """Return the homes of a chat; raises ChatUnknown when I am not in it."""
        row = self._core.vault.chat(bytes.fromhex(chat.id))
        found = self._found(row) if row is not None else None
        if found is None:
            raise ChatUnknown(chat.title)
        return found

    async def add(self, chat: Chat, relay: str) -> Chat:
        """Give a chat a second home on another relay, in place of one that it has. In groups admins may."""
        home = EngineHome(profiles.parse_relay(relay).url, random_bytes(QUEUE_BYTES))
        return await self._wish(chat, SetSecondHome(home))

    async def remove(self, chat: Chat) -> Chat:
        """Take a chat's second home away. In groups admins may."""
        return await self._wish(chat, SetSecondHome(None))

    async def move(self, chat: Chat, relay: str) -> Chat:
        """Have a chat live on another relay from now on; in groups admins may. Its old one must be there for that.

        A link into a group leads to the old relay, and is closed. Raises NoRelay and its kin when the new relay does
        not answer.
        """
        address = profiles.parse_relay(relay)
        await self._core.network.directory(address).relay_info()
        return await self._wish(chat, MoveHome(address.url))

    async def _wish(self, chat: Chat, wish: SetSecondHome | MoveHome) -> Chat:
        changed = await self._core.driver.do(lambda ticket: events.ChangeChat(ticket, bytes.fromhex(chat.id), wish))
        assert isinstance(changed, rows.Chat)
        return self._core.chat_view(changed)

    def _found(self, row: rows.Chat) -> Homes | None:
        terms = self._terms(row.chat)
        if terms is None:
            return None
        homes = (self._home(home.relay, number == 0) for number, home in enumerate(terms.homes))
        return Homes(self._core.chat_view(row), tuple(homes))

    def _terms(self, chat: bytes) -> Terms | None:
        vault = self._core.vault
        for conversation in vault.conversations(chat):
            states = vault.epoch(conversation.queue, conversation.epoch)
            if states is not None:
                return decode_terms(self._core.groups.load(*states).terms)
        return None

    def _home(self, relay: str, first: bool) -> Home:
        return Home(relay, first, self._core.driver.is_connected(relay))
