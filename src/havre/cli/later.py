"""`havre draft` and `havre later`: what is written and not yet sent."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from havre.cli.screen import clock, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.client.api import Havre, Scheduled


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("draft")(draft)
    app.command("later")(later)


def draft(
    chat: Annotated[str, typer.Argument(help="The chat that it is for.")],
    text: Annotated[str | None, typer.Argument(help="What is to be kept; empty forgets it.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Keep what you began to write, or show it.

    Examples: `havre draft bob "About last night"`, `havre draft bob`, `havre draft bob ""`
    """
    run(lambda: _draft(chat, text, profile, as_json))


async def _draft(query: str, text: str | None, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        if text is not None:
            await me.draft(me.chat(query), text)
        words = me.chat(query).draft
        emit({"draft": words}) if as_json else say(quoted(words))


def later(
    cancel: Annotated[int | None, typer.Option(help="Do not send the one with this number.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Show the messages that are to be sent later: `havre send CHAT TEXT --at TIME` makes one.

    They go out at their time if `havre read --follow` or `havre chat` runs then, else with your next command.

    Examples: `havre later`, `havre later --cancel 2`
    """
    run(lambda: _later(cancel, profile, as_json))


async def _later(cancel: int | None, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        if cancel is not None:
            await me.unschedule(cancel)
        settled = await me.settle(PATIENCE)
        for one in me.scheduled():
            emit(scheduled_json(one)) if as_json else say(scheduled_line(me, one))
        check_settled(settled)


def scheduled_json(one: Scheduled) -> dict[str, Any]:
    """Return a scheduled message as a JSON object."""
    return {"number": one.number, "chat": one.chat, "due": one.due, "text": one.words}


def scheduled_line(me: Havre, one: Scheduled) -> str:
    """Return a scheduled message as a line in rich's markup."""
    title = next((chat.title for chat in me.chats() if chat.id == one.chat), "")
    return f"{one.number}. [dim]{clock(one.due)}[/] [cyan]me[/] to {quoted(title)}: {quoted(one.words)}"
