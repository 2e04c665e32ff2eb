"""Makes a backup of a relay that serves: a checkpoint of the store first, then the bytes of the files it knows.

Bytes are on disk before the store counts them and gone before it forgets them, so what the checkpoint counts is there,
but for files that were deleted in this very moment; `havre.relay.backup.checking` sees to those.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

from havre.relay.backup.contents import (
    FORMAT,
    BackupError,
    Note,
    check_empty,
    copy_file,
    copy_folder,
    sync_folder,
    write_note,
)
from havre.relay.data_folder import BLOBS, CONFIG, STORE
from havre.relay.store.base import StoreError

_NO_LINK: Final = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP)


class Checkpoints(Protocol):
    """A store that can be copied while it is used."""

    def checkpoint(self, folder: Path) -> None:
        """Write all that is stored at this moment into a new folder; raises StoreError."""


def make_backup(store: Checkpoints, data: Path, target: Path, at: int) -> Note:
    """Back a relay's folder up into a new one, of which nothing is left if that fails; raises BackupError."""
    check_empty(target)
    part = target.with_name(f"{target.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)  # what an earlier one left that did not come to its end
        part.mkdir(parents=True, mode=0o700)
        note = _fill(store, data, part, at)
        with suppress(FileNotFoundError):
            target.rmdir()
        part.rename(target)
        sync_folder(target.parent)
    except (StoreError, OSError) as error:
        shutil.rmtree(part, ignore_errors=True)
        words = str(error) if isinstance(error, StoreError) else f"{target} cannot be written: {error.strerror}"
        raise BackupError(words) from None
    return note


def _fill(store: Checkpoints, data: Path, part: Path, at: int) -> Note:
    store.checkpoint(part / STORE)
    sync_folder(part / STORE)
    blobs = _link_blobs(data / BLOBS, part / BLOBS)
    if (data / CONFIG).is_dir():
        copy_folder(data / CONFIG, part / CONFIG)
    note = Note(FORMAT, at, blobs, version("havre"))
    write_note(part, note)
    return note


def _link_blobs(source: Path, target: Path) -> int:
    target.mkdir()
    count = 0
    for folder in sorted(source.iterdir()):
        (target / folder.name).mkdir()
        for file in folder.iterdir():
            with suppress(FileNotFoundError):  # deleted meanwhile
                _link(file, target / folder.name / file.name)
                count += 1
        sync_folder(target / folder.name)
    sync_folder(target)
    return count


def _link(source: Path, target: Path) -> None:
    """Bytes that the store counts never change, so one copy serves both; another disk gets its own."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        copy_file(source, target)
