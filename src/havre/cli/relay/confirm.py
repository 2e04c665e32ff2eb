"""`havre relay confirm`"""

from __future__ import annotations

import typer

from havre.cli.relay.asking import Data, File, Json, ask, data_folder, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("confirm")(confirm)


def confirm(data: Data = None, config: File = None, as_json: Json = False) -> None:
    """Keep the configuration that is on trial.

    Example: `havre relay confirm --data /srv/havre`
    """
    from havre.relay.admin.requests import Confirm

    show(ask(data_folder(data, config), Confirm()), as_json)
