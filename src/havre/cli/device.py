"""`havre device`: the devices of an account."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from havre.cli.link import qr
from havre.cli.places import new_key, profile_folder
from havre.cli.screen import OUT, WrongUsage, clock, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.cli.signup import LOCAL_RELAY
from havre.client.api import Candidate, Havre
from havre.client.errors import ProfileExists

app = typer.Typer(help="Your devices: link, list, name and revoke them.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(help="A device's name, or the beginning of its id.")]


@app.command()
def link(
    relay: Annotated[str, typer.Option(envvar="HAVRE_RELAY", help="Where the two devices meet.")] = LOCAL_RELAY,
    name: Annotated[str | None, typer.Option(help="What to call this device.")] = None,
    keyring: Annotated[bool, typer.Option("--keyring", help="Open the vault by the system's keyring.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Make this a device of an account that you have on another one.

    It shows a code, which you give to the other device with `havre device add`, and waits.

    Examples: `havre device link`, `havre device link --relay https://havre.example --name "Laptop"`
    """
    run(lambda: _link(relay, name, keyring, profile, as_json))


async def _link(relay: str, name: str | None, keyring: bool, profile: str, as_json: bool) -> None:
    folder = profile_folder(profile)
    if Havre.exists(folder):
        raise ProfileExists(str(folder))
    key, new = new_key(keyring), Havre.new_device(relay, name)
    if as_json:
        emit({"code": new.text, "number": new.number})
        sys.stdout.flush()
    else:
        if sys.stdout.isatty():
            OUT.print(qr(new.text), markup=False)
        OUT.print(new.text, markup=False, soft_wrap=True)
        say(f"Give this to your other device: `havre device add CODE`. It must show the number [bold]{new.number}[/].")
    async with Havre.join_account(folder, key, new) as me:
        await me.settle(PATIENCE)
        account, people = me.account, me.people()
    if as_json:
        emit({"name": account.name, "account": account.account_id, "device": account.device, "people": len(people)})
        return
    say(
        f"This is a device of [bold]{quoted(account.name)}[/] now ({account.account_id[:4]}-{account.account_id[4:8]})."
    )


@app.command()
def add(
    code: Annotated[str, typer.Argument(help="What the new device shows (havre-device://...).")],
    history: Annotated[bool, typer.Option("--history/--no-history", help="Hand over what was said so far.")] = True,
    may_link: Annotated[
        bool, typer.Option("--may-link", help="Hand over the account's key: it may then link and revoke devices, too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="The numbers are the same; do not ask.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Take a new device into your account, once both show the same number.

    Examples: `havre device add "havre-device://..."`, `havre device add "havre-device://..." --no-history`
    """
    run(lambda: _add(code, history, may_link, yes, profile, as_json))


async def _add(code: str, history: bool, may_link: bool, yes: bool, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        candidate = await me.devices.read_code(code)
        if not yes:
            _confirm(candidate)
        device = await me.devices.link(candidate, history=history, may_link=may_link)
        check_settled(await me.settle(PATIENCE))
    if as_json:
        emit({"device": device.id, "name": device.name, "number": candidate.number})
        return
    say(f"[bold]{quoted(device.name)}[/] is one of your devices now.")


def _confirm(candidate: Candidate) -> None:
    if not sys.stdin.isatty():
        raise WrongUsage("There is no terminal to ask on; say `--yes` once you have compared the numbers.")
    question = f"{candidate.name} wants to be linked. Does it show the number {candidate.number}?"
    if not typer.confirm(question, err=True):
        raise WrongUsage("Nothing was linked. Begin again on the new device.")


@app.command("list")
def list_(profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """List the devices of your account.

    Examples: `havre device list`, `havre device list --json`
    """
    run(lambda: _list(profile, as_json))


async def _list(profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        found = me.devices.list()
    for device in found:
        if as_json:
            emit({"device": device.id, "name": device.name, "this": device.this, "linked_at": device.linked_at})
        else:
            here = "  (this one)" if device.this else ""
            since = clock(device.linked_at) if device.linked_at else ""
            OUT.print(f"{quoted(device.name)} \\[{device.id[:8]}] {since}{here}")


@app.command()
def rename(
    device: Which,
    name: Annotated[str, typer.Argument(help="What to call it.")],
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Call a device something.

    Examples: `havre device rename laptop "Old laptop"`
    """
    run(lambda: _rename(device, name, profile))


async def _rename(query: str, name: str, profile: str) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        device = await me.devices.rename(me.devices.device(query), name)
        await me.settle(PATIENCE)
    say(f"It is called [bold]{quoted(device.name)}[/] now.")


@app.command()
def revoke(device: Which, profile: Profile = DEFAULT_PROFILE) -> None:
    """Take a device out of your account: out of every conversation at once. It can do nothing more.

    Examples: `havre device revoke laptop`
    """
    run(lambda: _revoke(device, profile))


async def _revoke(query: str, profile: str) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        device = me.devices.device(query)
        await me.devices.revoke(device)
        check_settled(await me.settle(PATIENCE))
    say(f"[bold]{quoted(device.name)}[/] is out of your account.")
