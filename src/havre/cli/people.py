"""`havre people`"""

from __future__ import annotations

import typer
from rich.table import Table

from havre.cli.rendering import person_json
from havre.cli.screen import OUT, clock, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, opened, run
from havre.client.api import Person


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("people")(people)


def people(profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """List the people you talk with, and how many of their messages you have not read.

    Examples: `havre people`, `havre people --json`
    """
    run(lambda: _people(profile, as_json))


async def _people(profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        found = me.people()
    if as_json:
        for person in found:
            emit(person_json(person))
    elif found:
        OUT.print(_table(found))
    else:
        say("Nobody yet. `havre link` shows your contact link, `havre add LINK` finds somebody by theirs.")


def _table(found: list[Person]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("Name", "Unread", "Last", "Fingerprint", "Checked"):
        table.add_column(heading)
    for person in found:
        table.add_row(
            quoted(person.name),
            str(person.unread or ""),
            clock(person.last.at) if person.last else "",
            person.fingerprint,
            "yes" if person.verified else "",
        )
    return table
