"""The contract of `havre.relay.store.base.Store`, held against every store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from havre.relay.store import operations as op
from havre.relay.store.base import Store
from havre.relay.store.rocksdb import RocksStore
from havre.relay.store.rows import (
    AccountRow,
    BlobRow,
    Generation,
    Head,
    Keys,
    Stock,
    StoredPackage,
    Tail,
    Tombstone,
)
from havre.wire.stream import Entry, EntryKind, Hashes
from tests.relay.model import MemoryStore

HASHES = Hashes(b"r" * 32, b"w" * 32, b"m" * 32)
KEYS = Keys(HASHES, 3600, (Generation(b"R" * 32, b"W" * 32, 7),))
EVERYTHING = 10**9

STORES: dict[str, Callable[[Path], Store]] = {"memory": lambda folder: MemoryStore(), "rocksdb": RocksStore}
LASTING = [name for name in STORES if name != "memory"]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = STORES[request.param](tmp_path / "store")
    yield made
    made.close()


def entry(cursor: int, size: int = 3, kind: EntryKind = EntryKind.MESSAGE) -> Entry:
    return Entry(cursor, kind, 1000 + cursor, bytes([cursor % 256]) * size)


def fill(store: Store, queue: bytes, count: int, size: int = 3, expires: int = EVERYTHING, start: int = 1) -> None:
    adds = [op.AddEntry(queue, b"%016d" % n, entry(n, size), expires) for n in range(start, start + count)]
    store.apply([op.SetKeys(queue, KEYS), *adds, op.SetTail(queue, Tail(start + count - 1))])


def cursors(store: Store, queue: bytes, after: int = 0, through: int = EVERYTHING) -> list[int]:
    return [one.cursor for one in store.entries(queue, after, through, EVERYTHING, EVERYTHING).entries]


def test_an_unknown_queue_has_no_head(store: Store) -> None:
    assert store.heads([bytes(16)]) == {}
    assert store.heads([]) == {}


def test_a_head_comes_back_as_it_was(store: Store) -> None:
    store.apply([op.SetKeys(b"q" * 16, KEYS), op.SetTail(b"q" * 16, Tail(5, 3, 2))])
    assert store.heads([b"q" * 16, b"x" * 16]) == {b"q" * 16: Head(KEYS, Tail(5, 3, 2))}


def test_later_operations_of_a_batch_win(store: Store) -> None:
    store.apply([op.SetKeys(b"q" * 16, KEYS), op.SetTail(b"q" * 16, Tail(1)), op.SetTail(b"q" * 16, Tail(2))])
    assert store.heads([b"q" * 16]) == {b"q" * 16: Head(KEYS, Tail(2))}


def test_entries_come_in_order_after_a_cursor_and_through_another(store: Store) -> None:
    fill(store, b"q" * 16, 300)
    assert cursors(store, b"q" * 16) == list(range(1, 301))
    assert cursors(store, b"q" * 16, after=254, through=258) == [255, 256, 257, 258]
    assert cursors(store, b"q" * 16, after=300) == []
    assert store.entries(b"q" * 16, 0, 1, 1, 1).entries == [entry(1)]


def test_queues_next_to_each_other_do_not_mix(store: Store) -> None:
    queues = [bytes(16), bytes(15) + b"\x01", b"\xff" * 15 + b"\xfe", b"\xff" * 16]
    for number, queue in enumerate(queues, start=1):
        fill(store, queue, number)
    assert [cursors(store, queue) for queue in queues] == [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]
    store.apply([op.Bury(queues[0]), op.Bury(queues[2])])
    assert [cursors(store, queue) for queue in queues] == [[], [1, 2], [], [1, 2, 3, 4]]


def test_a_page_is_bounded_by_count(store: Store) -> None:
    fill(store, b"q" * 16, 5)
    page = store.entries(b"q" * 16, 0, 5, 2, EVERYTHING)
    assert ([one.cursor for one in page.entries], page.more) == ([1, 2], True)
    page = store.entries(b"q" * 16, 2, 5, 3, EVERYTHING)
    assert ([one.cursor for one in page.entries], page.more) == ([3, 4, 5], False)


def test_a_page_is_bounded_by_bytes_but_never_empty(store: Store) -> None:
    fill(store, b"q" * 16, 5, size=1000)
    page = store.entries(b"q" * 16, 0, 5, 100, 2500)
    assert ([one.cursor for one in page.entries], page.more) == ([1, 2], True)
    page = store.entries(b"q" * 16, 0, 5, 100, 10)
    assert ([one.cursor for one in page.entries], page.more) == ([1], True)
    page = store.entries(b"q" * 16, 4, 5, 100, 10)
    assert ([one.cursor for one in page.entries], page.more) == ([5], False)


def test_dedupe_ids_lead_to_cursors(store: Store) -> None:
    fill(store, b"q" * 16, 2)
    known, other = b"q" * 16 + b"%016d" % 2, b"p" * 16 + b"%016d" % 2
    assert store.seen([known, other]) == {known: 2}
    assert store.seen([]) == {}


@pytest.mark.parametrize("count", [10, 1000])
def test_forgotten_entries_are_gone_and_their_dedupe_ids_stay(store: Store, count: int) -> None:
    fill(store, b"q" * 16, count)
    store.apply([op.Forget(b"q" * 16, 0, count - 2)])
    assert cursors(store, b"q" * 16) == [count - 1, count]
    assert store.seen([b"q" * 16 + b"%016d" % 1])


def test_a_buried_queue_leaves_a_tombstone_only(store: Store) -> None:
    fill(store, b"q" * 16, 3)
    store.apply([op.Bury(b"q" * 16)])
    assert store.heads([b"q" * 16]) == {b"q" * 16: Tombstone()}
    assert cursors(store, b"q" * 16) == []
    assert store.seen([b"q" * 16 + b"%016d" % 1]) == {}


def test_entries_expire_with_their_dedupe_ids_and_cursors_stay_used(store: Store) -> None:
    fill(store, b"q" * 16, 3, expires=100)
    fill(store, b"q" * 16, 2, expires=200, start=4)
    while store.expire(99, 1000):
        pass
    assert cursors(store, b"q" * 16) == [1, 2, 3, 4, 5]
    while store.expire(100, 1000):
        pass
    assert cursors(store, b"q" * 16) == [4, 5]
    assert store.seen([b"q" * 16 + b"%016d" % n for n in (1, 4)]) == {b"q" * 16 + b"%016d" % 4: 4}
    assert store.heads([b"q" * 16])[b"q" * 16] == Head(KEYS, Tail(5))


def test_expiry_goes_in_slices_and_comes_to_an_end(store: Store) -> None:
    for number in range(10):
        fill(store, bytes([number]) * 16, 5, expires=100)
    rounds = 1
    while store.expire(100, 10):
        rounds += 1
    assert rounds <= 11
    assert all(cursors(store, bytes([number]) * 16) == [] for number in range(10))


def test_an_entry_of_a_deleted_queue_expires_without_harm(store: Store) -> None:
    fill(store, b"q" * 16, 3, expires=100)
    store.apply([op.Bury(b"q" * 16)])
    while store.expire(100, 1000):
        pass
    assert store.heads([b"q" * 16]) == {b"q" * 16: Tombstone()}


def test_accounts_names_and_sequences(store: Store) -> None:
    row = AccountRow(b"record", b"s" * 64, b"n" * 32, b"q" * 16, (b"d" * 16,))
    assert store.account(b"a" * 32) is None
    assert store.name(b"n" * 32) is None
    assert store.sequence(b"a" * 32) == -1
    store.apply([op.SetAccount(b"a" * 32, row), op.SetName(b"n" * 32, b"a" * 32), op.SetSequence(b"a" * 32, 2**62)])
    assert store.account(b"a" * 32) == row
    assert store.name(b"n" * 32) == b"a" * 32
    assert store.sequence(b"a" * 32) == 2**62
    assert store.sequence(b"a" * 32 + b"d" * 16) == -1
    store.apply([op.DropAccount(b"a" * 32), op.DropName(b"n" * 32)])
    assert store.account(b"a" * 32) is None
    assert store.name(b"n" * 32) is None


def test_key_packages(store: Store) -> None:
    account, device, other = b"a" * 32, b"d" * 16, b"e" * 16
    for name in (device, other):
        store.apply(
            [op.AddPackage(account, name, 0, StoredPackage(9, b"one")), op.SetStock(account, name, Stock(0, 1))]
        )
        store.apply([op.SetLastResort(account, name, b"last")])
    assert store.stock(account, device) == Stock(0, 1)
    assert store.package(account, device, 0) == StoredPackage(9, b"one")
    assert store.last_resort(account, device) == b"last"
    store.apply([op.DropPackage(account, device, 0)])
    assert store.package(account, device, 0) is None
    store.apply([op.DropDevice(account, device)])
    assert (store.stock(account, device), store.last_resort(account, device)) == (Stock(), None)
    assert (store.stock(account, other), store.last_resort(account, other)) == (Stock(0, 1), b"last")
    assert store.package(account, other, 0) is not None


def test_blobs_and_when_they_are_due(store: Store) -> None:
    early, late = BlobRow(10, 0, b"u" * 32, 100), BlobRow(20, 5, b"u" * 32, 200)
    store.apply([op.SetBlob(b"e" * 16, early), op.SetBlob(b"l" * 16, late)])
    assert store.blob(b"e" * 16) == early
    assert store.due_blobs(99, 10) == []
    assert store.due_blobs(100, 10) == [b"e" * 16]
    assert len(store.due_blobs(200, 1)) == 1
    store.apply([op.DropBlob(b"e" * 16, 100)])
    assert store.blob(b"e" * 16) is None
    assert store.due_blobs(300, 10) == [b"l" * 16]


@pytest.mark.parametrize("name", LASTING)
def test_what_was_applied_is_there_after_a_restart(name: str, tmp_path: Path) -> None:
    store = STORES[name](tmp_path)
    fill(store, b"q" * 16, 3)
    salt = store.salt()
    store.close()
    store.close()
    again = STORES[name](tmp_path)
    assert cursors(again, b"q" * 16) == [1, 2, 3]
    assert again.heads([b"q" * 16]) == {b"q" * 16: Head(KEYS, Tail(3))}
    assert again.salt() == salt
    assert len(salt) == 16
    again.close()


@pytest.mark.parametrize("name", LASTING)
def test_two_stores_have_two_salts(name: str, tmp_path: Path) -> None:
    one, two = STORES[name](tmp_path / "one"), STORES[name](tmp_path / "two")
    assert one.salt() != two.salt()
    one.close()
    two.close()


def test_reads_may_come_while_another_thread_writes(store: Store) -> None:
    queue = os.urandom(16)
    fill(store, queue, 50)
    with ThreadPoolExecutor(1) as writer:
        writing = [writer.submit(fill, store, os.urandom(16), 20) for _ in range(20)]
        while not all(one.done() for one in writing):
            assert cursors(store, queue) == list(range(1, 51))
        for one in writing:
            one.result()
