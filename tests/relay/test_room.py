"""A disk without room, and things whose time is over."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import msgspec
import pytest

from havre.relay.app import Relay
from havre.relay.config import ConfigError, RelayConfig, load
from havre.relay.core.requests import NewFile
from havre.relay.store.base import StoreError
from havre.relay.sweeper import sweep_once
from havre.wire.directory import NewBlob
from havre.wire.refusals import Code
from havre.wire.stream import Append, Appended, Create, Entries, Event, Read, Refused
from tests.relay.rig import Person, Queue, RelayProcess, Stream, refusal, run, running_relay, visit


def test_without_room_writes_are_refused_reads_work_and_room_heals(tmp_path: Path) -> None:
    queue = Queue()

    async def fill(url: str) -> None:
        stream = await Stream.open(url)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"one")

    async def hit_the_wall(url: str) -> None:
        stream = await Stream.open(url)
        refused = await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"two")
        assert isinstance(refused, Refused)
        assert (refused.code, refused.retry_after) == (Code.FULL, 30.0)
        fleeting = await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"typing", 0)
        assert isinstance(fleeting, Appended)
        read = await stream.ask(Read, queue.id, queue.secrets.read, 0)
        assert isinstance(read, Entries)
        assert [entry.body for entry in read.entries] == [b"one"]

    def over_http(relay: RelayProcess) -> None:
        person, blob = Person(), NewBlob(os.urandom(16), 10, bytes(32))
        with visit(relay.http) as http:
            answer = person.send(http, "PUT", person.path, person.sign_up())
            assert (answer.status_code, refusal(answer), answer.headers["Retry-After"]) == (507, "full", "30")
            assert refusal(http.post("/v1/blobs", content=msgspec.json.encode(blob))) == "full"
            assert http.get("/v1/relay").status_code == 200

    data = tmp_path / "relay"
    with running_relay(data) as relay:
        run(fill(relay.stream))
        relay.stop()
    with running_relay(data, free_bytes=2**60) as relay:
        run(hit_the_wall(relay.stream))
        over_http(relay)
        relay.stop()
    with running_relay(data) as relay:
        run(check_only_one(relay.stream, queue))


async def check_only_one(url: str, queue: Queue) -> None:
    stream = await Stream.open(url)
    answer = await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"three")
    assert answer.cursor == 2


class _Party:
    """Somebody who asks inside this process."""

    def __init__(self) -> None:
        self.answers: list[Event] = []
        self.following: set[bytes] = set()
        self.is_gone = False

    def cut(self) -> None:
        self.is_gone = True

    def answer(self, *events: Event) -> None:
        self.answers.extend(events)


def test_a_write_that_finds_the_disk_full_is_refused_and_the_next_one_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        relay, queue, party = Relay(RelayConfig(data=tmp_path, free_bytes=0)), Queue(), _Party()
        relay.committer.submit(party, Create(0, queue.id, queue.hashes, 0))
        await relay.committer.settle()
        real = relay.store._db
        monkeypatch.setattr(relay.store, "_db", _NoSpace(real))
        relay.committer.submit(party, Append(1, queue.id, queue.secrets.write, os.urandom(16), b"lost"))
        await relay.committer.settle()
        relay.committer.submit(party, Append(2, queue.id, queue.secrets.write, os.urandom(16), b"kept"))
        await relay.committer.settle()
        refused, appended = party.answers[1:]
        assert isinstance(refused, Refused)
        assert (refused.request, refused.code) == (1, Code.FULL)
        assert party.is_gone is False, "it follows nothing"
        assert appended == Appended(2, 1)
        assert [entry.body for entry in relay.store.entries(queue.id, 0, 9, 9, 999).entries] == [b"kept"]
        await relay.release()

    asyncio.run(scene())


class _NoSpace:
    def __init__(self, real: object) -> None:
        self._real = real

    def write(self, *arguments: object) -> None:
        raise Exception("IO error: No space left on device: While appending to file")

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def test_what_has_had_its_time_is_swept_away(tmp_path: Path) -> None:
    async def scene() -> None:
        relay, queue, party = Relay(RelayConfig(data=tmp_path, free_bytes=0)), Queue(), _Party()
        relay.committer.submit(party, Create(0, queue.id, queue.hashes, 0))
        for ttl in (1, 100):
            relay.committer.submit(party, Append(1, queue.id, queue.secrets.write, os.urandom(16), b"x", ttl))
        await relay.committer.ask(NewFile(b"b" * 16, 5, bytes(32), 1))
        upload = await relay.blobs.resume(b"b" * 16, 0)
        await upload.write(b"hello")
        await upload.close()
        assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 1
        await sweep_once(relay.committer, relay.store, relay.blobs, int(time.time()) + 10)
        page = relay.store.entries(queue.id, 0, 100, 100, 10**6)
        assert [entry.cursor for entry in page.entries] == [2]
        assert relay.store.blob(b"b" * 16) is None
        assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
        await relay.release()

    asyncio.run(scene())


def test_sweeping_does_not_spin_while_nothing_can_be_forgotten(tmp_path: Path) -> None:
    async def scene() -> None:
        relay = Relay(RelayConfig(data=tmp_path, free_bytes=0))
        await relay.committer.ask(NewFile(b"b" * 16, 5, bytes(32), 1))
        relay.store.failure = StoreError("the disk fails")
        relay.recovery._next = float("inf")
        async with asyncio.timeout(60):
            await sweep_once(relay.committer, relay.store, relay.blobs, int(time.time()) + 10)
        assert relay.store.blob(b"b" * 16) is not None
        relay.store.failure = None
        await sweep_once(relay.committer, relay.store, relay.blobs, int(time.time()) + 10)
        assert relay.store.blob(b"b" * 16) is None
        await relay.release()

    asyncio.run(scene())


def test_sweeping_happens_by_itself(tmp_path: Path) -> None:
    with running_relay(tmp_path / "relay", sweep_seconds=0.1) as relay, visit(relay.http) as http:
        form = NewBlob(os.urandom(16), 5, bytes(32), ttl=1)
        assert http.post("/v1/blobs", content=msgspec.json.encode(form)).status_code == 204
        path, deadline = f"/v1/blobs/{form.blob.hex()}", time.monotonic() + 60
        while http.head(path).status_code == 200 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert http.head(path).status_code == 404


def test_each_problem_of_the_settings_is_one_sentence() -> None:
    with pytest.raises(ConfigError) as caught:
        load(port="70000", ttl=1, wrong=3)
    lines = str(caught.value).splitlines()
    assert sorted(line.split(":")[0] for line in lines) == ["port", "ttl", "wrong"]
