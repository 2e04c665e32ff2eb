"""Each budget over real sockets: what is within goes through, what is beyond is `busy`, and others notice nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from picows import WSError

from havre.wire.directory import NewBlob, TakenAll
from havre.wire.refusals import Refusal
from havre.wire.stream import Append, Appended, Create, Done, Refused
from tests.relay.http.test_blobs import is_open
from tests.relay.rig import PATIENCE, Person, Queue, RelayProcess, Stream, run, running_relay, visit
from tests.relay.waiting import await_that

SMALL = {
    "peer_sign_ups": 3,
    "peer_queues": 2,
    "peer_takes": 5,
    "peer_look_ups": 2,
    "peer_blobs": 3,
    "peer_blob_bytes": 100_000,
    "account_takes": 2,
    "connection_bytes": 1024,
    "peer_connections": 4,
    "peer_uploads": 1,
    "request_seconds": 1.0,
}
NEIGHBOUR = "127.0.0.77"
"""Another loopback address: a peer of its own."""


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[RelayProcess]:
    with running_relay(tmp_path / "data", **SMALL) as relay:
        yield relay


@pytest.fixture
def here(narrow: RelayProcess) -> Iterator[httpx.Client]:
    with visit(narrow.http) as client:
        yield client


@pytest.fixture
def next_door(narrow: RelayProcess) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(local_address=NEIGHBOUR, limits=httpx.Limits(max_keepalive_connections=0))
    with httpx.Client(base_url=narrow.http, timeout=30, transport=transport) as client:
        yield client


def assert_busy(answer: httpx.Response, words: str) -> None:
    assert answer.status_code == 429, answer.text
    refusal = msgspec.json.decode(answer.content, type=Refusal)
    assert (refusal.code, refusal.retry_after is not None) == ("busy", True)
    assert words in refusal.message
    assert int(answer.headers["Retry-After"]) >= 1


def wait_until_answered(http: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while http.get("/healthz").status_code != 200:
        assert time.monotonic() < deadline


def send_until_cut(raw: socket.socket, data: bytes, pause: float, seconds: float) -> None:
    """Go on sending until the relay has had enough, which it must; raises OSError then."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(pause)
        raw.sendall(data)


def new_blob(http: httpx.Client, size: int, secret: bytes = b"s" * 32) -> tuple[str, httpx.Response]:
    form = NewBlob(os.urandom(16), size, sha256(secret).digest())
    return f"/v1/blobs/{form.blob.hex()}", http.post("/v1/blobs", content=msgspec.json.encode(form))


def test_sign_ups(here: httpx.Client, next_door: httpx.Client) -> None:
    for _ in range(3):
        Person().join(here)
    person = Person()
    assert_busy(person.send(here, "PUT", person.path, person.sign_up()), "new accounts")
    person.join(next_door)


def test_look_ups_of_names(here: httpx.Client, next_door: httpx.Client) -> None:
    path = f"/v1/names/{os.urandom(32).hex()}"
    assert [here.get(path).status_code for _ in range(2)] == [404, 404]
    assert_busy(here.get(path), "user names")
    assert_busy(here.put(path), "user names")
    assert next_door.get(path).status_code == 404


def test_key_packages_of_one_account_are_not_used_up(here: httpx.Client, next_door: httpx.Client) -> None:
    person = Person()
    person.join(here)
    path = f"{person.path}/key-packages/take"
    answers = [here.post(path) for _ in range(5)]
    taken = [msgspec.json.decode(answer.content, type=TakenAll).key_packages[0] for answer in answers]
    assert [one.last_resort for one in taken] == [False, False, True, True, True]
    assert_busy(here.post(path), "key packages")
    assert next_door.post(path).json()["key_packages"][0]["last_resort"] is True


def test_files_and_their_bytes(here: httpx.Client, next_door: httpx.Client) -> None:
    assert new_blob(here, 60_000)[1].status_code == 204
    assert_busy(new_blob(here, 60_000)[1], "bytes of files")
    assert new_blob(here, 100)[1].status_code == 204
    assert_busy(new_blob(here, 100)[1], "files")
    assert new_blob(next_door, 60_000)[1].status_code == 204


def test_uploads_at_the_same_time(narrow: RelayProcess, here: httpx.Client) -> None:
    headers = {"Upload-Offset": "0", "Havre-Upload": b64encode(b"s" * 32).decode()}
    (first, _), (second, _) = new_blob(here, 1000), new_blob(here, 1000)
    begun, may_end = threading.Event(), threading.Event()

    def slowly() -> Any:
        yield b"x" * 500
        begun.set()
        may_end.wait(PATIENCE)
        yield b"x" * 500

    def upload() -> None:
        with visit(narrow.http) as other:
            assert other.patch(first, content=slowly(), headers=headers).status_code == 204

    uploading = threading.Thread(target=upload)
    uploading.start()
    assert begun.wait(PATIENCE)
    await_that(is_open(narrow, first).exists)
    busy = here.patch(second, content=b"x", headers=headers)
    may_end.set()
    uploading.join()
    assert_busy(busy, "uploads")
    assert here.patch(second, content=b"x", headers=headers).status_code == 204


