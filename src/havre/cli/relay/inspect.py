"""`havre relay inspect`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from havre.cli.relay.asking import Data, File, Json, NobodyThere, ask, data_folder
from havre.cli.screen import CannotGoOn, emit, quoted, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("inspect")(inspect)


def inspect(
    name: Annotated[
        str, typer.Argument(metavar="ACCOUNT|QUEUE", help="An account's, a queue's or a file's id in hex.")
    ],
    data: Data = None,
    config: File = None,
    as_json: Json = False,
) -> None:
    """Tell all that a relay holds about an account, a queue or a file, running or stopped, in words.

    Example: `havre relay inspect 4f1c...e2 --data /srv/havre`
    """
    holdings = _holdings(data_folder(data, config), name)
    if as_json:
        emit({"ok": True, "id": name, "holdings": holdings})
        return
    if not holdings:
        say(quoted(f"This relay holds nothing about {name}."))
    for one in holdings:
        _show(one)


def _show(one: dict[str, Any]) -> None:
    say(f"[bold]{quoted(one['title'])}[/bold]")
    for line in one["lines"]:
        say(quoted(f"  {line}"))
    say(f"  [dim]why: {quoted(one['why'])}[/dim]")
    say(f"  [dim]how long: {quoted(one['kept'])}[/dim]")
    say(f"  [dim]who can read it: {quoted(one['readers'])}[/dim]")


def _holdings(folder: Path, name: str) -> list[dict[str, Any]]:
    from havre.relay.admin.requests import Inspect

    try:
        found: list[dict[str, Any]] = ask(folder, Inspect(name)).facts["holdings"]
    except NobodyThere:
        found = _from_stopped(folder, name)
    return found


def _from_stopped(folder: Path, name: str) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from havre.relay.data_folder import STORE, FolderError, FolderLock
    from havre.relay.privacy.holdings import NoIdError, find_holdings
    from havre.relay.store.base import StoreError
    from havre.relay.store.tables import Tables

    if not (folder / STORE).is_dir():
        raise NobodyThere(f"There is no relay's folder at {folder}; name it with --data.")
    try:
        with FolderLock(folder, make=False):
            tables = Tables(folder / STORE)
            try:
                return [asdict(one) for one in find_holdings(tables, name, lambda queue: 0)]
            finally:
                tables.close()
    except (FolderError, StoreError, NoIdError) as error:
        raise CannotGoOn(f"It cannot be looked at: {error}.") from None
