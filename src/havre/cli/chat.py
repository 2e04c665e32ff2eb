"""`havre chat PERSON`: a conversation, live both ways."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Final

import typer
from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from havre.cli.rendering import message_line
from havre.cli.screen import Bar, clock, complain, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, Profile, opened, run
from havre.client.api import (
    ConnectionChanged,
    FileBody,
    Havre,
    MessageArrived,
    MessageChanged,
    MessageState,
    Person,
    Problem,
)
from havre.client.errors import HavreError

_SHOWN: Final = 20
"""Messages of the past that are shown at the start."""
_HELP: Final = "/file PATH sends a file, /save fetches the newest one, /verify shows the safety number, /quit leaves."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("chat")(chat)


def chat(
    person: Annotated[str, typer.Argument(help="Whom to talk with.")],
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Talk with somebody, live. Without a terminal, each line of standard input is a message.

    Examples: `havre chat bob`, `printf 'Hello\\nAre you there?\\n' | havre chat bob`
    """
    run(lambda: _chat(person, profile))


async def _chat(query: str, profile: str) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        person = me.person(query)
        for message in me.messages(person)[-_SHOWN:]:
            say(message_line(message))
        await me.mark_read(person)
        say(f"[dim]You and {quoted(person.name)}. {_HELP}[/]")
        showing = asyncio.create_task(_show_arrivals(me, person))
        try:
            await _talk(me, person)
        finally:
            showing.cancel()
        await me.settle(PATIENCE)


async def _talk(me: Havre, person: Person) -> None:
    async for line in _typed_lines() if sys.stdin.isatty() else _piped_lines():
        words = line.strip()
        if words == "/quit":
            return
        if words:
            await _do(me, person, words)


async def _do(me: Havre, person: Person, words: str) -> None:
    try:
        match words.split(maxsplit=1):
            case ["/file", path]:
                await _send_file(me, person, _expanded(path))
            case ["/save"]:
                await _save_newest(me, person)
            case ["/verify"]:
                say(str(me.safety_number(person)))
            case ["/help" | "/?"]:
                say(_HELP)
            case _:
                await me.send_text(person, words)
    except HavreError as error:
        complain(error.sentence)


async def _send_file(me: Havre, person: Person, path: Path) -> None:
    with Bar(path.name) as bar:
        await me.send_file(person, path, progress=bar.advance)


def _expanded(path: str) -> Path:
    return Path(path).expanduser()


async def _save_newest(me: Havre, person: Person) -> None:
    for message in reversed(me.messages(person)):
        if isinstance(message.body, FileBody):
            with Bar(message.body.name) as bar:
                path = await me.save_file(message, Path.cwd(), progress=bar.advance)
            say(f"Saved as [bold]{quoted(str(path))}[/].")
            return
    complain("There is no file in this conversation.")


async def _show_arrivals(me: Havre, person: Person) -> None:
    async for event in me.events():
        match event:
            case MessageArrived(message) if message.person == person.id:
                say(message_line(message))
                await me.mark_read(person)
            case MessageChanged(message) if message.person == person.id and message.state is MessageState.READ:
                say(f"[dim]{clock(message.at)} ✓✓ read[/]")
            case ConnectionChanged(connected=False):
                say("[dim]The relay is away; what you write is kept and goes out when it is back.[/]")
            case ConnectionChanged(connected=True):
                say("[dim]Connected.[/]")
            case Problem(sentence):
                complain(sentence)
            case _:
                pass


async def _typed_lines() -> AsyncIterator[str]:
    session: PromptSession[str] = PromptSession("> ", erase_when_done=True)
    with patch_stdout(raw=True):
        while True:
            try:
                yield await session.prompt_async()
            except (EOFError, KeyboardInterrupt):
                return


async def _piped_lines() -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        yield line
