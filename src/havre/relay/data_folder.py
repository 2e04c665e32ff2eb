"""The folder that holds everything: made, and locked for one process as long as that lives."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

PORT_FILE: Final = "port"
SOCKET_FILE: Final = "admin.sock"
STORE: Final = "store"
BLOBS: Final = "blobs"
CONFIG: Final = "config"
RESTORING: Final = "restoring"
"""Lies in a folder into which a backup is being restored."""


class FolderError(Exception):
    """The folder cannot be used; the message says why in one sentence."""


class FolderBusyError(FolderError):
    """Another process has the folder."""


def check_whole(folder: Path) -> None:
    """Raise FolderError when a backup was restored into this folder, but not to the end."""
    if (folder / RESTORING).exists():
        raise FolderError(f"restoring a backup into {folder} was broken off; empty the folder and restore it again")


class FolderLock:
    """Holds a data folder from construction until `release`, or the end of the process; raises FolderError.

    The lock is on the folder itself, so that a disk which is full or takes no writes is no reason to do without.
    """

    def __init__(self, folder: Path, *, make: bool = True) -> None:
        try:
            if make:
                folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise FolderError(f"the folder {folder} cannot be written to: {error.strerror}") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise FolderBusyError(f"another relay has the folder {folder} open") from None

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Give the folder free; again is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
