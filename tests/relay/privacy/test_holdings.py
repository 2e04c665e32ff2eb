"""What an operator is shown, and what is not there to be shown."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from havre.relay.store.tables import Tables
from havre.wire.directory import Upload
from havre.wire.stream import Append, Create, Delete, Done, Read, Subscribe, Subscription
from tests.relay.admin.rig import havre, operate
from tests.relay.backup.test_backup import upload
from tests.relay.rig import Person, Queue, RelayProcess, Stream, run, running_relay, visit
from tests.relay.waiting import await_that


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayProcess]:
    with running_relay(tmp_path / "data", sweep_seconds=0.1) as process:
        yield process


def holdings(relay: RelayProcess, name: bytes) -> dict[str, list[str]]:
    told: dict[str, Any] = json.loads(operate(relay, "inspect", name.hex(), "--json"))
    return {one["title"]: one["lines"] for one in told["holdings"]}


def rows_of(data: Path) -> list[tuple[str, bytes]]:
    """Return title and the bytes of key and value of every row in a stopped relay's store."""
    tables = Tables(data / "store")
    raw: Any = tables._db.items()
    found = [(key[:1].decode(), bytes(key) + bytes(value)) for key, value in raw]
    tables.close()
    return found


@pytest.mark.claim("operator-sees-all")
def test_an_account_in_words(relay: RelayProcess) -> None:
    person, name = Person(), os.urandom(32)
    with visit(relay.http) as http:
        person.join(http, name)
        http.post(f"{person.path}/key-packages/take")
    found = holdings(relay, person.id)
    packages = {"Stock of key packages", "One-time key package", "Key package of last resort"}
    assert set(found) == {"Account", "User name", "Sequence", *packages}
    assert person.public.hex() in found["Account"][0]
    assert person.inbox.id.hex() in found["Account"][1]
    assert name.hex() in found["User name"][0]
    assert "has 2 left, of 3" in found["Stock of key packages"][0]
    assert "2 of them" in found["One-time key package"][0]
    words = operate(relay, "inspect", person.id.hex())
    assert "so that nobody plays a signed request back" in words
    assert "who can read it: anybody who asks" in words


@pytest.mark.claim("operator-sees-all")
@pytest.mark.claim("following-in-memory")
def test_a_queue_in_words(relay: RelayProcess) -> None:
    queue, told = Queue(), list[dict[str, list[str]]]()

    async def scene() -> None:
        stream = await Stream.open(relay.stream)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        for size in (100, 200):
            await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), os.urandom(size))
        await stream.ask(Subscribe, [Subscription(queue.id, queue.secrets.read, 0)])
        told.append(await asyncio.to_thread(holdings, relay, queue.id))

    run(scene())
    found = told[0]
    assert set(found) == {"Queue: who may do what", "Queue: where it stands", "Entry", "Dedupe id", "In memory"}
    assert "2 ciphertexts, 300 bytes" in found["Entry"][0]
    assert queue.hashes.read.hex() in found["Queue: who may do what"][0]
    assert "1 connections follow it" in found["In memory"][0]
    await_that(lambda: "In memory" not in holdings(relay, queue.id))


def test_a_file_a_deleted_queue_and_nothing(relay: RelayProcess) -> None:
    queue = Queue()

    async def scene() -> None:
        stream = await Stream.open(relay.stream)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        assert isinstance(await stream.ask(Delete, queue.id, queue.secrets.manage), Done)

    run(scene())
    with visit(relay.http) as http:
        blob = upload(http, os.urandom(1000), 400)
    assert "400 of 1000 encrypted bytes" in holdings(relay, bytes.fromhex(blob))["File"][0]
    assert holdings(relay, queue.id) == {"Queue: who may do what": ["it was deleted; its id stays used up"]}
    assert "holds nothing about" in operate(relay, "inspect", "00" * 16)
    for wrong in ("00", "zz" * 16, "AA" * 16):
        assert "neither an account" in operate(relay, "inspect", wrong, code=1)


def test_a_stopped_relays_folder_is_looked_at_in_the_same_way(relay: RelayProcess) -> None:
    person = Person()
    with visit(relay.http) as http:
        person.join(http)
    running = holdings(relay, person.id)
    relay.kill()
    assert holdings(relay, person.id) == running
    assert "no relay's folder" in havre("relay", "inspect", "00" * 16, "--data", relay.data / "none", code=20)


