"""Chats and the people in them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from havre.desk import shown, views
from havre.desk.contract import method
from havre.desk.desk import Desk

Moment = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""Unix milliseconds."""


@method
async def chats(desk: Desk) -> list[views.Chat]:
    """Return every chat: pinned ones first, then by their last message, the newest first."""
    return [shown.chat(chat) for chat in desk.me.chats()]


@method
async def may_write(desk: Desk, chat: str) -> views.MayWrite:
    """Return whether I may write in a chat, and else why not."""
    return desk.me.may_write(desk.me.chat(chat)).value


@method
async def stored(desk: Desk) -> list[views.Stored]:
    """Return what each chat that has messages takes up, the largest first."""
    return [views.Stored(one.chat.id, one.chat.title, one.messages, one.size) for one in desk.me.storage()]


@method
async def clear_chat(desk: Desk, chat: str) -> None:
    """Delete every message of a chat here; nobody else notices, and the chat stays."""
    await desk.me.clear(desk.me.chat(chat))


@method
async def add_contact(desk: Desk, link: str) -> views.Chat:
    """Begin a chat with whom a contact link or a user name at my relay means."""
    return shown.chat(desk.me.chat(await desk.me.add(link)))


@method
async def rename(desk: Desk, person: str, name: str) -> views.Person:
    """Call somebody something of my own; empty: what they call themselves."""
    return shown.person(await desk.me.rename(desk.me.person(person), name))


@method
async def safety_number(desk: Desk, person: str) -> views.SafetyNumber:
    """Return the number that both of us see if nobody sits between us."""
    number = desk.me.safety_number(desk.me.person(person))
    return views.SafetyNumber(str(number), number.qr.hex().upper())


@method
async def set_verified(desk: Desk, person: str, verified: bool) -> views.Person:
    """Note whether the safety numbers were compared."""
    return shown.person(await desk.me.set_verified(desk.me.person(person), verified))


@method
async def mute_chat(desk: Desk, chat: str, until: Moment) -> views.Chat:
    """Hear nothing of a chat's messages until a time; 0: from now on again."""
    return shown.chat(await desk.me.mute(desk.me.chat(chat), until))


@method
async def pin_chat(desk: Desk, chat: str, pinned: bool) -> views.Chat:
    """Keep a chat above the others, or no longer."""
    return shown.chat(await desk.me.pin_chat(desk.me.chat(chat), pinned))


@method
async def archive_chat(desk: Desk, chat: str, archived: bool) -> views.Chat:
    """Put a chat away until something new is said in it, or take it back."""
    return shown.chat(await desk.me.archive(desk.me.chat(chat), archived))
