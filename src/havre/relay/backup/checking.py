"""Checks a backup: every row is read, with the checksums beneath it, and what rows say of each other must hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from havre.relay.backup.contents import BackupError, read_note
from havre.relay.data_folder import BLOBS, STORE
from havre.relay.store import layout
from havre.relay.store.base import StoreError
from havre.relay.store.rows import BlobRow, Tail
from havre.relay.store.tables import Tables

EVERY = 10_000
"""Rows between two reports of how far it is."""


class Found(msgspec.Struct):
    """What a backup holds."""

    at: int = 0
    queues: int = 0
    entries: int = 0
    accounts: int = 0
    blobs: int = 0
    unfinished: list[bytes] = []
    """Blobs whose bytes were deleted while the backup was made."""


def check_backup(folder: Path, tell: Callable[[int], None] = lambda rows: None) -> Found:
    """Return what a backup holds; raises BackupError when it is not sound. `tell` hears how many rows are done."""
    found = Found(at=read_note(folder).at)
    try:
        tables = Tables(folder / STORE)
        try:
            for number, (table, key, value) in enumerate(tables.rows()):
                _count(found, folder, table.letter, key, value)
                if number % EVERY == 0:
                    tell(number)
            _check_entries(tables)
        finally:
            tables.close()
    except StoreError as error:
        raise BackupError(str(error)) from None
    return found


def _count(found: Found, folder: Path, letter: bytes, key: bytes, value: object) -> None:
    if letter == layout.TAIL:
        found.queues += 1
    elif letter == layout.ENTRY:
        found.entries += 1
    elif letter == layout.ACCOUNT:
        found.accounts += 1
    elif letter == layout.BLOB and isinstance(value, BlobRow):
        found.blobs += 1
        _check_blob(found, folder, key[1:], value)


def _check_blob(found: Found, folder: Path, blob: bytes, row: BlobRow) -> None:
    name = blob.hex()
    path = folder / BLOBS / name[:2] / name
    size = path.stat().st_size if path.exists() else -1
    if size < 0 and row.offset:
        found.unfinished.append(blob)
    elif size < row.offset:
        raise BackupError(f"{path} has {size} bytes, and {row.offset} were acknowledged")


def _check_entries(tables: Tables) -> None:
    """No entry may have a cursor that its queue has not given out; both tables are in the order of their queues."""
    tails = ((key[1:], value) for _, key, value in tables.rows(layout.TAIL))
    queue, tail = next(tails, (b"", Tail()))
    for _, key, _ in tables.rows(layout.ENTRY):
        owner, cursor = key[1:17], int.from_bytes(key[17:], "big")
        while queue < owner:
            queue, tail = next(tails, (b"\xff" * 17, Tail()))
        if queue != owner or cursor > tail.last:
            raise BackupError("an entry stands behind the end of its queue")
