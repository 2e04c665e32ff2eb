"""`havre homes`: on which relays chats live, a second one for when the first is away, and moving."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from havre.cli.screen import OUT, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.client.api import Chat, Havre, Home, Homes

app = typer.Typer(help="Relays on which chats live: the first, and a second for when it is away.", no_args_is_help=True)

ChatName = Annotated[str, typer.Argument(metavar="CHAT", help="A person's or a group's name, or how its id begins.")]
Relay = Annotated[str, typer.Argument(metavar="RELAY", help="The address of another relay.")]


@app.command()
def show(
    chat: Annotated[str | None, typer.Argument(metavar="[CHAT]", help="Only this person's, or this group's.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Show where your account and your chats live, and which of these relays are there.

    Examples: `havre homes show`, `havre homes show bob`, `havre homes show --json`
    """
    run(lambda: _show(chat, profile, as_json))


async def _show(query: str | None, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        account = me.homes.account
        found = [me.homes.show(me.chat(query))] if query else me.homes.all()
    if as_json:
        for homes in found:
            emit(homes_json(homes))
        return
    if query is None:
        OUT.print(f"[bold]your account[/]  {_line(account)}")
    for homes in found:
        _print(homes)


@app.command()
def add(chat: ChatName, relay: Relay, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Give a chat a second home: messages go over it while the first is away. In groups admins may.

    Everybody in the chat connects to that relay from then on, which learns when they do, and not who they are.

    Examples: `havre homes add bob https://second.example`, `havre homes add Choir second.example`
    """

    async def do(me: Havre) -> Chat:
        return await me.homes.add(me.chat(chat), relay)

    run(lambda: _change(do, profile, as_json))


@app.command()
def remove(chat: ChatName, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Take a chat's second home away. In groups admins may.

    Example: `havre homes remove bob`
    """

    async def do(me: Havre) -> Chat:
        return await me.homes.remove(me.chat(chat))

    run(lambda: _change(do, profile, as_json))


@app.command()
def move(chat: ChatName, relay: Relay, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Have a chat live on another relay. In groups admins may.

    All that was said stays. A link into a group is closed, as it leads to the old relay; open a new one afterwards.

    Examples: `havre homes move bob https://other.example`, `havre homes move Choir other.example`
    """

    async def do(me: Havre) -> Chat:
        return await me.homes.move(me.chat(chat), relay)

    run(lambda: _change(do, profile, as_json))


async def _change(do: Callable[[Havre], Awaitable[Chat]], profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        chat = await do(me)
        settled = await me.settle(PATIENCE)
        found = me.homes.show(chat)
    check_settled(settled)
    emit(homes_json(found)) if as_json else _print(found)


def _print(homes: Homes) -> None:
    say(f"[bold]{quoted(homes.chat.title)}[/]  " + ", then ".join(_line(home) for home in homes.homes))


def _line(home: Home) -> str:
    return quoted(home.relay) + ("" if home.connected else " [dim](away)[/]")


def homes_json(homes: Homes) -> dict[str, object]:
    """Return the homes of a chat for `--json`."""
    return {
        "chat": homes.chat.id,
        "title": homes.chat.title,
        "homes": [{"relay": home.relay, "first": home.first, "connected": home.connected} for home in homes.homes],
    }
