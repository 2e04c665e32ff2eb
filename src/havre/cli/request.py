"""`havre request`: strangers who want to talk to me."""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.rendering import person_json
from havre.cli.screen import OUT, clock, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.client.api import Request

app = typer.Typer(help="Let strangers in, or not. They are never told what you decide.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="What they call themselves, or the beginning of their fingerprint.")]


@app.command("list")
def list_(profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """List those who want to talk to you.

    Their names are what they say of themselves. Until you accept, nothing is sent to them or to their relay.

    Examples: `havre request list`, `havre request list --json`
    """
    run(lambda: _list(profile, as_json))


async def _list(profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        found = me.contacts.requests()
    for request in found:
        if as_json:
            emit(_json(request))
        else:
            who = f"[bold]{quoted(request.name) or '(no name)'}[/] \\[{request.fingerprint}]"
            OUT.print(f"{clock(request.at)}  {who} at {quoted(request.relay)}")
    if not found and not as_json:
        say("Nobody is waiting.")


@app.command()
def accept(who: Who, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Let somebody in, and read what they wrote.

    Examples: `havre request accept alice`, `havre request accept 3f5a`
    """
    run(lambda: _accept(who, profile, as_json))


async def _accept(who: str, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        person = await me.contacts.accept(me.contacts.request(who))
        check_settled(await me.settle(PATIENCE))
        person = me.person(person.id)
    if as_json:
        emit(person_json(person))
    else:
        say(f"[bold]{quoted(person.name)}[/] is among your people; `havre read` shows what they wrote.")


@app.command()
def decline(
    who: Who,
    block: Annotated[bool, typer.Option("--block", help="Hear nothing of them in the future.")] = False,
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Forget a request; later ones from the same account are dropped in silence.

    Examples: `havre request decline mallory`, `havre request decline 3f5a --block`
    """
    run(lambda: _decline(who, block, profile))


async def _decline(who: str, block: bool, profile: str) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        await me.contacts.decline(me.contacts.request(who), block)
    say("Forgotten. They are not told.")


def _json(request: Request) -> dict[str, object]:
    return {
        "name": request.name,
        "account": request.account_id,
        "fingerprint": request.fingerprint,
        "relay": request.relay,
        "kind": request.kind,
        "at": request.at,
    }