def test_new_queues(narrow: RelayProcess) -> None:
    async def scene() -> None:
        stream = await Stream.open(narrow.stream)
        for _ in range(2):
            queue = Queue()
            assert isinstance(await stream.ask(Create, queue.id, queue.hashes, 0), Done)
        again = await Stream.open(narrow.stream)
        refused = await again.ask(Create, Queue().id, Queue().hashes, 0)
        assert isinstance(refused, Refused)
        assert (refused.code, "new queues" in refused.message) == ("busy", True)
        assert (refused.retry_after or 0) > 0
        neighbour = await Stream.open(narrow.stream, local_addr=(NEIGHBOUR, 0))
        assert isinstance(await neighbour.ask(Create, Queue().id, Queue().hashes, 0), Done)

    run(scene())


def test_appends_of_one_connection(narrow: RelayProcess) -> None:
    async def scene() -> None:
        stream, queue = await Stream.open(narrow.stream), Queue()
        await stream.ask(Create, queue.id, queue.hashes, 0)
        answers = [await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"x") for _ in range(16)]
        assert isinstance(answers[0], Appended)
        refused = answers[-1]
        assert isinstance(refused, Refused)
        assert (refused.code, refused.message) == ("busy", "this connection sends too fast; try again in a moment")
        other = await Stream.open(narrow.stream)
        assert isinstance(
            await other.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"x" * 50_000), Appended
        )

    run(scene())


def test_connections_at_the_same_time(narrow: RelayProcess, here: httpx.Client) -> None:
    async def scene() -> None:
        for _ in range(4):
            await Stream.open(narrow.stream)
        with pytest.raises(WSError, match="429"):
            await Stream.open(narrow.stream)
        assert_busy(await asyncio.to_thread(here.get, "/healthz"), "connections")
        await Stream.open(narrow.stream, local_addr=(NEIGHBOUR, 0))

    run(scene())  # closes them all
    wait_until_answered(here)


def test_connections_that_end_give_their_place_back(narrow: RelayProcess, here: httpx.Client) -> None:
    upgrade = b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    for data in (b"", b"GET", b"rubbish\r\n\r\n", upgrade, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") * 3:
        with socket.create_connection(("127.0.0.1", narrow.port), timeout=60) as raw:
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
            raw.recv(4096)
        time.sleep(0.02)
    wait_until_answered(here)


@pytest.mark.parametrize(
    "start",
    [
        b"GET /",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ",
        b"POST /v1/blobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\n",
    ],
)
def test_a_request_that_never_ends_is_cut(narrow: RelayProcess, start: bytes) -> None:
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=60) as raw:
        raw.sendall(start)
        with pytest.raises(OSError, match=r"reset|Broken"):  # a byte now and then does not help
            send_until_cut(raw, b"1", pause=0.1, seconds=60)


def test_a_connection_that_says_nothing_is_cut(narrow: RelayProcess) -> None:
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=60) as raw:
        assert raw.recv(1) == b""


def test_a_head_without_end_is_refused(narrow: RelayProcess) -> None:
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=60) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        with pytest.raises(OSError, match=r"reset|Broken"):
            send_until_cut(raw, b"X: " + b"y" * 8000 + b"\r\n", pause=0.001, seconds=60)


def test_forwarded_addresses_count_only_when_the_operator_says_so(tmp_path: Path) -> None:
    path, headers = f"/v1/names/{os.urandom(32).hex()}", [{"X-Forwarded-For": f"203.0.113.{n}"} for n in range(4)]
    for number, (forwarded, last) in enumerate((("[]", 429), ('["198.51.100.1"]', 429), ('["127.0.0.0/8"]', 404))):
        settings = SMALL | {"forwarded": forwarded}
        with running_relay(tmp_path / str(number), **settings) as relay, visit(relay.http) as http:
            assert [http.get(path, headers=header).status_code for header in headers][-1] == last


def test_budgets_can_be_switched_off(tmp_path: Path) -> None:
    with (
        running_relay(tmp_path / "data", **SMALL, budgets=False) as relay,
        visit(relay.http) as http,
    ):
        for _ in range(6):
            Person().join(http)


@pytest.mark.claim("no-address")
def test_no_address_is_anywhere_afterwards(narrow: RelayProcess, next_door: httpx.Client, tmp_path: Path) -> None:
    for _ in range(4):
        person = Person()
        person.send(next_door, "PUT", person.path, person.sign_up())
        next_door.get("/v1/names/x", headers={"X-Forwarded-For": "203.0.113.9"})
    with socket.create_connection(("127.0.0.1", narrow.port), source_address=(NEIGHBOUR, 0)) as raw:
        raw.sendall(b"no HTTP at all\r\n\r\n")
        raw.recv(1000)
    narrow.stop()
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        left = path.read_bytes()
        for address in (NEIGHBOUR, "203.0.113.9", "127.0.0.1"):
            assert address.encode() not in left, path
            assert socket.inet_aton(address) not in left, path