@pytest.mark.claim("no-link")
def test_what_one_connection_does_for_an_account_and_a_queue_is_linked_nowhere(relay: RelayProcess) -> None:
    person, queue = Person(), Queue()

    async def scene() -> None:
        stream = await Stream.open(relay.stream)
        await stream.ask(Subscribe, [Subscription(person.inbox.id, person.inbox.secrets.read, 0)])
        await stream.ask(Create, queue.id, queue.hashes, 0)
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"x")

    with visit(relay.http) as http:
        person.join(http)
    run(scene())
    relay.stop()
    rows = rows_of(relay.data)
    of_person = (person.id, person.public, *person.device_keys, person.inbox.id)
    assert sum(queue.id in data for _, data in rows) >= 4, "the search itself works"
    assert [letter for letter, data in rows if queue.id in data and any(one in data for one in of_person)] == []
    assert {letter for letter, data in rows if person.inbox.id in data and person.id in data} == {"a"}


@pytest.mark.claim("account-closed")
def test_of_a_closed_account_only_its_sequence_is_left(relay: RelayProcess) -> None:
    person, name = Person(), os.urandom(32)
    with visit(relay.http) as http:
        person.join(http, name)
        assert person.send(http, "DELETE", person.path).status_code == 204
    assert set(holdings(relay, person.id)) == {"Sequence"}
    assert holdings(relay, person.inbox.id) == {"Queue: who may do what": ["it was deleted; its id stays used up"]}
    relay.stop()
    assert {letter for letter, data in rows_of(relay.data) if person.id in data} == {"s"}
    assert not [letter for letter, data in rows_of(relay.data) if name in data or person.public in data]


@pytest.mark.claim("expired-gone")
def test_an_entry_and_a_file_are_gone_when_their_time_is_over(tmp_path: Path) -> None:
    queue, left = Queue(), list[list[Any]]()

    async def read(relay: RelayProcess) -> None:
        stream = await Stream.open(relay.stream)
        page = await stream.ask(Read, queue.id, queue.secrets.read, 0)
        left.append([entry.body for entry in page.entries])

    async def fill(relay: RelayProcess) -> None:
        stream = await Stream.open(relay.stream)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"short", 1)
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"long")

    def is_gone(relay: RelayProcess) -> bool:
        run(read(relay))
        return left[-1] == [b"long"]

    with running_relay(tmp_path / "data", sweep_seconds=0.1) as relay, visit(relay.http) as http:
        run(fill(relay))
        blob = upload(http, b"x" * 100, 100, ttl=1)
        await_that(lambda: is_gone(relay))
        await_that(lambda: http.get(f"/v1/blobs/{blob}").status_code == 404)
        await_that(lambda: not [path for path in (relay.data / "blobs").rglob("*") if path.is_file()])


@pytest.mark.claim("log-without-people")
@pytest.mark.claim("no-address")
def test_the_log_of_a_day_with_everything_in_it_names_nobody(relay: RelayProcess) -> None:
    person, queue, name = Person(), Queue(), os.urandom(32)

    async def scene() -> None:
        stream = await Stream.open(relay.stream)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"x", 1)
        stream.send_raw(b"rubbish")
        while await stream.next() is not None:
            pass

    with visit(relay.http) as http:
        person.join(http, name)
        person.send(http, "PUT", person.path, person.sign_up(name, Upload([b"x"], None)))
        blob = upload(http, b"x" * 100, 50)
        http.get(f"/v1/accounts/{'0' * 64}")
    run(scene())
    for command in (["inspect", person.id.hex()], ["inspect", queue.id.hex()], ["backup", relay.data.parent / "b"]):
        operate(relay, *command)
    assert relay.stop() == 0
    log = relay.log.read_bytes()
    assert b'"event": "stopped"' in log
    for one in (person.id, person.public, person.inbox.id, queue.id, bytes.fromhex(blob), name):
        assert one.hex().encode() not in log
    assert b"127.0.0.1" not in log


@pytest.mark.claim("backup-no-more")
def test_a_backup_is_what_the_relay_has_and_nothing_else(relay: RelayProcess, tmp_path: Path) -> None:
    with visit(relay.http) as http:
        Person().join(http, os.urandom(32))
        upload(http, b"x" * 100, 50)
    operate(relay, "backup", tmp_path / "backup")
    assert {path.name for path in tmp_path.iterdir()} == {"backup", "data", "data.log"}
    relay.stop()
    assert rows_of(tmp_path / "backup") == rows_of(relay.data)
    assert {path.name for path in (tmp_path / "backup").iterdir()} <= {"store", "blobs", "config", "backup.json"}
