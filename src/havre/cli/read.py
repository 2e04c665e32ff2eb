"""`havre read`"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from havre.cli.rendering import message_json, message_line
from havre.cli.screen import emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.client.api import Chat, ChatKind, Havre, Message, MessageArrived


@dataclass(frozen=True, slots=True)
class Look:
    """How messages are printed."""

    as_json: bool
    ids: bool


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("read")(read)


def read(
    chat: Annotated[str | None, typer.Argument(metavar="[PERSON]", help="Only this person's, or this group's.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay, and show what comes.")] = False,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Also what was read before.")] = False,
    ids: Annotated[bool, typer.Option("--ids", help="Show how each message's id begins, for `havre message`.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Fetch and show new messages, and let their senders know that they were read.

    Examples: `havre read`, `havre read bob --all`, `havre read --follow --json`
    """
    run(lambda: _read(chat, follow, everything, profile, Look(as_json, ids)))


async def _read(query: str | None, follow: bool, everything: bool, profile: str, look: Look) -> None:
    async with opened(profile) as me:
        settled = await me.settle(PATIENCE)
        for chat in [me.chat(query)] if query else me.chats():
            await _show(me, chat, everything, look)
        if follow:
            await _follow(me, query, look)
        else:
            check_settled(settled)
            check_settled(await me.settle(PATIENCE))


async def _show(me: Havre, chat: Chat, everything: bool, look: Look) -> None:
    shown = [message for message in me.messages(chat) if everything or message.unread]
    if shown and chat.kind is ChatKind.GROUP and not look.as_json:
        say(f"[bold]{quoted(chat.title)}[/]")
    for message in shown:
        _print(message, look)
    await me.mark_read(chat)


async def _follow(me: Havre, query: str | None, look: Look) -> None:
    wanted = me.chat(query).id if query else None
    async for event in me.events():
        match event:
            case MessageArrived(message) if wanted in (None, message.chat) and not message.mine:
                _print(message, look)
                await me.mark_read(me.chat(message.chat))
            case _:
                pass


def _print(message: Message, look: Look) -> None:
    if look.as_json:
        emit(message_json(message))
    else:
        say(message_line(message, look.ids))
