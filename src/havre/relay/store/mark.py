"""What a store's folder held when it was last looked at, so that files which have lost their end are noticed.

RocksDB takes a manifest or a log whose end is missing for an older state, and opens it without a word: nothing in
these files says how long they were. A small file beside them does. It holds what can only grow (the number of the last
change, the manifest's number and size) and, after an orderly stop, the sizes of all files.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from havre.relay.store.base import StoreDamagedError

MARK: Final = "mark.json"
_KINDS: Final = ("*.sst", "*.log", "MANIFEST-*", "CURRENT")
_MANIFEST: Final = "MANIFEST-"


class Mark(msgspec.Struct, frozen=True):
    """The least that a folder holds; sizes in bytes."""

    sequence: int
    manifest: int
    manifest_bytes: int
    files: dict[str, int] = {}
    """After an orderly stop: all files, of which none has changed since."""


def look(folder: Path, sequence: int, *, is_whole: bool) -> Mark:
    """Return what a folder holds of which `sequence` is the last change; `is_whole`: nobody writes there any more."""
    path = folder / _current(folder)
    size = path.stat().st_size
    with path.open("rb") as manifest:
        os.fsync(manifest.fileno())  # what is said here must be true after a loss of power, too
    return Mark(sequence, _number(path.name), size, _files(folder) if is_whole else {})


def write_mark(folder: Path, mark: Mark) -> None:
    """Keep a mark so that it lasts; raises OSError."""
    part = folder / f"{MARK}.part"
    with part.open("wb") as file:
        file.write(msgspec.json.encode(mark))
        file.flush()
        os.fsync(file.fileno())
    part.rename(folder / MARK)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_mark(folder: Path) -> Mark | None:
    """Return the mark of a folder; None: there is none. Raises StoreDamagedError, OSError."""
    try:
        return msgspec.json.decode((folder / MARK).read_bytes(), type=Mark)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError:
        raise StoreDamagedError(_sentence(folder, f"{MARK} cannot be read")) from None


def check_files(folder: Path, mark: Mark) -> None:
    """Raise StoreDamagedError when files are missing or shorter than they were."""
    for name, size in mark.files.items():
        path = folder / name
        if not path.exists():
            raise StoreDamagedError(_sentence(folder, f"{name} is missing"))
        if path.stat().st_size < size:
            raise StoreDamagedError(_sentence(folder, f"{name} has lost its end"))
    with suppress(OSError, ValueError):  # RocksDB has more to say about a folder without a manifest
        path = folder / _current(folder)
        if (_number(path.name), path.stat().st_size) < (mark.manifest, mark.manifest_bytes):
            raise StoreDamagedError(_sentence(folder, f"{path.name} has lost its end"))


def check_sequence(folder: Path, mark: Mark, sequence: int) -> None:
    """Raise StoreDamagedError when the last change of a folder that was opened is an older one than it had."""
    if sequence < mark.sequence:
        lost = mark.sequence - sequence
        raise StoreDamagedError(_sentence(folder, f"its last {lost} changes are missing"))


def loosen(folder: Path, mark: Mark) -> None:
    """Say that the files are about to change; raises OSError when even that cannot be written."""
    try:
        write_mark(folder, msgspec.structs.replace(mark, files={}))
    except OSError:
        (folder / MARK).unlink()  # a full disk can still forget


def _current(folder: Path) -> str:
    return (folder / "CURRENT").read_text().strip()


def _number(name: str) -> int:
    return int(name.removeprefix(_MANIFEST))


def _files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for kind in _KINDS for path in folder.glob(kind)}


def _sentence(folder: Path, finding: str) -> str:
    return f"the store in {folder} is damaged ({finding}); restore a backup"
