"""What only the embedded store has to do: refuse a folder that is not its own, and come back after a failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from havre.relay.store import operations as op
from havre.relay.store import rocksdb
from havre.relay.store.base import StoreBusyError, StoreDamagedError, StoreError, StoreFullError
from havre.relay.store.rocksdb import RocksStore
from havre.relay.store.rows import Tail
from tests.relay.conformance.test_store import cursors, fill

OPEN = "import sys, pathlib; from havre.relay.store.rocksdb import RocksStore; RocksStore(pathlib.Path(sys.argv[1]))"


def test_a_second_process_is_refused_in_one_sentence(tmp_path: Path) -> None:
    store = RocksStore(tmp_path)
    other = subprocess.run([sys.executable, "-c", OPEN, str(tmp_path)], capture_output=True, text=True, check=False)
    assert other.returncode != 0
    assert f"another relay has the folder {tmp_path} open" in other.stderr
    with pytest.raises(StoreBusyError, match="another relay"):
        RocksStore(tmp_path)
    store.close()


def test_a_damaged_store_is_refused_in_one_sentence(tmp_path: Path) -> None:
    store = RocksStore(tmp_path)
    fill(store, b"q" * 16, 10)
    store.close()
    manifest = next(tmp_path.glob("MANIFEST-*"))
    manifest.write_bytes(b"\x00" * 50 + manifest.read_bytes()[50:])
    with pytest.raises(StoreDamagedError, match="is damaged"):
        RocksStore(tmp_path)


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    store = RocksStore(tmp_path)
    store.close()
    (tmp_path / "CURRENT").write_text("MANIFEST-999999\n")
    with pytest.raises(StoreDamagedError):
        RocksStore(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written to"):
        RocksStore(tmp_path / "file" / "store")


class _Watched:
    """RocksDB, with an eye on how it is asked to write."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.synced: list[bool] = []

    def write(self, batch: Any, options: Any) -> None:
        self.synced.append(options.sync)
        self._real.write(batch, options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_a_store_that_is_opened_again_has_its_filters_still(tmp_path: Path) -> None:
    for _ in range(2):
        RocksStore(tmp_path).close()
    newest = max(tmp_path.glob("OPTIONS-*"))
    options = newest.read_text()
    assert "filter_policy=bloomfilter" in options
    assert "partition_filters=true" in options


def test_every_write_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RocksStore(tmp_path)
    watched = _Watched(store._db)
    monkeypatch.setattr(store, "_db", watched)
    fill(store, b"q" * 16, 3, expires=1)
    store.expire(1, 10)
    assert watched.synced == [True, True]
    store.close()


class _FullDisk:
    """RocksDB on a disk that is full for a while."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def write(self, *arguments: Any) -> None:
        raise Exception("IO error: No space left on device: While appending to file: 000008.log")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_a_full_disk_refuses_writes_serves_reads_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RocksStore(tmp_path)
    fill(store, b"q" * 16, 3)
    monkeypatch.setattr(store, "_db", _FullDisk(store._db))
    with pytest.raises(StoreFullError, match=r"disk .* is full"):
        fill(store, b"q" * 16, 1, start=4)
    assert cursors(store, b"q" * 16) == [1, 2, 3]
    with pytest.raises(StoreError, match="not recovered"):
        fill(store, b"q" * 16, 1, start=4)
    store.recover()
    fill(store, b"q" * 16, 1, start=4)
    assert cursors(store, b"q" * 16) == [1, 2, 3, 4]
    store.close()


def test_a_store_that_cannot_be_opened_for_writing_yet_serves_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RocksStore(tmp_path)
    fill(store, b"q" * 16, 3)
    monkeypatch.setattr(store, "_db", _FullDisk(store._db))
    with pytest.raises(StoreFullError):
        fill(store, b"q" * 16, 1, start=4)

    def fail(*arguments: Any) -> Any:
        raise StoreFullError("the disk is full")

    monkeypatch.setattr(rocksdb, "_open", fail)
    for _ in range(2):
        with pytest.raises(StoreFullError):
            store.recover()
        assert cursors(store, b"q" * 16) == [1, 2, 3]
    monkeypatch.undo()
    store.recover()
    fill(store, b"q" * 16, 1, start=4)
    store.close()


def test_a_queue_without_cursors_is_damage(tmp_path: Path) -> None:
    store = RocksStore(tmp_path)
    fill(store, b"q" * 16, 1)
    store._db.delete(b"t" + b"q" * 16)
    with pytest.raises(StoreDamagedError):
        store.heads([b"q" * 16])
    store.apply([op.SetTail(b"q" * 16, Tail(1))])
    store.close()


def damaged_in_the_middle(folder: Path, queue: bytes) -> RocksStore:
    """Return a store with 300 entries of a queue, one block of which holds something else than was written."""
    store = RocksStore(folder)
    fill(store, queue, 300)
    store._db.flush()
    store.close()
    table = next(folder.glob("*.sst"))
    data = bytearray(table.read_bytes())
    data[len(data) // 3] ^= 1
    table.write_bytes(data)
    return RocksStore(folder)


def test_a_damaged_block_is_an_error_and_never_the_end_of_a_queue(tmp_path: Path) -> None:
    queue = b"q" * 16
    store = damaged_in_the_middle(tmp_path, queue)
    with pytest.raises(StoreDamagedError, match="checksum"):
        store.entries(queue, 0, 300, 1000, 10**6)
    assert [entry.cursor for entry in store.entries(queue, 0, 300, 5, 10**6).entries] == [1, 2, 3, 4, 5]
    assert [entry.cursor for entry in store.entries(queue, 295, 300, 50, 10**6).entries] == list(range(296, 301))
    store.close()
