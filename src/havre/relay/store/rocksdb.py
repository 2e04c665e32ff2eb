"""The embedded store: one RocksDB folder, one synced write batch per transaction.

A write that fails leaves RocksDB refusing further ones until it is opened anew, and unsure whether the batch is in its
log. `recover` opens it anew, which settles both; on a disk that is still full it opens read-only, so that reads go on.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from rocksdict import (
    AccessType,
    BlockBasedOptions,
    Cache,
    DbClosedError,
    DBCompressionType,
    DBRecoveryMode,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteOptions,
)

from havre.relay.store import layout
from havre.relay.store.base import Page, StoreBusyError, StoreDamagedError, StoreError, StoreFullError
from havre.relay.store.operations import Operation
from havre.relay.store.rows import AccountRow, BlobRow, Head, Keys, Stock, StoredPackage, Tail, Tombstone
from havre.relay.store.writer import BatchWriter
from havre.wire.stream import Entry

T = TypeVar("T")

_DAMAGE: Final = ("orruption", "orrupted", "does not exist", "mismatch", "No such file")
"""Words in RocksDB's errors that mean that files are missing or hold something else than was written."""

SALT_KEY: Final = layout.META + b"salt"
SALT_BYTES: Final = 16
MEMTABLE_BYTES: Final = 64 * 1024 * 1024

_KEYS: Final = msgspec.msgpack.Decoder(Keys)
_TAIL: Final = msgspec.msgpack.Decoder(Tail)
_ENTRY: Final = msgspec.msgpack.Decoder(Entry)
_ACCOUNT: Final = msgspec.msgpack.Decoder(AccountRow)
_STOCK: Final = msgspec.msgpack.Decoder(Stock)
_PACKAGE: Final = msgspec.msgpack.Decoder(StoredPackage)
_BLOB: Final = msgspec.msgpack.Decoder(BlobRow)


