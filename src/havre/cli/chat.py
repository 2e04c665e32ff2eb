"""`havre chat PERSON`: a conversation, live both ways."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from havre.cli.rendering import message_line
from havre.cli.screen import clock, complain, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, Profile, opened, run
from havre.cli.slash import obey
from havre.client.api import (
    Chat,
    ConnectionChanged,
    Havre,
    HomeAway,
    HomeBack,
    Message,
    MessageArrived,
    MessageChanged,
    MessageState,
    News,
    Typing,
)
from havre.client.errors import HavreError

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer

_SHOWN: Final = 20
"""Messages of the past that are shown at the start."""
_HELP: Final = "/help shows the commands, /quit leaves."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("chat")(chat)


def chat(
    to: Annotated[str, typer.Argument(metavar="PERSON", help="Whom to talk with: a person or a group.")],
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Talk with somebody, live. Without a terminal, each line of standard input is a message.

    Examples: `havre chat bob`, `printf 'Hello\\nAre you there?\\n' | havre chat bob`
    """
    run(lambda: _chat(to, profile))


async def _chat(query: str, profile: str) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        chat = me.chat(query)
        news = me.events()  # before the past is read: nothing falls in between
        shown = {message.id: message for message in me.messages(chat, limit=_SHOWN)}
        for message in shown.values():
            say(message_line(message))
        await me.mark_read(chat)
        say(f"[dim]You and {quoted(chat.title)}. {_HELP}[/]")
        showing = asyncio.create_task(_show_arrivals(me, news, chat, shown))
        try:
            await _talk(me, chat)
        finally:
            showing.cancel()
        await me.settle(PATIENCE)


async def _talk(me: Havre, chat: Chat) -> None:
    async for line in _typed_lines(me, chat) if sys.stdin.isatty() else _piped_lines():
        words = line.strip()
        if words == "/quit":
            return
        if words:
            await _do(me, chat, words)


async def _do(me: Havre, chat: Chat, words: str) -> None:
    try:
        if re.match(r"/[a-z?]+( |$)", words):
            await obey(me, chat, words)
        else:
            await me.send_text(chat, words)
    except HavreError as error:
        complain(error.sentence)


async def _show_arrivals(me: Havre, news: AsyncIterator[News], chat: Chat, shown: dict[str, Message]) -> None:
    async for event in news:
        match event:
            case MessageArrived(message) if message.id in shown:
                pass
            case MessageArrived(message) if message.chat == chat.id:
                shown[message.id] = message
                say(message_line(message))
                await me.mark_read(chat)
            case MessageChanged(message) if message.chat == chat.id:
                _show_change(shown, message)
            case Typing(chat=where, name=name, active=True) if where == chat.id:
                say(f"[dim]{quoted(name)} is writing …[/]")
            case ConnectionChanged(connected=False):
                say("[dim]The relay is away; what you write is kept and goes out when it is back.[/]")
            case HomeAway(chat=where) if where == chat.id:
                say(f"[dim]{quoted(event.sentence)}[/]")
            case HomeBack(chat=where, relay=relay) if where == chat.id:
                say(f"[dim]The relay {quoted(relay)} is back.[/]")
            case ConnectionChanged(connected=True):
                say("[dim]Connected.[/]")
            case _:
                pass


def _show_change(shown: dict[str, Message], message: Message) -> None:
    """Say what is new about a message: that it was read, or all of it if something was done to it."""
    before = shown.get(message.id)
    shown[message.id] = message
    if before is None or replace(message, state=before.state, place=before.place, unread=before.unread) != before:
        say(message_line(message))
    elif message.state is MessageState.READ and before.state is not MessageState.READ:
        say(f"[dim]{clock(message.at)} ✓✓ read[/]")


async def _typed_lines(me: Havre, chat: Chat) -> AsyncIterator[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.patch_stdout import patch_stdout

    session: PromptSession[str] = PromptSession("> ", erase_when_done=True)
    typing: set[asyncio.Task[None]] = set()

    def writes(buffer: Buffer) -> None:
        if buffer.text and not buffer.text.startswith("/"):
            saying = asyncio.ensure_future(_say_typing(me, chat))
            typing.add(saying)
            saying.add_done_callback(typing.discard)

    session.default_buffer.on_text_changed += writes
    with patch_stdout(raw=True):
        while True:
            try:
                yield await session.prompt_async()
            except (EOFError, KeyboardInterrupt):
                return


async def _say_typing(me: Havre, chat: Chat) -> None:
    with suppress(HavreError):  # nobody misses it
        await me.say_typing(chat)


async def _piped_lines() -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        yield line
