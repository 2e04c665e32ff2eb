"""The embedded store: one RocksDB folder, one synced write batch per transaction.

A write that fails leaves RocksDB refusing further ones until it is opened anew, and unsure whether the batch is in its
log. `recover` opens it anew, which settles both, once the disk takes as much as that may need; until then reads go on.
On a disk that is full or read-only from the start, they go through a `mirror`.
"""

from __future__ import annotations

import functools
import os
import secrets
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from rocksdict import (
    AccessType,
    BlockBasedIndexType,
    BlockBasedOptions,
    Cache,
    Checkpoint,
    CompactOptions,
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
from havre.relay.store.mark import Mark, check_files, check_sequence, look, loosen, read_mark, write_mark
from havre.relay.store.mirror import Mirror, drop_leftovers, drop_mirror, make_mirror
from havre.relay.store.operations import Operation
from havre.relay.store.rows import AccountRow, BlobRow, Head, Keys, Stock, StoredPackage, Tail, Tombstone
from havre.relay.store.schema import BY_LETTER, TABLES, Table
from havre.relay.store.writer import BatchWriter
from havre.wire.stream import Entry

T = TypeVar("T")

_DAMAGE: Final = ("orruption", "orrupted", "does not exist", "mismatch", "No such file")
"""Words in RocksDB's errors that mean that files are missing or hold something else than was written."""

_SORTING: Final = ("rocksdb.compaction-pending", "rocksdb.num-running-compactions")
SALT_KEY: Final = layout.META + b"salt"
SALT_BYTES: Final = 16
PARTS: Final = 256
"""In how many parts the store is compacted: one for each first byte of a queue's or an account's id."""
MEMTABLE_BYTES: Final = 64 * 1024 * 1024
PROBE_BYTES: Final = 256 * 1024

_KEYS: Final = msgspec.msgpack.Decoder(Keys)
_TAIL: Final = msgspec.msgpack.Decoder(Tail)
_ENTRY: Final = msgspec.msgpack.Decoder(Entry)
_ACCOUNT: Final = msgspec.msgpack.Decoder(AccountRow)
_STOCK: Final = msgspec.msgpack.Decoder(Stock)
_PACKAGE: Final = msgspec.msgpack.Decoder(StoredPackage)
_BLOB: Final = msgspec.msgpack.Decoder(BlobRow)


class RocksStore:
    """A `Store` in one folder; raises StoreBusyError, StoreDamagedError, StoreError when it cannot be opened."""

    def __init__(self, folder: Path, open_files: int = 512, cache_bytes: int = 64 * 1024 * 1024) -> None:
        self._folder = folder
        self._options = _options(cache_bytes, open_files)
        self._synced = WriteOptions()
        self._synced.sync = True
        self._reopening = threading.Lock()
        self.failure: StoreError | None = None
        self._mirror: Mirror | None = None
        self._expired_to = layout.EXPIRY
        """Where to look for what expires next: behind rows that are deleted, and cost time until they are compacted."""
        self._expired_at = 0
        drop_leftovers()
        self._db = self._open_somehow()
        self._salt = self._make_salt()

    # --- changes ----------------------------------------------------------------------------------------------

    def apply(self, operations: Sequence[Operation]) -> None:
        writer = BatchWriter()
        for operation in operations:
            writer.add(operation)
        self._write(writer.finish())

    def recover(self) -> None:
        _check_takes_writes(self._folder)
        with self._reopening:
            self.close()
            try:
                self._db = _open(self._folder, self._options)
                self.failure = None
            except StoreError as error:
                self.failure = error
                self._db = self._open_to_read(error)
                raise

    def expire(self, now: int, limit: int) -> bool:
        batch, last = WriteBatch(raw_mode=True), b""
        forgotten, more = 0, False
        if now < self._expired_at:  # the clock was set back
            self._expired_to = layout.EXPIRY
        for key, value in self._range(self._expired_to, layout.EXPIRY + layout.number(now + 1)):
            if forgotten >= limit:
                more = True
                break
            batch.delete(key)
            last = key
            for start in range(0, len(value), layout.EXPIRY_ITEM):
                queue, cursor = value[start : start + 16], value[start + 16 : start + 24]
                batch.delete(layout.ENTRY + queue + cursor)
                batch.delete(layout.DEDUPE + queue + value[start + 24 : start + layout.EXPIRY_ITEM])
                forgotten += 1
        if forgotten:
            self._write(batch)
            self._expired_to = last
        self._expired_at = now
        return more

    def is_sorting(self) -> bool:
        """Whether RocksDB merges tables, or has a reason to."""
        return self._read(lambda db: any(db.property_int_value(name) for name in _SORTING))

    def compact(self, part: int) -> None:
        """Take what is deleted off the disk, in one of `PARTS` parts of every table; raises StoreError.

        Left to itself RocksDB does that when a part has changed enough, which may be never.
        """
        options = CompactOptions()
        options.set_exclusive_manual_compaction(False)  # the ordinary ones go on meanwhile
        for table in TABLES:
            start, end = table.letter + bytes([part]), layout.after(table.letter + bytes([part]))
            self._read(functools.partial(_compact, start, end, options))

    def rows(self, prefix: bytes = b"") -> Iterator[tuple[Table, bytes, Any]]:
        """Yield table, key and decoded value of each row whose key begins so; raises StoreError."""
        for key, value in self._range(prefix, layout.after(prefix)):
            yield BY_LETTER[key[:1]], key, BY_LETTER[key[:1]].check(key, value)

    def checkpoint(self, folder: Path) -> None:
        """Write all that is stored at this moment into a new folder, by links where possible; raises StoreError."""
        try:
            self._db.flush()  # it lets other threads run, which what follows does not
            Checkpoint(self._db).create_checkpoint(str(folder))
        except Exception as error:  # rocksdict raises bare exceptions
            raise _translate(error, self._folder) from None

    def mark(self) -> None:
        """Note how much there is, so that a start which finds less notices; on a disk that takes no writes, do not."""
        with suppress(Exception):  # the last mark stays true
            self._mark(self._db.latest_sequence_number(), is_whole=False)

    def close(self) -> None:
        with suppress(Exception):  # closed already, or no room to flush: the log on disk holds all that counts
            last = self._db.latest_sequence_number()
            self._db.close()
            self._mark(last, is_whole=True)
        self._drop_mirror()

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
            entry = _ENTRY.decode(value)
            entries.append(entry)
            if entry.cursor == through:
                break
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

    def _open_somehow(self) -> Rdict:
        """Open to read if the disk is full or takes no writes: those who are here already can fetch what is theirs."""
        try:
            return _open(self._folder, self._options)
        except (StoreBusyError, StoreDamagedError):
            raise
        except StoreError as error:
            self.failure = error
            return self._open_to_read(error)

    def _open_to_read(self, error: StoreError) -> Rdict:
        """Open through a mirror; raises the error that made it necessary if that does not work either."""
        try:
            self._mirror = make_mirror(self._folder)
            return _open_as(self._mirror.folder, self._options, AccessType.read_only())
        except (OSError, StoreError):
            self._drop_mirror()
            raise error from None

    def _drop_mirror(self) -> None:
        if self._mirror is not None:
            drop_mirror(self._mirror)
            self._mirror = None

    def _mark(self, last: int, is_whole: bool) -> None:
        if self.failure is None and self._mirror is None:
            write_mark(self._folder, look(self._folder, last, is_whole=is_whole))

    def _make_salt(self) -> bytes:
        salt = self._one(SALT_KEY, bytes)
        if salt is None and self.failure is not None:
            self.close()
            raise self.failure
        if salt is None:
            salt = secrets.token_bytes(SALT_BYTES)
            batch = WriteBatch(raw_mode=True)
            batch.put(SALT_KEY, salt)
            self._write(batch)
        return salt

    def _write(self, batch: WriteBatch) -> None:
        if self.failure is not None:
            raise StoreError(f"the store in {self._folder} has failed and is not recovered yet")
        try:
            self._db.write(batch, self._synced)
        except Exception as error:  # rocksdict raises bare exceptions; whatever it is, nothing counts as written
            self.failure = _translate(error, self._folder)
            raise self.failure from None

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
        last = start
        try:
            for item in items:
                yield item
                last = item[0]
        except Exception as error:  # rocksdict raises bare exceptions
            raise _translate(error, self._folder) from None
        self._read(lambda db: _check_over(db, last, options))


def _options(cache_bytes: int, open_files: int) -> Options:
    """Point reads of what is not there (dedupe ids) are the common case: bloom filters, in memory and on disk.

    Filters and indexes are cut into small blocks: those of a queue in use stay in the cache, however many there are.
    """
    table = BlockBasedOptions()
    table.set_bloom_filter(10, False)
    table.set_block_cache(Cache(cache_bytes))
    table.set_cache_index_and_filter_blocks(True)
    table.set_index_type(BlockBasedIndexType.two_level_index_search())
    table.set_partition_filters(True)
    table.set_pin_top_level_index_and_filter(True)
    table.set_pin_l0_filter_and_index_blocks_in_cache(True)
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
    options.set_max_open_files(open_files)
    return options


def _open(folder: Path, options: Options) -> Rdict:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {folder} cannot be written to: {error.strerror}") from None
    try:
        mark = read_mark(folder)
        if mark is not None:
            check_files(folder, mark)
            loosen(folder, mark)
    except OSError as error:
        raise _translate(error, folder) from None
    db = _open_as(folder, options, AccessType.read_write())
    if mark is not None:
        _check_last(folder, db, mark)
    return db


def _check_last(folder: Path, db: Rdict, mark: Mark) -> None:
    try:
        check_sequence(folder, mark, db.latest_sequence_number())
    except StoreDamagedError:
        db.close()
        raise


def _compact(start: bytes, end: bytes, options: CompactOptions, db: Rdict) -> None:
    db.compact_range(start, end, options)


def _open_as(folder: Path, options: Options, access: AccessType) -> Rdict:
    columns = {"default": options}  # unless it is named, rocksdict reads its options from disk, and not all of them
    try:
        return Rdict(str(folder), options, column_families=columns, access_type=access)
    except Exception as error:  # rocksdict raises bare exceptions
        raise _translate(error, folder) from None


def _check_takes_writes(folder: Path) -> None:
    """Raise StoreError unless the disk takes what opening the store may write: what is in its logs, as tables."""
    probe = folder / "probe"
    try:
        size = sum(log.stat().st_size for log in folder.glob("*.log")) + PROBE_BYTES
        with probe.open("wb", buffering=0) as file:
            os.posix_fallocate(file.fileno(), 0, size)
            file.write(bytes(PROBE_BYTES))
            os.fsync(file.fileno())
    except OSError as error:
        raise _translate(error, folder) from None
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def _check_over(db: Rdict, last: bytes, options: ReadOptions) -> None:
    """Raise what ended an iteration behind `last`, if it was not the end: `items` keeps a damaged block to itself."""
    rest: Any = db.iter(options)
    rest.seek(last)
    if rest.valid():
        rest.next()
    rest.status()


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
