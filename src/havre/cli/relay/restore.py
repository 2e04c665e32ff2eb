"""`havre relay restore`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from havre.cli.relay.asking import Json
from havre.cli.relay.backup import counts, in_words
from havre.cli.screen import CannotGoOn, clock, emit, quoted, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("restore")(restore)


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `havre relay backup` made.")],
    data: Annotated[Path, typer.Option(help="The new data folder: empty, or not there yet.")],
    as_json: Json = False,
) -> None:
    """Put a backup into an empty data folder. What came after the backup is lost; docs/operating.md says what follows.

    Example: `havre relay restore /srv/backups/monday --data /srv/havre`
    """
    from havre.relay.backup.contents import BackupError
    from havre.relay.backup.restoring import restore_backup

    try:
        found = restore_backup(folder, data)
    except BackupError as error:
        raise CannotGoOn(f"Nothing can be restored: {error}.") from None
    if as_json:
        emit({"ok": True, "data": str(data), **counts(found)})
    else:
        say(quoted(f"{data} is as it was at {clock(found.at * 1000)}: {in_words(found)}. Start the relay on it."))
