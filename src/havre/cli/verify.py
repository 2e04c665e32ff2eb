"""`havre verify PERSON`"""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.screen import OUT, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile, opened, run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify)


def verify(
    person: Annotated[str, typer.Argument(help="Whom to make sure of.")],
    matches: Annotated[bool, typer.Option("--matches", help="We compared it, and it is the same.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Show the safety number that both of you see when nobody is in between.

    Compare it face to face or on the telephone, then say `--matches`.

    Examples: `havre verify bob`, `havre verify bob --matches`
    """
    run(lambda: _verify(person, matches, profile, as_json))


async def _verify(query: str, matches: bool, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        person = me.person(query)
        number = me.safety_number(person)
        if matches:
            person = await me.set_verified(person, True)
    if as_json:
        emit({"person": person.name, "safety_number": str(number), "verified": person.verified})
        return
    say(f"The safety number of you and [bold]{quoted(person.name)}[/]:\n")
    for start in range(0, len(number.groups), 4):
        OUT.print("    " + "  ".join(number.groups[start : start + 4]))
    say("\n" + ("Compared, and the same." if person.verified else "Not compared yet; `--matches` once you have."))
