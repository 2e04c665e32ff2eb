"""`havre signup NAME`"""

from __future__ import annotations

from typing import Annotated, Final

import typer

from havre.cli.places import new_key, profile_folder
from havre.cli.screen import emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile, run
from havre.client.api import Havre
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

    No phone number, no e-mail: an account is a key. The relay learns the user name only as a slow hash.

    Examples: `havre signup alice`, `havre signup zoe --relay https://havre.example --profile work`
    """
    run(lambda: _signup(name, relay, hidden, keyring, profile, as_json))


async def _signup(name: str, relay: str, hidden: bool, keyring: bool, profile: str, as_json: bool) -> None:
    folder = profile_folder(profile)
    if Havre.exists(folder):
        raise ProfileExists(str(folder))
    async with Havre.sign_up(folder, new_key(keyring), relay, name, user_name=None if hidden else name) as me:
        if as_json:
            emit({"name": me.account.name, "account": me.account.account_id, "relay": me.account.relay})
            return
        say(f"[bold]{quoted(me.account.name)}[/] has an account at {quoted(me.account.relay)}.")
        say("`havre link` shows the link by which people find you; `havre add LINK` finds them.")
