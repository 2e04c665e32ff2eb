"""Messages of one chat."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from havre.client.api import Preview
from havre.desk import shown, views
from havre.desk.contract import method
from havre.desk.desk import Desk

Few = Annotated[int, Meta(ge=1, le=500)]


@method
async def messages(desk: Desk, chat: str, limit: Few, before: str | None = None) -> list[views.Message]:
    """Return a chat's last messages, or its last before one, in the order in which everybody sees them."""
    found = desk.me.chat(chat)
    earlier = None if before is None else desk.me.message(found, before)
    return [shown.message(row) for row in desk.me.messages(found, limit=limit, before=earlier)]


@method
async def send_text(
    desk: Desk,
    chat: str,
    text: str,
    reply_to: str | None = None,
    preview: views.Preview | None = None,
    once: bool = False,
) -> views.Message:
    """Send a text in Markdown; it is on its way whatever happens once this returns. `once`: it can be viewed once."""
    found = desk.me.chat(chat)
    replied = None if reply_to is None else desk.me.message(found, reply_to)
    seen = None if preview is None else Preview(preview.link, preview.title, preview.description, preview.picture)
    return shown.message(await desk.me.send_text(found, text, replied, preview=seen, once=once))


@method
async def send_again(desk: Desk, chat: str, message: str) -> views.Message:
    """Send what could not be sent once more, in place of the one that failed."""
    return shown.message(await desk.me.send_again(desk.me.message(desk.me.chat(chat), message)))


@method
async def send_poll(desk: Desk, chat: str, question: str, options: list[str], multiple: bool) -> views.Message:
    """Ask a question with 2 to 12 options."""
    return shown.message(await desk.me.send_poll(desk.me.chat(chat), question, options, multiple))


@method
async def set_draft(desk: Desk, chat: str, text: str) -> None:
    """Keep what is written and not yet sent; empty: nothing is."""
    await desk.me.draft(desk.me.chat(chat), text)


@method
async def say_typing(desk: Desk, chat: str, active: bool) -> None:
    """Let those who are there see that I am writing."""
    await desk.me.say_typing(desk.me.chat(chat), active)


@method
async def mark_read(desk: Desk, chat: str, through: str | None = None) -> None:
    """Note that a chat was read, up to a message or all of it."""
    found = desk.me.chat(chat)
    await desk.me.mark_read(found, None if through is None else desk.me.message(found, through))


@method
async def cancel_transfer(desk: Desk, transfer: str) -> None:
    """Stop sending a file."""
    sending = desk.transfers.get(transfer)
    if sending is not None:
        sending.call_back()


@method
async def pause_transfer(desk: Desk, transfer: str, paused: bool) -> None:
    """Send nothing more of a file for now, or go on with it."""
    sending = desk.transfers.get(transfer)
    if sending is not None:
        sending.hold(paused)
