"""Backups: made while the relay serves, sound or refused, and restored so that nothing is taken for what was lost."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from havre.relay.backup.checking import check_backup
from havre.relay.backup.contents import NOTE, BackupError
from havre.relay.backup.making import make_backup
from havre.relay.backup.restoring import JUMP
from havre.relay.data_folder import RESTORING, STORE
from havre.relay.store.base import StoreError
from havre.relay.store.rocksdb import RocksStore
from havre.relay.store.rows import Head
from havre.wire.stream import Append, Appended, Commit, Conflict, Create, Read, Subscribe, Subscription
from tests.relay.admin.rig import havre, operate
from tests.relay.rig import Person, Queue, RelayProcess, Stream, run, running_relay, visit


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayProcess]:
    with running_relay(tmp_path / "data") as process:
        yield process


async def append(stream: Stream, queue: Queue, body: bytes) -> int:
    answer = await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), body)
    assert isinstance(answer, Appended)
    return answer.cursor


async def commit(stream: Stream, queue: Queue, fence: int) -> Appended | Conflict:
    answer = await stream.ask(Commit, queue.id, queue.secrets.write, os.urandom(16), fence, b"commit")
    assert isinstance(answer, Appended | Conflict)
    return answer


async def bodies(stream: Stream, queue: Queue, after: int = 0) -> dict[int, bytes]:
    page = await stream.ask(Read, queue.id, queue.secrets.read, after)
    return {entry.cursor: entry.body for entry in page.entries}


def upload(http: httpx.Client, data: bytes, sent: int, ttl: int = 0) -> str:
    """Reserve a file and upload its first bytes."""
    blob, secret = os.urandom(16).hex(), os.urandom(32)

    form = {"blob": base64.b64encode(bytes.fromhex(blob)).decode(), "size": len(data), "ttl": ttl}
    form["upload"] = base64.b64encode(sha256(secret).digest()).decode()
    assert http.post("/v1/blobs", json=form).status_code == 204
    headers = {"Upload-Offset": "0", "Havre-Upload": base64.b64encode(secret).decode()}
    assert http.patch(f"/v1/blobs/{blob}", content=data[:sent], headers=headers).status_code == 204
    return blob


def test_everything_acknowledged_before_it_is_in_a_backup_under_load(relay: RelayProcess, tmp_path: Path) -> None:
    queue, acknowledged, enough = Queue(), list[int](), threading.Event()

    async def write(stop: asyncio.Event) -> None:
        stream = await Stream.open(relay.stream)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        while not stop.is_set():
            acknowledged.append(await append(stream, queue, b"%d" % len(acknowledged)))
            if len(acknowledged) == 50:
                enough.set()

    async def scene() -> None:
        stop = asyncio.Event()
        writing = asyncio.create_task(write(stop))
        await asyncio.to_thread(enough.wait)
        before = len(acknowledged)
        await asyncio.to_thread(operate, relay, "backup", tmp_path / "backup")
        stop.set()
        await writing
        assert len(acknowledged) > before, "it goes on meanwhile"
        found = check_backup(tmp_path / "backup")
        assert before <= found.entries <= len(acknowledged)

    run(scene())


def test_a_restored_relay_has_what_was_there_and_reuses_no_cursor(relay: RelayProcess, tmp_path: Path) -> None:
    queue, person, data = Queue(), Person(), os.urandom(300_000)
    lost: list[int] = []

    async def before() -> None:
        stream = await Stream.open(relay.stream)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        assert [await append(stream, queue, b"%d" % n) for n in range(1, 4)] == [1, 2, 3]

    async def after_backup() -> None:
        stream = await Stream.open(relay.stream)
        lost.extend([await append(stream, queue, b"lost") for _ in range(3)])

    async def restored(url: str) -> None:
        stream = await Stream.open(url)
        assert list(await bodies(stream, queue)) == [1, 2, 3]
        caught = (await stream.ask(Subscribe, [Subscription(queue.id, queue.secrets.read, lost[-1])])).queues[0]
        assert (caught.entries, caught.more, caught.head) == ([], False, 3 + JUMP)
        assert await append(stream, queue, b"new") == 4 + JUMP
        assert [entry.cursor for entry in await stream.pushed(queue.id, 1)] == [4 + JUMP]
        assert await bodies(stream, queue, lost[-1]) == {4 + JUMP: b"new"}

    run(before())
    with visit(relay.http) as http:
        person.join(http)
        whole, part = upload(http, data, len(data)), upload(http, data, 100_000)
        operate(relay, "backup", tmp_path / "backup")
        taken = http.post(f"{person.path}/key-packages/take").json()["key_packages"][0]
        assert not taken["last_resort"]
    run(after_backup())
    relay.kill()
    told = havre("relay", "restore", tmp_path / "backup", "--data", tmp_path / "again")
    assert "2 queues, 3 entries, 1 accounts, 2 files" in told
    with running_relay(tmp_path / "again") as again, visit(again.http) as http:
        run(restored(again.stream))
        assert http.get(f"/v1/blobs/{whole}").content == data
        assert http.head(f"/v1/blobs/{part}").headers["Upload-Offset"] == "100000"
        package = http.post(f"{person.path}/key-packages/take").json()["key_packages"][0]
        assert package["last_resort"], "a one-time package might be handed out a second time"
        assert person.send(
            http,
            "POST",
            person.packages_path(next(iter(person.device_keys))),
            {"one_time": ["AAAA"], "last_resort": None},
        ).json() == {"one_time": 1}


def test_a_lost_commit_shuts_nobody_out_for_ever(relay: RelayProcess, tmp_path: Path) -> None:
    queue = Queue()

    async def before() -> None:
        stream = await Stream.open(relay.stream)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        await commit(stream, queue, 0)
        await append(stream, queue, b"message")

    async def after_backup() -> None:
        stream = await Stream.open(relay.stream)
        assert await commit(stream, queue, 1) == Appended(1, 3)

    async def restored(url: str) -> None:
        stream = await Stream.open(url)
        assert isinstance(await commit(stream, queue, 2), Conflict), "no commit was there, as the relay knows"
        assert isinstance(await commit(stream, queue, 3 + JUMP), Conflict), "no such number was ever given out"
        cursor = 3 + JUMP
        await append(stream, queue, b"message")
        assert await commit(stream, queue, 3) == Appended(4, cursor + 1)
        assert isinstance(await commit(stream, queue, 3), Conflict), "only once"
        assert isinstance(await commit(stream, queue, 1), Conflict)
        assert isinstance(await commit(stream, queue, cursor + 1), Appended)

    run(before())
    operate(relay, "backup", tmp_path / "backup")
    run(after_backup())
    relay.kill()
    havre("relay", "restore", tmp_path / "backup", "--data", tmp_path / "again")
    with running_relay(tmp_path / "again") as again:
        run(restored(again.stream))


def test_a_backup_of_a_relay_that_is_stopped(relay: RelayProcess, tmp_path: Path) -> None:
    with visit(relay.http) as http:
        Person().join(http)
    relay.kill()
    found = json.loads(operate(relay, "backup", tmp_path / "backup", "--json"))
    assert (found["accounts"], found["queues"]) == (1, 1)
    assert "no relay's folder" in havre("relay", "backup", tmp_path / "b", "--data", tmp_path / "none", code=20)


def test_nothing_is_written_over(relay: RelayProcess, tmp_path: Path) -> None:
    operate(relay, "backup", tmp_path / "backup")
    assert "is not empty" in operate(relay, "backup", tmp_path / "backup", code=1)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    assert "is not empty" in havre("relay", "restore", tmp_path / "backup", "--data", tmp_path / "used", code=1)
    assert "is not empty" in havre("relay", "restore", tmp_path / "backup", "--data", relay.data, code=1)


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    class Broken:
        def checkpoint(self, folder: Path) -> None:
            folder.mkdir()
            raise StoreError("the disk is full")

    with pytest.raises(BackupError, match="the disk is full"):
        make_backup(Broken(), tmp_path, tmp_path / "backup", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup with some of everything in it."""
    folder = tmp_path_factory.mktemp("sound")

    async def fill(url: str) -> None:
        stream, queue = await Stream.open(url), Queue()
        await stream.ask(Create, queue.id, queue.hashes, 0)
        for _ in range(20):
            await append(stream, queue, os.urandom(2000))

    with running_relay(folder / "data") as relay, visit(relay.http) as http:
        run(fill(relay.stream))
        upload(http, os.urandom(5000), 5000)
        operate(relay, "backup", folder / "backup")
    return folder / "backup"


