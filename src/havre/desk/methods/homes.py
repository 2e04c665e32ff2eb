"""Where chats live."""

from __future__ import annotations

from havre.client.api import Chat
from havre.desk import shown, views
from havre.desk.contract import method
from havre.desk.desk import Desk


@method
async def homes(desk: Desk, chat: str) -> list[views.Home]:
    """Return the relays on which a chat lives, the first one first."""
    return _shown(desk, desk.me.chat(chat))


@method
async def add_home(desk: Desk, chat: str, relay: str) -> views.Chat:
    """Have a chat go on over a second relay while the first is away, in place of a second one that it has."""
    return shown.chat(await desk.me.homes.add(desk.me.chat(chat), relay))


@method
async def remove_home(desk: Desk, chat: str) -> views.Chat:
    """Have a chat live on its first relay alone."""
    return shown.chat(await desk.me.homes.remove(desk.me.chat(chat)))


def _shown(desk: Desk, chat: Chat) -> list[views.Home]:
    return [views.Home(home.relay, home.first, home.connected) for home in desk.me.homes.show(chat).homes]
