"""`havre signup NAME`"""

from __future__ import annotations

from typing import Annotated, Final

import typer

from havre.cli.places import new_key, profile_folder
from havre.cli.screen import Passing, emit, quoted, say, time_words
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile, run
from havre.client.api import Havre, InLine
from havre.client.errors import ProfileExists

LOCAL_RELAY: Final = "http://127.0.0.1:8441"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("signup")(signup)


def signup(
    name: Annotated[str, typer.Argument(help="What people call you, and your user name at the relay.")],
    relay: Annotated[str, typer.Option(envvar="HAVRE_RELAY", help="The relay to be at home at.")] = LOCAL_RELAY,
    hidden: Annotated[bool, typer.Option("--no-user-name", help="Be found by contact link only.")] = False,
    keyring: Annotated[bool, typer.Option("--keyring", help="Open the vault by the system's keyring.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Make an account and the vault that holds it.

    No phone number, no e-mail: an account is a key. The relay learns the user name only as a slow hash. While very many
    people sign up you may have to wait in line; the line that you see says how long. Whoever interrupts the wait and
    comes back soon keeps the place.

    Examples: `havre signup alice`, `havre signup zoe --relay https://havre.example --profile work`
    """
    run(lambda: _signup(name, relay, hidden, keyring, profile, as_json))


async def _signup(name: str, relay: str, hidden: bool, keyring: bool, profile: str, as_json: bool) -> None:
    folder = profile_folder(profile)
    if Havre.exists(folder):
        raise ProfileExists(str(folder))
    key, user_name = new_key(keyring), None if hidden else name
    with Passing() as line:

        def show(place: InLine) -> None:
            if as_json:
                emit({"waiting": {"place": place.place, "seconds": round(place.wait)}})
            else:
                line.show(line_words(place))

        async with Havre.sign_up(folder, key, relay, name, user_name=user_name, waiting=show) as me:
            line.end()
            if as_json:
                emit({"name": me.account.name, "account": me.account.account_id, "relay": me.account.relay})
                return
            say(f"[bold]{quoted(me.account.name)}[/] has an account at {quoted(me.account.relay)}.")
            say("`havre link` shows the link by which people find you; `havre add LINK` finds them.")


def line_words(line: InLine) -> str:
    """Return what somebody reads who waits in line."""
    if line.place is None:
        return f"Very many people are signing up, and the line is full. Trying again in {time_words(line.wait)}."
    if line.place == 0:
        return "It is your turn; the relay has its hands full for a moment."
    return f"You are number {line.place:,} in line, {time_words(line.wait)}."