class RocksStore:
    """A `Store` in one folder; raises StoreBusyError, StoreDamagedError, StoreError when it cannot be opened."""

    def __init__(self, folder: Path, cache_bytes: int = 64 * 1024 * 1024) -> None:
        self._folder = folder
        self._options = _options(cache_bytes)
        self._synced = WriteOptions()
        self._synced.sync = True
        self._reopening = threading.Lock()
        self._failed = False
        self._db = _open(folder, self._options)
        self._salt = self._make_salt()

    # --- changes ----------------------------------------------------------------------------------------------

    def apply(self, operations: Sequence[Operation]) -> None:
        writer = BatchWriter()
        for operation in operations:
            writer.add(operation)
        self._write(writer.finish())

    def recover(self) -> None:
        with self._reopening:
            self.close()
            try:
                self._db = _open(self._folder, self._options)
                self._failed = False
            except StoreError:
                self._db = _open_to_read(self._folder, self._options)
                raise

    def expire(self, now: int, limit: int) -> bool:
        batch = WriteBatch(raw_mode=True)
        forgotten, more = 0, False
        for key, value in self._range(layout.EXPIRY, layout.EXPIRY + layout.number(now + 1)):
            if forgotten >= limit:
                more = True
                break
            batch.delete(key)
            for start in range(0, len(value), layout.EXPIRY_ITEM):
                queue, cursor = value[start : start + 16], value[start + 16 : start + 24]
                batch.delete(layout.ENTRY + queue + cursor)
                batch.delete(layout.DEDUPE + queue + value[start + 24 : start + layout.EXPIRY_ITEM])
                forgotten += 1
        if forgotten:
            self._write(batch)
        return more

    def close(self) -> None:
        with suppress(Exception):  # closed already, or no room to flush: the log on disk holds all that counts
            self._db.close()

    # --- queues -----------------------------------------------------------------------------------------------

    def heads(self, queues: Collection[bytes]) -> dict[bytes, Head | Tombstone]:
        names = list(queues)
        found = self._many([layout.KEYS + q for q in names] + [layout.TAIL + q for q in names])
        heads: dict[bytes, Head | Tombstone] = {}
        for queue, keys, tail in zip(names, found, found[len(names) :], strict=False):
            if keys:
                if tail is None:
                    raise StoreDamagedError(f"the store in {self._folder} has lost a queue's cursors; restore a backup")
                heads[queue] = Head(_KEYS.decode(keys), _TAIL.decode(tail))
            elif keys is not None:
                heads[queue] = Tombstone()
        return heads

    def seen(self, dedupes: Collection[bytes]) -> dict[bytes, int]:
        pairs = list(dedupes)
        found = self._many([layout.DEDUPE + pair for pair in pairs])
        return {
            pair: int.from_bytes(cursor, "big") for pair, cursor in zip(pairs, found, strict=True) if cursor is not None
        }

    def entries(self, queue: bytes, after: int, through: int, limit: int, size: int) -> Page:
        entries: list[Entry] = []
        for _, value in self._range(layout.entry_key(queue, after + 1), layout.entry_key(queue, through + 1)):
            size -= len(value)
            if len(entries) >= limit or (size < 0 and entries):
                return Page(entries, more=True)
            entries.append(_ENTRY.decode(value))
        return Page(entries, more=False)

    # --- directory and blobs ----------------------------------------------------------------------------------

    def account(self, account: bytes) -> AccountRow | None:
        return self._one(layout.ACCOUNT + account, _ACCOUNT.decode)

    def name(self, name: bytes) -> bytes | None:
        return self._one(layout.NAME + name, bytes)

    def sequence(self, signer: bytes) -> int:
        last = self._one(layout.SEQUENCE + signer, bytes)
        return -1 if last is None else int.from_bytes(last, "big")

    def stock(self, account: bytes, device: bytes) -> Stock:
        return self._one(layout.STOCK + account + device, _STOCK.decode) or Stock()

    def package(self, account: bytes, device: bytes, number: int) -> StoredPackage | None:
        return self._one(layout.package_key(account, device, number), _PACKAGE.decode)

    def last_resort(self, account: bytes, device: bytes) -> bytes | None:
        return self._one(layout.LAST_RESORT + account + device, bytes)

    def blob(self, blob: bytes) -> BlobRow | None:
        return self._one(layout.BLOB + blob, _BLOB.decode)

    def due_blobs(self, now: int, limit: int) -> list[bytes]:
        due: list[bytes] = []
        for key, _ in self._range(layout.BLOB_EXPIRY, layout.BLOB_EXPIRY + layout.number(now + 1)):
            if len(due) >= limit:
                break
            due.append(key[9:])
        return due

    def salt(self) -> bytes:
        return self._salt

    # --- underneath -------------------------------------------------------------------------------------------

    def _make_salt(self) -> bytes:
        salt = self._one(SALT_KEY, bytes)
        if salt is None:
            salt = secrets.token_bytes(SALT_BYTES)
            batch = WriteBatch(raw_mode=True)
            batch.put(SALT_KEY, salt)
            self._write(batch)
        return salt

    def _write(self, batch: WriteBatch) -> None:
        if self._failed:
            raise StoreError(f"the store in {self._folder} has failed and is not recovered yet")
        try:
            self._db.write(batch, self._synced)
        except Exception as error:  # rocksdict raises bare exceptions; whatever it is, nothing counts as written
            self._failed = True
            raise _translate(error, self._folder) from None

    def _read(self, read: Callable[[Rdict], T]) -> T:
        try:
            return read(self._db)
        except DbClosedError:
            with self._reopening:
                return read(self._db)
        except Exception as error:  # rocksdict raises bare exceptions
            raise _translate(error, self._folder) from None

    def _one(self, key: bytes, decode: Callable[[bytes], T]) -> T | None:
        value = self._read(lambda db: db.get(key))
        return None if value is None else decode(value)

    def _many(self, keys: list[bytes]) -> list[bytes | None]:
        names: list[Any] = list(keys)
        found: Any = self._read(lambda db: db.get(names)) if keys else []
        values: list[bytes | None] = found
        return values

    def _range(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        options = ReadOptions()
        options.set_iterate_upper_bound(end)
        items: Iterator[Any] = self._read(lambda db: db.items(from_key=start, read_opt=options))
        try:
            yield from items
        except Exception as error:  # rocksdict raises bare exceptions
            raise _translate(error, self._folder) from None


def _options(cache_bytes: int) -> Options:
    """Point reads of what is not there (dedupe ids) are the common case: bloom filters, in memory and on disk."""
    table = BlockBasedOptions()
    table.set_bloom_filter(10, False)
    table.set_block_cache(Cache(cache_bytes))
    table.set_cache_index_and_filter_blocks(True)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_memtable_prefix_bloom_ratio(0.02)
    options.set_memtable_whole_key_filtering(True)
    options.set_write_buffer_size(MEMTABLE_BYTES)
    options.set_compression_type(DBCompressionType.none())  # ciphertext does not shrink
    # A write that was cut off at the very end was never acknowledged; anything else that is wrong is damage.
    options.set_wal_recovery_mode(DBRecoveryMode.tolerate_corrupted_tail_records())
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(1024 * 1024)
    options.set_max_open_files(512)
    return options


def _open(folder: Path, options: Options) -> Rdict:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {folder} cannot be written to: {error.strerror}") from None
    return _open_as(folder, options, AccessType.read_write())


def _open_to_read(folder: Path, options: Options) -> Rdict:
    return _open_as(folder, options, AccessType.read_only())


def _open_as(folder: Path, options: Options, access: AccessType) -> Rdict:
    try:
        return Rdict(str(folder), options, access_type=access)
    except Exception as error:  # rocksdict raises bare exceptions
        raise _translate(error, folder) from None


def _translate(error: Exception, folder: Path) -> StoreError:
    """Turn what RocksDB says into one sentence for an operator."""
    words = str(error)
    if "lock" in words.lower() and "LOCK" in words:
        return StoreBusyError(f"another relay has the folder {folder} open")
    if "No space left" in words or "NoSpace" in words or "Disk quota" in words:
        return StoreFullError(f"the disk of {folder} is full")
    if any(sign in words for sign in _DAMAGE):
        return StoreDamagedError(f"the store in {folder} is damaged ({words.splitlines()[0][:200]}); restore a backup")
    return StoreError(f"the store in {folder} failed: {words.splitlines()[0][:200] if words else type(error).__name__}")
