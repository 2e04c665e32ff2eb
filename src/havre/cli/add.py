"""`havre add LINK`"""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.rendering import person_json
from havre.cli.screen import emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("add")(add)


def add(
    link: Annotated[str, typer.Argument(help="A contact link (havre://...), or a user name at your relay.")],
    name: Annotated[str | None, typer.Option(help="What you want to call this person.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Find a person by contact link or user name, and begin a conversation.

    A link is safer than a name: it carries the person's fingerprint, so that the relay cannot answer with another key.

    Examples: `havre add "havre://havre.example/abc..."`, `havre add bob --name "Bob (football)"`
    """
    run(lambda: _add(link, name, profile, as_json))


async def _add(link: str, name: str | None, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        person = await me.add(link, name)
        check_settled(await me.settle(PATIENCE))
        if as_json:
            emit(person_json(person))
            return
        say(f"[bold]{quoted(person.name)}[/] is among your people; compare `havre verify` to be sure of each other.")
