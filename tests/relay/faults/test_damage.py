"""Damaged files of the store: said in one sentence at the start, or refused where they are read; never passed over."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from havre.relay.store.base import StoreDamagedError
from havre.relay.store.mark import MARK
from havre.relay.store.rocksdb import RocksStore
from havre.wire.refusals import Code
from havre.wire.stream import Append, Appended, Create, Done, Entries, Read, Refused
from tests.relay.admin.rig import havre, operate
from tests.relay.conformance.test_store import cursors, fill
from tests.relay.rig import PATIENCE, Queue, Stream, run, running_relay
from tests.relay.test_process import assert_one_sentence, start

QUEUE = b"q" * 16


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as a crash leaves it: 200 entries in a table, 20 in the log."""
    folder = tmp_path_factory.mktemp("sound")
    store = RocksStore(folder / "live")
    fill(store, QUEUE, 200)
    store._db.flush()
    for first in (201, 211):
        fill(store, QUEUE, 10, start=first)
    shutil.copytree(folder / "live", folder / "left", ignore=shutil.ignore_patterns("LOCK"))
    store.close()
    return folder / "left"


def flip(path: Path, at: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 0x10
    path.write_bytes(data)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def table(folder: Path) -> Path:
    return next(folder.glob("*.sst"))


def log(folder: Path) -> Path:
    return max(folder.glob("*.log"))


def manifest(folder: Path) -> Path:
    return next(folder.glob("MANIFEST-*"))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "CURRENT is gone": lambda folder: (folder / "CURRENT").unlink(),
    "CURRENT is empty": lambda folder: os.truncate(folder / "CURRENT", 0),
    "CURRENT is flipped": lambda folder: flip(folder / "CURRENT", 0.5),
    "the manifest is gone": lambda folder: manifest(folder).unlink(),
    "the manifest is flipped": lambda folder: flip(manifest(folder), 0.5),
    "a table is gone": lambda folder: table(folder).unlink(),
    "a table is cut": lambda folder: cut(table(folder)),
    "a table's end is flipped": lambda folder: flip(table(folder), 0.9999),
    "the log's start is flipped": lambda folder: flip(log(folder), 0.02),
    "the log's middle is flipped": lambda folder: flip(log(folder), 0.5),
    "the log's end is flipped": lambda folder: flip(log(folder), 0.98),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_named_at_the_start(sound: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    store = tmp_path / "data" / "store"
    shutil.copytree(sound, store)
    damage(store)
    before = {file.name: file.read_bytes() for file in store.iterdir() if file.suffix in (".sst", ".log")}
    with pytest.raises(StoreDamagedError, match=r"is damaged \(.*\); restore a backup") as caught:
        RocksStore(store)
    assert "\n" not in str(caught.value)
    assert all((store / name).read_bytes() == data for name, data in before.items()), "what is left is left alone"


def test_a_relay_with_a_damaged_store_says_so_and_ends(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "store")
    cut(table(tmp_path / "store"))
    result = start("--data", str(tmp_path), "--port", "0")
    assert_one_sentence(result, r"is damaged \(.*\.sst.*\); restore a backup", code=25)
    command = [sys.executable, "-m", "havre.cli.main", "relay", "run", "--data", str(tmp_path), "--port", "0"]
    typed = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    assert (typed.returncode, typed.stderr.count("\n")) == (25, 1)
    assert "The relay cannot run: the store in" in typed.stderr


# --- files that have lost their end, which RocksDB takes for an older state ------------------------------------


LOSSES: dict[str, Callable[[Path], None]] = {
    "the manifest is cut": lambda folder: cut(manifest(folder)),
    "the manifest lost its last byte": lambda folder: os.truncate(
        manifest(folder), manifest(folder).stat().st_size - 1
    ),
    "a table is gone": lambda folder: table(folder).unlink(),
    "the log is gone": lambda folder: log(folder).unlink(),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_after_an_orderly_stop_nothing_may_be_missing(tmp_path: Path, loss: Callable[[Path], None]) -> None:
    store = RocksStore(tmp_path)
    fill(store, QUEUE, 200)
    store.close()
    loss(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.suffix in (".sst", ".log")}
    with pytest.raises(StoreDamagedError, match=r"is damaged \(.* (is missing|has lost its end)\); restore a backup"):
        RocksStore(tmp_path)
    assert all((tmp_path / name).read_bytes() == data for name, data in before.items()), "what is left is left alone"


def test_after_a_crash_what_was_there_at_the_last_mark_must_be_there(tmp_path: Path) -> None:
    """Cut between two records, a log says nothing about those that came after."""
    store = RocksStore(tmp_path / "live")
    fill(store, QUEUE, 10)
    ends = log(tmp_path / "live").stat().st_size
    fill(store, QUEUE, 10, start=11)
    for name in ("before", "after"):
        shutil.copytree(tmp_path / "live", tmp_path / name, ignore=shutil.ignore_patterns("LOCK"))
        os.truncate(log(tmp_path / name), ends)
        store.mark()
    store.close()
    unmarked = RocksStore(tmp_path / "before")
    assert cursors(unmarked, QUEUE) == list(range(1, 11)), "this is what the mark is for"
    unmarked.close()
    for _ in range(2):  # it is not forgotten by the first attempt
        with pytest.raises(StoreDamagedError, match=r"its last \d+ changes are missing"):
            RocksStore(tmp_path / "after")


def test_a_crash_after_an_orderly_stop_is_no_damage(tmp_path: Path) -> None:
    """Files change, and go, from the moment the store is opened; what was noted of them no longer holds."""
    store = RocksStore(tmp_path / "live")
    fill(store, QUEUE, 10)
    store.close()
    store = RocksStore(tmp_path / "live")
    fill(store, QUEUE, 10, start=11)
    store._db.flush()
    store.compact(0)
    shutil.copytree(tmp_path / "live", tmp_path / "left", ignore=shutil.ignore_patterns("LOCK"))
    store.close()
    left = RocksStore(tmp_path / "left")
    assert cursors(left, QUEUE) == list(range(1, 21))
    left.close()


def test_a_mark_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    RocksStore(tmp_path).close()
    (tmp_path / MARK).write_bytes(b"rubbish")
    with pytest.raises(StoreDamagedError, match=r"mark\.json cannot be read"):
        RocksStore(tmp_path)


# ---------------------------------------------------------------------------------------------------------------


def test_the_way_back_from_damage_is_a_backup(tmp_path: Path) -> None:
    """As docs/operating.md tells it: refused with a code of its own, moved away, restored, started again."""
    queue, data, backup = Queue(), tmp_path / "data", tmp_path / "backup"

    async def begin(url: str) -> None:
        stream = await Stream.open(url)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"kept")

    async def look(url: str) -> None:
        page = await (await Stream.open(url)).ask(Read, queue.id, queue.secrets.read, 0)
        assert [(entry.cursor, entry.body) for entry in page.entries] == [(1, b"kept")]

    with running_relay(data) as relay:
        run(begin(relay.stream))
        operate(relay, "backup", backup)
        relay.stop()
        cut(manifest(data / "store"))
        assert start("--data", str(data), "--port", "0").returncode == 25
        data.rename(tmp_path / "damaged")
        havre("relay", "restore", backup, "--data", data)
        relay.start()
        run(look(relay.stream))
        assert relay.stop() == 0


def test_a_log_that_was_cut_off_in_its_last_record_is_sound(sound: Path, tmp_path: Path) -> None:
    """A crash in the middle of a write leaves this; what was cut off was never acknowledged."""
    shutil.copytree(sound, tmp_path / "store")
    last = log(tmp_path / "store")
    os.truncate(last, last.stat().st_size - 3)
    store = RocksStore(tmp_path / "store")
    assert cursors(store, QUEUE) == list(range(1, 211))
    store.close()


def test_a_damaged_block_costs_what_is_in_it_and_nothing_else(tmp_path: Path) -> None:
    good, bad = Queue(b"\x00" * 16), Queue(b"\xff" * 16)
    folder = tmp_path / "data" / "store"

    async def begin(url: str) -> None:
        stream = await Stream.open(url)
        for queue in (good, bad):
            assert isinstance(await stream.ask(Create, queue.id, queue.hashes, 0), Done)
            for number in range(10):
                body = b"%02d" % number * 10_000
                await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), body)

    def damage() -> None:
        store = RocksStore(folder)
        store._db.flush()
        store.close()
        path = table(folder)
        data = path.read_bytes()
        at = data.rindex(b"05" * 5000)
        path.write_bytes(data[:at] + b"x" + data[at + 1 :])

    async def look(url: str) -> None:
        stream = await Stream.open(url)
        refused = await stream.ask(Read, bad.id, bad.secrets.read, 0)
        assert isinstance(refused, Refused), "a page that breaks off would be taken for all there is"
        assert refused.code is Code.BUSY
        for after, expected in ((0, [1, 2, 3]), (6, [7, 8, 9, 10])):
            page = await stream.ask(Read, bad.id, bad.secrets.read, after, min(4, len(expected)))
            assert isinstance(page, Entries)
            assert [entry.cursor for entry in page.entries] == expected
        page = await stream.ask(Read, good.id, good.secrets.read, 0)
        assert [entry.cursor for entry in page.entries] == list(range(1, 11))
        for queue in (good, bad):
            answer = await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"more")
            assert answer == Appended(answer.request, 11)

    with running_relay(tmp_path / "data") as relay:
        run(begin(relay.stream))
        relay.stop()
        damage()
        relay.start()
        run(look(relay.stream))
        assert relay.stop() == 0
