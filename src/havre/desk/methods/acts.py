"""What is done to a message that is there."""

from __future__ import annotations

from havre.client.api import Message
from havre.desk import shown, views
from havre.desk.contract import method
from havre.desk.desk import Desk


@method
async def react(desk: Desk, chat: str, message: str, emoji: str) -> views.Message:
    """React with an emoji, in place of the one of before; empty takes it back."""
    return shown.message(await desk.me.react(_found(desk, chat, message), emoji))


@method
async def edit(desk: Desk, chat: str, message: str, text: str) -> views.Message:
    """Put other words in the place of mine, within 24 hours."""
    return shown.message(await desk.me.edit(_found(desk, chat, message), text))


@method
async def delete(desk: Desk, chat: str, message: str) -> views.Message:
    """Delete a message for everyone: mine within 24 hours, and any as an admin of its group."""
    return shown.message(await desk.me.delete(_found(desk, chat, message)))


@method
async def delete_for_me(desk: Desk, chat: str, message: str) -> None:
    """Delete a message here; nobody else notices."""
    await desk.me.delete_for_me(_found(desk, chat, message))


@method
async def pin(desk: Desk, chat: str, message: str, pinned: bool) -> views.Message:
    """Pin a message above the chat for everybody, or no longer."""
    return shown.message(await desk.me.pin(_found(desk, chat, message), pinned))


@method
async def pinned(desk: Desk, chat: str) -> list[views.Message]:
    """Return a chat's pinned messages, in their order."""
    return [shown.message(found) for found in desk.me.pinned(desk.me.chat(chat))]


@method
async def star(desk: Desk, chat: str, message: str, starred: bool) -> views.Message:
    """Star a message, or no longer; only I see it."""
    return shown.message(await desk.me.star(_found(desk, chat, message), starred))


@method
async def starred(desk: Desk) -> list[views.Message]:
    """Return what I have starred in all chats, the newest star first."""
    return [shown.message(found) for found in desk.me.starred()]


@method
async def forward(desk: Desk, chat: str, message: str, to: list[str]) -> list[views.Message]:
    """Pass a message on, marked as forwarded."""
    found = _found(desk, chat, message)
    return [shown.message(sent) for sent in await desk.me.forward(found, [desk.me.chat(one) for one in to])]


@method
async def vote(desk: Desk, chat: str, message: str, choices: list[int]) -> views.Message:
    """Choose these options of a poll (numbers from 1), in place of what I chose before."""
    return shown.message(await desk.me.vote(_found(desk, chat, message), choices))


@method
async def close_poll(desk: Desk, chat: str, message: str) -> views.Message:
    """End a poll of mine: later votes do not count."""
    return shown.message(await desk.me.close_poll(_found(desk, chat, message)))


@method
async def view_once(desk: Desk, chat: str, message: str) -> views.Message:
    """Show what can be viewed once, and forget it; a file of it lies at its usual address until `forget_viewed`."""
    found = _found(desk, chat, message)
    async with desk.fetching(message):
        folder = desk.cache.place(message)
        viewed = await desk.me.view(found, folder, desk.progress(message))
        for path in folder.iterdir():
            desk.cache.keep(message, path)
    return shown.message(viewed)


@method
async def forget_viewed(desk: Desk, message: str) -> None:
    """Delete the file of a message that was viewed: nobody looks at it any more."""
    desk.cache.forget(message)


def _found(desk: Desk, chat: str, message: str) -> Message:
    return desk.me.message(desk.me.chat(chat), message)
