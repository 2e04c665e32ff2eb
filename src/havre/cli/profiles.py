"""`havre profiles`"""

from __future__ import annotations

import typer

from havre.cli.places import profiles_folder
from havre.cli.screen import emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile
from havre.client.api import InstalledProfile, installed_profiles


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("profiles")(profiles)


def profiles(profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """List your accounts on this machine, and which of them a program has open.

    Each has a vault of its own; `havre signup --profile NAME` makes another, and `--profile NAME` chooses it in every
    command. An arrow marks the one that commands use if nothing is said.

    Examples: `havre profiles`, `havre profiles --json`
    """
    found = installed_profiles(profiles_folder())
    for one in found:
        if as_json:
            emit({"name": one.name, "chosen": one.name == profile, "open": one.open, "keyring": one.keyring})
        else:
            say(_line(one, chosen=one.name == profile))
    if not found and not as_json:
        say("Nobody has signed up on this machine yet. `havre signup` makes an account.")


def _line(one: InstalledProfile, chosen: bool) -> str:
    return f"{'→' if chosen else ' '} [bold]{quoted(one.name)}[/]{', open' if one.open else ''}"
