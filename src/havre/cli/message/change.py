"""`havre message react`, `edit`, `delete`, `forward`, `pin`: what everybody in the chat sees."""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.references import Reference, doing, find
from havre.cli.screen import say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.client.api import Havre, Message

Off = Annotated[bool, typer.Option("--off", help="Take it away again.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (react, edit, delete, forward, pin):
        app.command()(command)


def react(
    message: Reference,
    emoji: Annotated[str, typer.Argument(help="One emoji.")] = "",
    off: Off = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """React with an emoji, in place of the one of before.

    Examples: `havre message react bob 👍`, `havre message react bob#3 ❤`, `havre message react bob --off`
    """

    async def do(me: Havre, found: Message) -> Message:
        return await me.react(found, "" if off else emoji or "👍")

    run(lambda: doing(message, do, profile, as_json))


def edit(
    message: Reference,
    text: Annotated[str, typer.Argument(help="What it should say instead.")],
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Put other words in the place of yours, within 24 hours; everybody can see what it said before.

    Example: `havre message edit bob "Coming at nine"`
    """

    async def do(me: Havre, found: Message) -> Message:
        return await me.edit(found, text)

    run(lambda: doing(message, do, profile, as_json))


def delete(
    message: Reference,
    for_me: Annotated[bool, typer.Option("--for-me", help="Here only; nobody else notices.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Delete a message for everyone: yours within 24 hours, and any as an admin of its group.

    Examples: `havre message delete bob`, `havre message delete bob#2 --for-me`
    """

    async def do(me: Havre, found: Message) -> Message | None:
        if for_me:
            await me.delete_for_me(found)
            return None
        return await me.delete(found)

    run(lambda: doing(message, do, profile, as_json))


def forward(
    message: Reference,
    to: Annotated[list[str], typer.Argument(metavar="CHAT...", help="Whom to pass it on to, 5 at most.")],
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Pass a message on, marked as forwarded. What was passed on many times can go to one chat at a time.

    Example: `havre message forward bob#2 carol dave`
    """
    run(lambda: _forward(message, to, profile))


async def _forward(reference: str, to: list[str], profile: str) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        sent = await me.forward(find(me, reference), [me.chat(query) for query in to])
        settled = await me.settle(PATIENCE)
        say(f"Forwarded to {len(sent)} {'chat' if len(sent) == 1 else 'chats'}.")
        check_settled(settled)


def pin(message: Reference, off: Off = False, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Pin a message above the chat, for everybody in it.

    Examples: `havre message pin bob`, `havre message pin bob#4 --off`
    """

    async def do(me: Havre, found: Message) -> Message:
        return await me.pin(found, not off)

    run(lambda: doing(message, do, profile, as_json))
