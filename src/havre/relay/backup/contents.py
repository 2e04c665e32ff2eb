"""What a backup says of itself, and how its files are written so that they last."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

NOTE: Final = "backup.json"
FORMAT: Final = 1


class BackupError(Exception):
    """A backup cannot be made, is not sound, or cannot be restored; the message is one sentence without a full stop."""


class Note(msgspec.Struct, frozen=True):
    """What is in a backup; times in seconds."""

    format: int
    at: int
    blobs: int
    version: str


def read_note(folder: Path) -> Note:
    """Return what a backup says of itself; raises BackupError."""
    try:
        note = msgspec.json.decode((folder / NOTE).read_bytes(), type=Note)
    except FileNotFoundError:
        raise BackupError(f"{folder} holds no backup, or one that was not finished") from None
    except (OSError, msgspec.DecodeError) as error:
        raise BackupError(f"{folder / NOTE} cannot be read: {error}") from None
    if note.format != FORMAT:
        raise BackupError(f"{folder} was made by another version of Havre ({note.version})")
    return note


def write_note(folder: Path, note: Note) -> None:
    """Say that a backup is complete; raises OSError."""
    path = folder / NOTE
    with path.open("wb") as file:
        file.write(msgspec.json.encode(note))
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)


def check_empty(folder: Path) -> None:
    """Raise BackupError unless a folder is not there, or empty."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise BackupError(f"{folder} is not empty; name a new folder")
    except OSError as error:
        raise BackupError(f"{folder} cannot be used: {error.strerror}") from None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file so that it lasts; raises OSError."""
    with source.open("rb", buffering=0) as old, target.open("xb", buffering=0) as new:
        while data := old.read(1024 * 1024):
            new.write(data)
        os.fsync(new.fileno())


def copy_folder(source: Path, target: Path) -> int:
    """Copy a folder with all that is in it so that it lasts, and return how many files there were; raises OSError."""
    target.mkdir(exist_ok=True)
    count = 0
    for entry in sorted(source.iterdir()):
        if entry.is_dir():
            count += copy_folder(entry, target / entry.name)
        else:
            copy_file(entry, target / entry.name)
            count += 1
    sync_folder(target)
    return count
