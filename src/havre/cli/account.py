"""`havre account delete`"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from havre.cli.screen import WrongUsage, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, Profile, opened, run

app = typer.Typer(help="Your account itself.", no_args_is_help=True)


@app.callback()
def account() -> None:
    """Your account itself."""


@app.command()
def delete(
    name: Annotated[str | None, typer.Option("--yes-delete", help="Your name, in place of being asked for it.")] = None,
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Delete your account for good: at the relay and on this device.

    You leave your groups, the relay forgets your account, your user name, your key packages and your inbox, and the
    vault is destroyed.
    People keep what they have received. Only a backup could bring the account back.

    Examples: `havre account delete`, `havre account delete --yes-delete alice`
    """
    run(lambda: _delete(name, profile))


async def _delete(name: str | None, profile: str) -> None:
    async with opened(profile) as me:
        own = me.account.name
        typed = _asked(own) if name is None else name
        if typed.strip() != own:
            raise WrongUsage(f"That is not your name ({own}); nothing was deleted.")
        await me.settle(PATIENCE)
        await me.delete_account()
    say(f"The account of [bold]{quoted(own)}[/] is gone, and so is its vault.")


def _asked(own: str) -> str:
    if not sys.stdin.isatty():
        raise WrongUsage("There is no terminal to ask on; say `--yes-delete` and your name.")
    return str(typer.prompt(f"Type your name ({own}) to delete this account for good", err=True))
