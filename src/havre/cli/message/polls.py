"""`havre message vote`, `close`."""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.references import Reference, doing
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile, run
from havre.client.api import Havre, Message


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(vote)
    app.command()(close)


def vote(
    message: Reference,
    options: Annotated[
        list[int] | None, typer.Argument(metavar="NUMBER...", help="Options, from 1; none: no vote.")
    ] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Vote in a poll, in place of what you chose before.

    Example: `havre message vote bob 2`
    """

    async def do(me: Havre, found: Message) -> Message:
        return await me.vote(found, options or [])

    run(lambda: doing(message, do, profile, as_json))


def close(message: Reference, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """End a poll of yours; later votes do not count.

    Example: `havre message close bob`
    """

    async def do(me: Havre, found: Message) -> Message:
        return await me.close_poll(found)

    run(lambda: doing(message, do, profile, as_json))
