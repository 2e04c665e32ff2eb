"""Finding messages."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from havre.client.api import Shelf
from havre.desk import shown, views
from havre.desk.contract import method
from havre.desk.desk import Desk

Few = Annotated[int, Meta(ge=1, le=200)]


@method
async def search(desk: Desk, words: str, limit: Few, chat: str | None = None) -> list[views.Message]:
    """Return messages with all the words, or words that begin so, newest first."""
    within = None if chat is None else desk.me.chat(chat)
    return [shown.message(found) for found in desk.me.search(words, chat=within, limit=limit)]


@method
async def shared(desk: Desk, chat: str, shelf: views.ShelfName, before: str | None = None) -> views.Shared:
    """Return what of a chat lies on a shelf; `before`: go on behind this message."""
    within = desk.me.chat(chat)
    behind = None if before is None else desk.me.message(within, before)
    found = desk.me.shared(within, Shelf(shelf), behind)
    more = None if found.more is None else found.more.id
    return views.Shared([shown.message(one) for one in found.messages], more)


@method
async def context(desk: Desk, chat: str, message: str, around: Few) -> list[views.Message]:
    """Return a message with so many before it and behind it in its chat."""
    found = desk.me.context(desk.me.message(desk.me.chat(chat), message), around)
    return [shown.message(one) for one in (*found.before, found.message, *found.after)]
