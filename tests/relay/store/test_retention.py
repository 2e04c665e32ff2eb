"""What has had its time leaves the disk, and a steady load takes a steady room."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from havre.relay.store import operations as op
from havre.relay.store.rocksdb import PARTS, RocksStore
from havre.relay.store.rows import Keys, Stock, StoredPackage, Tail
from havre.wire.stream import Entry, EntryKind, Hashes
from tests.relay.conformance.test_store import cursors, fill

KEYS = Keys(Hashes(b"r" * 32, b"w" * 32, b"m" * 32), 3600)
DAY = 86400


def tidy(store: RocksStore) -> None:
    for part in range(PARTS):
        store.compact(part)


def used(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def is_on_disk(folder: Path, data: bytes) -> bool:
    """Tell whether a table or a log holds this; the list of tables names the first and last keys of former ones."""
    files = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("MANIFEST"))
    return any(data in path.read_bytes() for path in files)


def a_days_load(store: RocksStore, now: int, queues: list[bytes], heads: dict[bytes, int]) -> None:
    """Two megabytes in many queues, each entry kept for a day."""
    for second in range(20):
        batch: list[op.Operation] = []
        for queue in queues:
            heads[queue] += 1
            entry = Entry(heads[queue], EntryKind.MESSAGE, now + second, os.urandom(1000))
            batch += [
                op.AddEntry(queue, os.urandom(16), entry, now + second + DAY),
                op.SetTail(queue, Tail(heads[queue])),
            ]
        store.apply(batch)


@pytest.mark.claim("expired-off-disk")
def test_the_disk_use_of_a_steady_load_stays_flat(tmp_path: Path) -> None:
    store, queues = RocksStore(tmp_path), [os.urandom(16) for _ in range(100)]
    heads = dict.fromkeys(queues, 0)
    store.apply([op.SetKeys(queue, KEYS) for queue in queues])
    sizes: list[int] = []
    for day in range(1, 16):
        a_days_load(store, day * DAY, queues, heads)
        while store.expire(day * DAY, 2000):
            pass
        tidy(store)
        sizes.append(used(tmp_path))
    store.close()
    assert max(sizes[3:]) < 1.5 * sizes[3], sizes
    assert max(sizes) < 15 * 2_000_000 / 2, "the whole of it would be 30 MB"


@pytest.mark.claim("expired-off-disk")
def test_an_expired_entry_leaves_the_disk(tmp_path: Path) -> None:
    store, queue, body = RocksStore(tmp_path), b"q" * 16, os.urandom(32)
    store.apply(
        [
            op.SetKeys(queue, KEYS),
            op.AddEntry(queue, b"d" * 16, Entry(1, EntryKind.MESSAGE, 1, body), 10),
            op.SetTail(queue, Tail(1)),
        ]
    )
    fill(store, b"r" * 16, 10)
    tidy(store)
    store.expire(9, 100)
    assert is_on_disk(tmp_path, body)
    store.expire(10, 100)
    assert cursors(store, queue) == []
    tidy(store)
    assert not is_on_disk(tmp_path, body)
    assert not is_on_disk(tmp_path, b"d" * 16)
    store.close()


@pytest.mark.claim("deleted-off-disk")
@pytest.mark.parametrize("how", ["trim", "delete"])
def test_what_was_trimmed_or_deleted_leaves_the_disk(tmp_path: Path, how: str) -> None:
    store, queue, body = RocksStore(tmp_path), b"q" * 16, os.urandom(32)
    store.apply(
        [
            op.SetKeys(queue, KEYS),
            op.AddEntry(queue, b"d" * 16, Entry(1, EntryKind.MESSAGE, 1, body), 10**9),
            op.SetTail(queue, Tail(1)),
        ]
    )
    store.apply([op.Forget(queue, 0, 1), op.SetTail(queue, Tail(1, 0, 1))] if how == "trim" else [op.Bury(queue)])
    tidy(store)
    assert not is_on_disk(tmp_path, body)
    store.close()


@pytest.mark.claim("package-once")
def test_a_key_package_that_was_taken_leaves_the_disk(tmp_path: Path) -> None:
    store, account, device, package = RocksStore(tmp_path), b"a" * 32, b"d" * 16, os.urandom(64)
    store.apply(
        [op.AddPackage(account, device, 0, StoredPackage(1, package)), op.SetStock(account, device, Stock(0, 1))]
    )
    tidy(store)
    assert is_on_disk(tmp_path, package)
    store.apply([op.DropPackage(account, device, 0), op.SetStock(account, device, Stock(1, 1))])
    assert store.package(account, device, 0) is None
    tidy(store)
    assert not is_on_disk(tmp_path, package)
    store.close()


def test_each_step_of_expiry_is_bounded(tmp_path: Path) -> None:
    store = RocksStore(tmp_path)
    for number in range(10):
        fill(store, bytes([number]) * 16, 100, expires=5)
    left = []
    more = True
    while more:
        more = store.expire(5, 100)
        left.append(sum(len(cursors(store, bytes([number]) * 16)) for number in range(10)))
    assert left == [900, 800, 700, 600, 500, 400, 300, 200, 100, 0][: len(left)]
    store.close()


def test_a_clock_that_was_set_back_leaves_nothing_behind(tmp_path: Path) -> None:
    store = RocksStore(tmp_path)
    fill(store, b"a" * 16, 3, expires=1000)
    store.expire(1000, 100)
    fill(store, b"b" * 16, 3, expires=500)
    store.expire(400, 100)
    assert cursors(store, b"b" * 16) == [1, 2, 3]
    store.expire(500, 100)
    assert cursors(store, b"b" * 16) == []
    store.close()
