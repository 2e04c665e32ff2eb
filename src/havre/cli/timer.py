"""`havre timer PERSON DURATION`: messages that disappear."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

from havre.cli.screen import WrongUsage, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.client.api.notices import duration as duration_words

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}

Duration = Annotated[str, typer.Argument(help="30s, 5m, 8h, 1d, 4w, or `off`.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("timer")(timer)


def timer(
    chat: Annotated[str, typer.Argument(metavar="PERSON", help="A person's or a group's name.")],
    duration: Duration,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Have messages disappear some time after they were read, for everybody in the chat.

    Examples: `havre timer bob 1d`, `havre timer "Choir" off`
    """
    run(lambda: set_timer(chat, parse_duration(duration), profile, as_json))


async def set_timer(query: str, seconds: int | None, profile: str, as_json: bool) -> None:
    """Set a chat's timer, and say so."""
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        chat = me.chat(query)
        await me.set_timer(chat, seconds)
        check_settled(await me.settle(PATIENCE))
        chat = me.chat(chat.id)
    if as_json:
        emit({"chat": chat.id, "timer": chat.timer})
    elif chat.timer:
        say(f"Messages in [bold]{quoted(chat.title)}[/] disappear after {duration_words(chat.timer)}.")
    else:
        say(f"Messages in [bold]{quoted(chat.title)}[/] stay.")


def parse_duration(text: str) -> int | None:
    """Return seconds, None for `off`; raises WrongUsage."""
    if text.strip().lower() == "off":
        return None
    found = re.fullmatch(r"(\d{1,9})([smhdw])", text.strip().lower())
    if found is None:
        raise WrongUsage(f"{text!r} is no duration; say 30s, 5m, 8h, 1d, 4w, or off.")
    return int(found[1]) * _UNITS[found[2]]
