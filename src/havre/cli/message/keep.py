"""`havre message star`, `view`, `starred`, `pinned`: for oneself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from havre.cli.message.change import Off
from havre.cli.references import Reference, doing, find
from havre.cli.rendering import message_json, message_line
from havre.cli.screen import Bar, emit, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.client.api import Havre, Message


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (star, starred, pinned, view):
        app.command()(command)


def star(message: Reference, off: Off = False, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Star a message; only you see it.

    Examples: `havre message star bob#2`, `havre message star bob#2 --off`
    """

    async def do(me: Havre, found: Message) -> Message:
        return await me.star(found, not off)

    run(lambda: doing(message, do, profile, as_json))


def starred(
    chat: Annotated[str | None, typer.Argument(help="Only of this chat.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Show what you have starred.

    Example: `havre message starred`
    """

    def found(me: Havre) -> list[Message]:
        return me.starred(me.chat(chat) if chat else None)

    run(lambda: _list(found, profile, as_json))


def pinned(
    chat: Annotated[str, typer.Argument(help="The chat.")],
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Show a chat's pinned messages.

    Example: `havre message pinned bob`
    """
    run(lambda: _list(lambda me: me.pinned(me.chat(chat)), profile, as_json))


async def _list(find_all: Callable[[Havre], list[Message]], profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        for message in find_all(me):
            emit(message_json(message)) if as_json else say(message_line(message, with_id=True))


def view(
    message: Reference,
    to: Annotated[Path, typer.Option(help="Save a file here.")] = Path(),
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Show a message that can be viewed once; then it is gone.

    Example: `havre message view bob`
    """
    run(lambda: _view(message, to, profile, as_json))


async def _view(reference: str, to: Path, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        settled = await me.settle(PATIENCE)
        with Bar("Saving") as bar:
            shown = await me.view(find(me, reference), to, progress=bar.advance)
        emit(message_json(shown)) if as_json else say(message_line(shown))
        check_settled(settled)
