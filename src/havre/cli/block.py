"""`havre block PERSON`, `havre unblock PERSON` and `havre blocked`"""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.screen import OUT, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile, opened, run


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("block")(block)
    app.command("unblock")(unblock)
    app.command("blocked")(blocked)


def block(
    person: Annotated[str, typer.Argument(help="A name, or the beginning of a fingerprint.")],
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Hear nothing more of a person: no requests, no direct messages. They are not told.

    Examples: `havre block mallory`
    """
    run(lambda: _block(person, profile))


async def _block(query: str, profile: str) -> None:
    async with opened(profile) as me:
        person = me.person(query)
        await me.contacts.block(person)
    say(f"[bold]{quoted(person.name)}[/] is blocked, and does not learn of it.")


def unblock(
    person: Annotated[str, typer.Argument(help="A name, or the beginning of a fingerprint; `havre blocked` lists.")],
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Let somebody be heard again whom you blocked or declined.

    What they said in the meantime is not brought back.

    Examples: `havre unblock mallory`
    """
    run(lambda: _unblock(person, profile))


async def _unblock(query: str, profile: str) -> None:
    async with opened(profile) as me:
        await me.contacts.unblock(query)
    say("They can be heard again.")


def blocked(profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """List those whom you declined or blocked.

    Examples: `havre blocked`, `havre blocked --json`
    """
    run(lambda: _blocked(profile, as_json))


async def _blocked(profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        found = me.contacts.refused()
    for one in found:
        if as_json:
            emit({"name": one.name, "account": one.account_id, "blocked": one.blocked})
        else:
            how = "blocked" if one.blocked else "declined"
            OUT.print(f"{quoted(one.name) or '(no name)'} \\[{one.account_id[:4]}-{one.account_id[4:8]}]  {how}")
    if not found and not as_json:
        say("Nobody.")
