"""`havre read`"""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.rendering import message_json, message_line
from havre.cli.screen import complain, emit, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.client.api import Havre, Message, MessageArrived, Person, Problem


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("read")(read)


def read(
    person: Annotated[str | None, typer.Argument(help="Only this person's messages.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay, and show what comes.")] = False,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Also what was read before.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Fetch and show new messages, and let their senders know that they were read.

    Examples: `havre read`, `havre read bob --all`, `havre read --follow --json`
    """
    run(lambda: _read(person, follow, everything, profile, as_json))


async def _read(query: str | None, follow: bool, everything: bool, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        settled = await me.settle(PATIENCE)
        for person in [me.person(query)] if query else me.people():
            await _show(me, person, everything, as_json)
        if follow:
            await _follow(me, query, as_json)
        else:
            check_settled(settled)
            check_settled(await me.settle(PATIENCE))


async def _show(me: Havre, person: Person, everything: bool, as_json: bool) -> None:
    for message in me.messages(person):
        if everything or message.unread:
            _print(message, as_json)
    await me.mark_read(person)


async def _follow(me: Havre, query: str | None, as_json: bool) -> None:
    wanted = me.person(query).id if query else None
    async for event in me.events():
        match event:
            case MessageArrived(message) if wanted in (None, message.person) and not message.mine:
                _print(message, as_json)
                await me.mark_read(me.person(message.person))
            case Problem(sentence):
                complain(sentence)
            case _:
                pass


def _print(message: Message, as_json: bool) -> None:
    if as_json:
        emit(message_json(message))
    else:
        say(message_line(message))
