"""`havre send PERSON TEXT`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from havre.cli.rendering import message_json, message_line
from havre.cli.screen import Bar, WrongUsage, emit, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.client.api import Havre, Message, Person


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("send")(send)


def send(
    person: Annotated[str, typer.Argument(help="A name, or the beginning of a fingerprint.")],
    text: Annotated[str | None, typer.Argument(help="The message; `-` reads it from standard input.")] = None,
    file: Annotated[Path | None, typer.Option(help="Send this file.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Send a message or a file, end-to-end encrypted.

    It is kept until the relay has it: when the relay is away, it goes out with your next command.

    Examples: `havre send bob "Coming at eight"`, `havre send bob --file photo.jpg`, `date | havre send bob -`
    """
    if (text is None) == (file is None):
        raise WrongUsage('Say either what to write or which file: `havre send bob "Hello"`, or `--file PATH`.')
    words = sys.stdin.read() if text == "-" else text
    run(lambda: _send(person, words, file, profile, as_json))


async def _send(query: str, words: str | None, file: Path | None, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        person = me.person(query)
        message = await _send_file(me, person, file) if file else await me.send_text(person, words or "")
        settled = await me.settle(PATIENCE)
        sent = me.current(message)
        emit(message_json(sent)) if as_json else say(message_line(sent))
        check_settled(settled)


async def _send_file(me: Havre, person: Person, file: Path) -> Message:
    with Bar(file.name) as bar:
        return await me.send_file(person, file, progress=bar.advance)
