"""`havre poll CHAT QUESTION OPTION...`"""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.sending import chat_to_write_in, report
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile, opened, run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("poll")(poll)


def poll(
    to: Annotated[str, typer.Argument(metavar="CHAT", help="Whom to ask.")],
    question: Annotated[str, typer.Argument(help="The question.")],
    options: Annotated[list[str], typer.Argument(metavar="OPTION...", help="2 to 12 answers to choose from.")],
    multiple: Annotated[bool, typer.Option("--multiple", help="One may choose several.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Ask a question; `havre message vote` answers it, `havre message close` ends it.

    Example: `havre poll bob "Where do we eat?" "At home" "At the harbour"`
    """
    run(lambda: _poll(to, question, options, multiple, profile, as_json))


async def _poll(query: str, question: str, options: list[str], multiple: bool, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        chat = await chat_to_write_in(me, query)
        await report(me, await me.send_poll(chat, question, options, multiple), as_json)