def refuse(backup: Path, data: Path, words: str) -> None:
    assert words in havre("relay", "restore", backup, "--data", data, code=1)
    assert not data.exists()


def test_a_backup_that_is_damaged_is_refused(sound: Path, tmp_path: Path) -> None:

    for name, damage, words in (
        ("note", lambda folder: (folder / NOTE).unlink(), "holds no backup, or one that was not finished"),
        ("table", _flip_a_byte, "damaged"),
        ("blob", _shorten_a_blob, "were acknowledged"),
        (
            "version",
            lambda folder: (folder / NOTE).write_text('{"format":9,"at":1,"blobs":1,"version":"9"}'),
            "another",
        ),
    ):
        backup = tmp_path / name
        shutil.copytree(sound, backup)
        damage(backup)
        refuse(backup, tmp_path / f"{name}-data", words)


def _flip_a_byte(backup: Path) -> None:
    table = max((backup / STORE).glob("*.sst"), key=lambda path: path.stat().st_size)
    data = bytearray(table.read_bytes())
    data[len(data) // 3] ^= 1
    table.write_bytes(data)


def _shorten_a_blob(backup: Path) -> None:
    blob = next(path for path in (backup / "blobs").rglob("*") if path.is_file())
    blob.write_bytes(blob.read_bytes()[:100])


def test_a_file_deleted_while_the_backup_was_made_is_forgotten(sound: Path, tmp_path: Path) -> None:

    backup = tmp_path / "backup"
    shutil.copytree(sound, backup)
    next(path for path in (backup / "blobs").rglob("*") if path.is_file()).unlink()
    havre("relay", "restore", backup, "--data", tmp_path / "data")
    operated = json.loads(havre("relay", "backup", tmp_path / "second", "--data", tmp_path / "data", "--json"))
    assert operated["files"] == 0


def test_a_restore_that_was_broken_off_does_not_start(sound: Path, tmp_path: Path) -> None:
    from tests.relay.test_process import assert_one_sentence, start

    havre("relay", "restore", sound, "--data", tmp_path / "data")
    (tmp_path / "data" / RESTORING).touch()
    assert_one_sentence(start("--data", str(tmp_path / "data"), "--port", "0"), "was broken off; empty the folder")


def test_a_backup_may_be_restored_twice(sound: Path, tmp_path: Path) -> None:
    havre("relay", "restore", sound, "--data", tmp_path / "one")
    havre("relay", "backup", tmp_path / "second", "--data", tmp_path / "one")
    havre("relay", "restore", tmp_path / "second", "--data", tmp_path / "two")
    store = RocksStore(tmp_path / "two" / STORE)
    heads = store.heads([key[1:] for key in _queues(store)]).values()
    tails = [head.tail for head in heads if isinstance(head, Head)]
    store.close()
    assert [(tail.last, tail.lost_after, tail.lost_through) for tail in tails] == [(20 + 2 * JUMP, 20, 20 + 2 * JUMP)]


def _queues(store: RocksStore) -> list[bytes]:
    return [key for key, _ in store._range(b"t", b"u")]
