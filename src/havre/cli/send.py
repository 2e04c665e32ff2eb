"""`havre send CHAT TEXT`"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from havre.cli.later import scheduled_json, scheduled_line
from havre.cli.references import find
from havre.cli.screen import Bar, WrongUsage, complain, emit, say
from havre.cli.sending import chat_to_write_in, report
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, opened, run
from havre.cli.times import moment
from havre.client.api import Chat, Havre, Message
from havre.client.errors import HavreError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("send")(send)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be sent: one of these, and how."""

    words: str | None
    file: Path | None
    voice: Path | None
    location: str | None
    card: str | None
    reply: str | None
    at: str | None
    once: bool
    exact: bool
    preview: bool


def send(
    to: Annotated[str, typer.Argument(metavar="PERSON", help="A person's or a group's name, or how its id begins.")],
    text: Annotated[str | None, typer.Argument(help="The message; `-` reads it from standard input.")] = None,
    file: Annotated[Path | None, typer.Option(help="Send this file.")] = None,
    voice: Annotated[Path | None, typer.Option(help="Send this recording (Ogg, WebM, WAV) as a voice note.")] = None,
    location: Annotated[str | None, typer.Option(metavar="LAT,LON", help="Send a place; TEXT is its name.")] = None,
    card: Annotated[str | None, typer.Option(metavar="PERSON", help="Pass this person's contact link on.")] = None,
    reply: Annotated[str | None, typer.Option(metavar="MESSAGE", help="The message that this answers.")] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Send it then: 18:30, 2026-12-24 18:00, +2h.")] = None,
    once: Annotated[bool, typer.Option("--once", help="It can be viewed once.")] = False,
    exact: Annotated[bool, typer.Option("--exact", help="Leave a picture its metadata: place, time, camera.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Fetch a preview of the first link and send it.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Send a message, a file, a voice note, a place or a contact, end-to-end encrypted.

    It is kept until the relay has it: when the relay is away, it goes out with your next command. A file that was
    interrupted goes on where it was when you send it again. Pictures leave their metadata behind.

    Examples: `havre send bob "Coming at eight"`, `havre send bob --file photo.jpg`, `date | havre send bob -`,
    `havre send bob "Yes!" --reply bob`, `havre send bob "Happy birthday" --at "2026-12-24 08:00"`
    """
    others = [one for one in (file, voice, location, card) if one is not None]
    if len(others) > 1 or (not others and text is None) or (others and text is not None and location is None):
        raise WrongUsage('Say one thing to send: `havre send bob "Hello"`, or `--file PATH`, `--voice PATH` ...')
    if others and (reply or at or preview or (once and (location or card))):
        raise WrongUsage("Only a text can answer a message, wait for its time or have a preview.")
    words = sys.stdin.read() if text == "-" else text
    wanted = Wanted(words, file, voice, location, card, reply, at, once, exact, preview)
    run(lambda: _send(to, wanted, profile, as_json))


async def _send(query: str, wanted: Wanted, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        if wanted.reply is not None:
            await me.settle(PATIENCE)  # the message that is answered may be on its way
        chat = await chat_to_write_in(me, query)
        if wanted.at is not None:
            await _schedule(me, chat, wanted, as_json)
        else:
            await report(me, await _sent(me, chat, wanted), as_json)


async def _schedule(me: Havre, chat: Chat, wanted: Wanted, as_json: bool) -> None:
    replied = find(me, wanted.reply) if wanted.reply else None
    kept = await me.schedule(chat, wanted.words or "", moment(wanted.at or ""), replied)
    emit(scheduled_json(kept)) if as_json else say(scheduled_line(me, kept))


async def _sent(me: Havre, chat: Chat, wanted: Wanted) -> Message:
    if wanted.file is not None:
        with Bar(wanted.file.name) as bar:
            return await me.send_file(chat, wanted.file, bar.advance, once=wanted.once, exact=wanted.exact)
    if wanted.voice is not None:
        with Bar(wanted.voice.name) as bar:
            return await me.send_voice(chat, wanted.voice, bar.advance, once=wanted.once)
    if wanted.location is not None:
        latitude, longitude = _degrees(wanted.location)
        return await me.send_location(chat, latitude, longitude, wanted.words or "")
    if wanted.card is not None:
        return await me.send_card(chat, me.person(wanted.card))
    return await _send_text(me, chat, wanted)


async def _send_text(me: Havre, chat: Chat, wanted: Wanted) -> Message:
    words, found = wanted.words or "", None
    if wanted.preview:
        try:
            found = await me.preview(words)
        except HavreError as error:
            complain(error.sentence)
    replied = find(me, wanted.reply) if wanted.reply else None
    return await me.send_text(chat, words, replied, preview=found, once=wanted.once)


def _degrees(words: str) -> tuple[float, float]:
    try:
        latitude, longitude = (float(number) for number in words.split(","))
    except ValueError:
        raise WrongUsage("Say a place as latitude and longitude in degrees: 48.8566,2.3522") from None
    return latitude, longitude
