"""One process a vault: an operating-system lock that is gone when the process is, however it ended."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from havre.client.errors import VaultBusy


class VaultLock:
    """Holds the lock from construction until `release`; raises VaultBusy when another process has it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            _lock(self._file)
        except OSError:
            os.close(self._file)
            raise VaultBusy(str(path.parent)) from None

    def release(self) -> None:
        """Give the vault free for another process; again is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def is_held(path: Path) -> bool:
    """Tell whether a process holds the lock; nothing is made where there is none."""
    if not path.exists():
        return False
    try:
        VaultLock(path).release()
    except VaultBusy:
        return True
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
