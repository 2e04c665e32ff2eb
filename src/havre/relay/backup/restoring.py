"""Puts a backup into an empty folder, as a relay that knows that it has forgotten something.

What was acknowledged after the backup is lost, and clients have seen it. So that nothing is mistaken for it:

    cursors            jump: no number that may have been given out after the backup is given out again
    commits            a fence among the lost numbers is good once: who names it has seen a commit that is lost
    one-time packages  are dropped: some have been handed out since, and none may be handed out twice
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from havre.relay.backup.checking import Found, check_backup
from havre.relay.backup.contents import BackupError, check_empty, copy_folder, sync_folder
from havre.relay.data_folder import BLOBS, CONFIG, RESTORING, STORE, FolderError, FolderLock
from havre.relay.store import layout
from havre.relay.store import operations as op
from havre.relay.store.base import StoreError
from havre.relay.store.rows import BlobRow, Stock, Tail
from havre.relay.store.tables import Tables

JUMP: Final = 2**32
"""More entries than a queue gets between a backup and its restoration; 2^31 restorations fit into a cursor."""
RESTORED: Final = b"restored"


def restore_backup(backup: Path, data: Path) -> Found:
    """Restore a backup into a folder that is empty or not there, and return what it holds; raises BackupError."""
    found = check_backup(backup)
    check_empty(data)
    try:
        with FolderLock(data):
            (data / RESTORING).touch(mode=0o600)
            sync_folder(data)
            _copy(backup, data)
            _forget_what_was_lost(data / STORE, found)
            (data / RESTORING).unlink()
            sync_folder(data)
    except (StoreError, FolderError) as error:
        raise BackupError(str(error)) from None
    except OSError as error:
        raise BackupError(f"{data} cannot be written: {error.strerror}; empty it before you try again") from None
    return found


def _copy(backup: Path, data: Path) -> None:
    for name in (STORE, BLOBS, CONFIG):
        if (backup / name).is_dir():
            copy_folder(backup / name, data / name)
            (data / name).chmod(0o700)


def _forget_what_was_lost(store: Path, found: Found) -> None:
    tables = Tables(store, to_write=True)
    try:
        tables.apply(_changes(tables, set(found.unfinished)))
        times = int(tables.fact(RESTORED) or b"0") + 1
        tables.set_fact(RESTORED, str(times).encode())
    finally:
        tables.close()


def _changes(tables: Tables, unfinished: set[bytes]) -> Iterator[op.Operation]:
    for letter in (layout.TAIL, layout.STOCK, layout.PACKAGE, layout.BLOB):
        for _, key, value in tables.rows(letter):
            yield from _CHANGE[letter](key[1:], value, unfinished)


def _jump(queue: bytes, tail: Tail, _: object) -> Iterator[op.Operation]:
    last = tail.last + JUMP
    is_open = tail.lost_through > 0 and tail.commit <= tail.lost_after
    lost_after = tail.lost_after if is_open else tail.last
    yield op.SetTail(queue, Tail(last, tail.commit, tail.floor, lost_after, last, tail.stretches))


def _empty_stock(name: bytes, stock: Stock, _: object) -> Iterator[op.Operation]:
    yield op.SetStock(name[:32], name[32:], Stock(stock.next, stock.next))


def _drop_package(name: bytes, _: object, __: object) -> Iterator[op.Operation]:
    yield op.DropPackage(name[:32], name[32:48], int.from_bytes(name[48:], "big"))


def _drop_unfinished(blob: bytes, row: BlobRow, unfinished: set[bytes]) -> Iterator[op.Operation]:
    if blob in unfinished:
        yield op.DropBlob(blob, row.expires)


_CHANGE: Final[dict[bytes, Any]] = {
    layout.TAIL: _jump,
    layout.STOCK: _empty_stock,
    layout.PACKAGE: _drop_package,
    layout.BLOB: _drop_unfinished,
}
