"""`havre backup FILE` and `havre restore FILE`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from havre.cli.places import backup_passphrase, new_key, profile_folder
from havre.cli.screen import OUT, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, opened, run
from havre.client.api import Havre
from havre.client.errors import ProfileExists


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; there must be none of this name.")],
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Choose a passphrase, rather than be given a recovery key.")
    ] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Write everything into one encrypted file: account, people, chats, messages.

    Without `--passphrase` it opens by a recovery key of 64 characters, which is shown once. Write it down.

    Examples: `havre backup /media/stick/havre.backup`, `havre backup havre.backup --passphrase`
    """
    run(lambda: _backup(file, passphrase, profile, as_json))


async def _backup(file: Path, passphrase: bool, profile: str, as_json: bool) -> None:
    secret = backup_passphrase(confirm=True) if passphrase else None
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        shown = await me.backup.write(file, secret)
        settled = await me.settle(PATIENCE)  # the groups must know by which key it comes back
    if as_json:
        emit({"path": str(file), "recovery_key": shown})
        return
    say(f"Written and read again: {quoted(str(file))}")
    if shown:
        say("It opens by this recovery key alone, which is kept nowhere. Write it down:\n")
        for line in _lines(shown):
            OUT.print(f"    {line}")
    if not settled.done:
        say("A relay is away: groups there learn with the next command by which key they let it back in.")


def _lines(key: str) -> list[str]:
    groups = key.split()
    return ["  ".join(groups[start : start + 4]) for start in range(0, len(groups), 4)]


def restore(
    file: Annotated[Path, typer.Argument(help="A backup that `havre backup` has written.")],
    recovery_key: Annotated[
        bool, typer.Option("--recovery-key", help="It opens by a recovery key, not by a passphrase.")
    ] = False,
    keyring: Annotated[bool, typer.Option("--keyring", help="Open the new vault by the system's keyring.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Make a new installation of a backup, in a profile in which nobody has signed up.

    It takes the place of the device that was backed up, which is out of the account from then on.

    Examples: `havre restore havre.backup`, `havre restore havre.backup --recovery-key --profile new`
    """
    run(lambda: _restore(file, recovery_key, keyring, profile, as_json))


async def _restore(file: Path, recovery_key: bool, keyring: bool, profile: str, as_json: bool) -> None:
    folder = profile_folder(profile)
    if Havre.exists(folder):
        raise ProfileExists(str(folder))
    secret = backup_passphrase(confirm=False, recovery_key=recovery_key)
    async with Havre.restore(folder, new_key(keyring), file, secret) as me:
        await me.settle(PATIENCE)
        account, people = me.account, me.people()
    if as_json:
        emit({"name": account.name, "account": account.account_id, "relay": account.relay, "people": len(people)})
        return
    say(f"[bold]{quoted(account.name)}[/] is back, with {len(people)} people.")
