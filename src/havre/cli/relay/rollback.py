"""`havre relay rollback`"""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.relay.asking import Data, File, Json, ask, data_folder, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rollback")(rollback)


def rollback(
    number: Annotated[int | None, typer.Argument(help="A kept configuration; `status --json` lists them.")] = None,
    data: Data = None,
    config: File = None,
    as_json: Json = False,
) -> None:
    """End a trial, or go back to an earlier configuration that was confirmed.

    Examples: `havre relay rollback --data /srv/havre`, `havre relay rollback 3 --data /srv/havre`
    """
    from havre.relay.admin.requests import Rollback

    show(ask(data_folder(data, config), Rollback(number)), as_json)
