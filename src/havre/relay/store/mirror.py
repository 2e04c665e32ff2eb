"""A folder of links to the files of a store, elsewhere: what a full or read-only disk can be read through.

rocksdict writes a file of its own beside the database even when it opens one only to read it. A mirror is locked as
long as its process lives, so that those of processes which were killed can be told from the others.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108  # the folder in it is made by mkdtemp
PREFIX: Final = "havre-relay-"
MOMENT: Final = 60.0
"""Seconds within which a new mirror is locked, however slow the machine."""
_OWN: Final = ("rocksdict-config.json", "LOCK")


@dataclass(frozen=True, slots=True)
class Mirror:
    """A folder of links, locked by a descriptor."""

    folder: Path
    lock: int


def make_mirror(folder: Path) -> Mirror:
    """Return a new mirror of all files of `folder`, in memory if the system offers that; raises OSError."""
    made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_place()))
    mirror = Mirror(made, os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    fcntl.flock(mirror.lock, fcntl.LOCK_EX)
    for file in folder.iterdir():
        if file.name not in _OWN and not file.name.startswith("LOG"):
            (made / file.name).symlink_to(file.resolve())
    return mirror


def drop_mirror(mirror: Mirror) -> None:
    """Forget the links; the files stay."""
    shutil.rmtree(mirror.folder, ignore_errors=True)
    os.close(mirror.lock)


def drop_leftovers() -> None:
    """Forget the links of those who were killed."""
    for left in (_place() or Path(tempfile.gettempdir())).glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, or one that is in use
            _drop_leftover(left)


def _drop_leftover(left: Path) -> None:
    if time.time() - left.stat().st_mtime < MOMENT:
        return
    lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left)
    finally:
        os.close(lock)


def _place() -> Path | None:
    return MEMORY if MEMORY.is_dir() else None
