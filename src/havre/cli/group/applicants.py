"""`havre group waiting`, `approve` and `refuse`: those who ask to be let into a group."""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.group.groups import GroupName, changed
from havre.cli.screen import OUT, clock, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, opened, run
from havre.client.api import Applicant, Chat, Havre

Who = Annotated[
    str, typer.Argument(metavar="PERSON", help="What they call themselves, or the beginning of their fingerprint.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to those about groups."""
    for command in (waiting, approve, refuse):
        app.command()(command)


def waiting(group: GroupName, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """List those who ask to be let into a group. Their names are what they say of themselves.

    Examples: `havre group waiting Choir`, `havre group waiting Choir --json`
    """
    run(lambda: _waiting(group, profile, as_json))


async def _waiting(query: str, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        found = me.groups.applicants(me.chat(query))
    for one in found:
        if as_json:
            emit(_json(one))
        else:
            OUT.print(f"{clock(one.at)}  [bold]{quoted(one.name) or '(no name)'}[/] \\[{one.fingerprint}]")
    if not found and not as_json:
        say("Nobody is waiting.")


def approve(group: GroupName, person: Who, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Let somebody in who has asked.

    Examples: `havre group approve Choir dave`, `havre group approve Choir 3f5a`
    """

    async def do(me: Havre) -> Chat:
        return await me.groups.approve(me.groups.applicant(me.chat(group), person))

    run(lambda: changed(do, profile, as_json))


def refuse(group: GroupName, person: Who, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Tell somebody who has asked no; they may ask again.

    Example: `havre group refuse Choir mallory`
    """

    async def do(me: Havre) -> Chat:
        return await me.groups.refuse(me.groups.applicant(me.chat(group), person))

    run(lambda: changed(do, profile, as_json))


def _json(applicant: Applicant) -> dict[str, object]:
    return {
        "name": applicant.name,
        "account": applicant.id,
        "fingerprint": applicant.fingerprint,
        "at": applicant.at,
    }
