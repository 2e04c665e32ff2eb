"""`havre relay reload`"""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.relay.asking import Data, File, Json, ask, data_folder, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reload")(reload)


def reload(
    within: Annotated[
        float | None,
        typer.Option(min=1, max=86400, help="Seconds to confirm in. [default: the setting confirm_seconds]"),
    ] = None,
    data: Data = None,
    config: File = None,
    as_json: Json = False,
) -> None:
    """Have the running relay apply its file; it is taken back unless `havre relay confirm` comes in time.

    Examples: `havre relay reload --data /srv/havre`, `havre relay reload --within 60 --data /srv/havre`
    """
    from havre.relay.admin.requests import Reload

    show(ask(data_folder(data, config), Reload(within)), as_json)
