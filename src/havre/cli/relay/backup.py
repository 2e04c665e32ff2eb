"""`havre relay backup`"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from havre.cli.relay.asking import Data, File, Json, NobodyThere, ask, data_folder
from havre.cli.screen import CannotGoOn, emit, quoted, say

if TYPE_CHECKING:
    from havre.relay.backup.checking import Found

PATIENCE = 24 * 3600.0
"""Seconds that a backup may take: another disk gets copies."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backup")(backup)


def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder; on the same disk it costs next to no room.")],
    data: Data = None,
    config: File = None,
    as_json: Json = False,
) -> None:
    """Back a relay up, while it serves or stopped, into a new folder; then read all of it to see that it is sound.

    Example: `havre relay backup /srv/backups/monday --data /srv/havre`
    """
    from havre.relay.backup.checking import check_backup
    from havre.relay.backup.contents import BackupError

    target = folder.absolute()
    _make(data_folder(data, config), target)
    try:
        found = check_backup(target)
    except BackupError as error:
        raise CannotGoOn(f"The backup was made, but is not sound: {error}.") from None
    if as_json:
        emit({"ok": True, "folder": str(target), **counts(found)})
    else:
        say(quoted(f"{target} holds a sound backup: {in_words(found)}."))


def counts(found: Found) -> dict[str, int]:
    """Return what a backup holds, for a script."""
    return {
        "at": found.at,
        "queues": found.queues,
        "entries": found.entries,
        "accounts": found.accounts,
        "files": found.blobs,
    }


def in_words(found: Found) -> str:
    """Return what a backup holds, for a person."""
    return f"{found.queues} queues, {found.entries} entries, {found.accounts} accounts, {found.blobs} files"


def _make(data: Path, target: Path) -> None:
    from havre.relay.admin.requests import Backup

    try:
        ask(data, Backup(str(target)), PATIENCE)
    except NobodyThere:
        _make_stopped(data, target)


def _make_stopped(data: Path, target: Path) -> None:
    from havre.relay.backup.contents import BackupError
    from havre.relay.backup.making import make_backup
    from havre.relay.data_folder import STORE, FolderError, FolderLock, check_whole
    from havre.relay.store.base import StoreError
    from havre.relay.store.rocksdb import RocksStore

    if not (data / STORE).is_dir():
        raise NobodyThere(f"There is no relay's folder at {data}; name it with --data.")
    try:
        with FolderLock(data, make=False):
            check_whole(data)
            store = RocksStore(data / STORE)
            try:
                make_backup(store, data, target, int(time.time()))
            finally:
                store.close()
    except (BackupError, FolderError, StoreError) as error:
        raise CannotGoOn(f"No backup was made: {error}.") from None
