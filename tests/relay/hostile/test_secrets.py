"""Guessing, replaying and borrowing: nothing opens, nothing changes, and the time it takes tells nothing."""

from __future__ import annotations

import asyncio
import hmac
import inspect
import os
from pathlib import Path

import httpx
import msgspec
import pytest

import havre.relay
from havre.relay.core import access
from havre.relay.store.rows import Generation, Head, Keys, Tail
from havre.wire.directory import Upload
from havre.wire.refusals import Code
from havre.wire.stream import (
    Append,
    Appended,
    Commit,
    Create,
    Delete,
    Done,
    Entries,
    Hashes,
    Read,
    Refused,
    Rotate,
    Subscribe,
    Subscribed,
    Subscription,
    Trim,
)
from tests.relay.bystander import bystander
from tests.relay.rig import Person, Queue, RelayProcess, Stream, refusal, run, visit

GUESSES = 300
"""Of each operation, on each of a few connections."""


def near(secret: bytes) -> bytes:
    """Return a guess that differs in one bit."""
    at = os.urandom(1)[0] % len(secret)
    return secret[:at] + bytes([secret[at] ^ 1]) + secret[at + 1 :]


async def guess(url: str, queue: Queue) -> None:
    """Try every operation with wrong secrets, without waiting for the answers."""
    stream = await Stream.open(url)
    q, right = queue.id, queue.secrets
    hashes = Queue().hashes
    for number in range(GUESSES):
        dedupe = os.urandom(16)
        for command in (
            Append(number, q, near(right.write), dedupe, b"forged"),
            Commit(number, q, near(right.write), dedupe, 0, b"forged"),
            Commit(number, q, right.write, dedupe, 0, b"forged", Rotate(near(right.manage), hashes)),
            Read(number, q, near(right.read), 0),
            Read(number, q, right.write, 0),
            Trim(number, q, near(right.manage), 1),
            Delete(number, q, right.read),
        ):
            stream.send(command)
    for _ in range(7 * GUESSES):
        answer = await stream.next()
        assert isinstance(answer, Refused), answer
        assert answer.code is Code.CAPABILITY


def test_guessing_capabilities(target: RelayProcess) -> None:
    queue = Queue()

    async def scene() -> None:
        owner = await Stream.open(target.stream)
        assert isinstance(await owner.ask(Create, queue.id, queue.hashes, 0), Done)
        first = await owner.ask(Append, queue.id, queue.secrets.write, bytes(16), b"first")
        assert first == Appended(first.request, 1)
        await asyncio.gather(*(guess(target.stream, queue) for _ in range(4)))
        wrong = await owner.ask(Subscribe, [Subscription(queue.id, near(queue.secrets.read), 0)])
        assert isinstance(wrong, Subscribed)
        assert (wrong.queues[0].refused, wrong.queues[0].entries) == (Code.CAPABILITY, [])
        page = await owner.ask(Read, queue.id, queue.secrets.read, 0)
        assert isinstance(page, Entries)
        assert [entry.body for entry in page.entries] == [b"first"]

    with bystander(target):
        run(scene())


def test_guessing_queues(target: RelayProcess) -> None:
    """Subscribes of hundreds of made-up queues each: all unknown, and no load to speak of."""

    async def scene() -> None:
        stream = await Stream.open(target.stream)
        for _ in range(100):
            many = [Subscription(os.urandom(16), os.urandom(32), 0) for _ in range(500)]
            answer = await stream.ask(Subscribe, many)
            assert isinstance(answer, Subscribed)
            assert {one.refused for one in answer.queues} == {Code.UNKNOWN}

    with bystander(target):
        run(scene())


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every decision about a secret is one of `hmac.compare_digest`, on hashes of the same length."""
    compared: list[tuple[int, int]] = []

    def watch(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(access, "compare_digest", watch)
    old, new = Queue(), Queue()
    keys = Keys(new.hashes, 60, (Generation(old.hashes.read, old.hashes.write, 5),))
    head = Head(keys, Tail(9))
    decisions = [
        access.may_write(keys, new.hashes.write),
        access.might_write(keys, old.secrets.write, 3),
        access.may_manage(keys, new.secrets.manage),
        access.readable_through(head, new.secrets.read) == 9,
        access.readable_through(head, old.secrets.read) == 5,
        access.reads_on(head, new.secrets.read),
    ]
    assert all(decisions)
    assert len(compared) >= len(decisions)
    assert set(compared) == {(32, 32)}


def test_no_secret_of_a_request_meets_an_equals_sign() -> None:
    """In all of the relay, no line compares a `capability_hash` with `==` or `!=`.

    The two exceptions compare with what follows from a public key, which is no secret.
    """
    files = sorted(Path(inspect.getfile(havre.relay)).parent.rglob("*.py"))
    found = [
        (path.name, "inbox_write" in line)
        for path in files
        for line in path.read_text().splitlines()
        if "capability_hash(" in line and ("==" in line or "!=" in line)
    ]
    assert sorted(found) == [("accounts.py", True), ("directory.py", True)]


def replayed(http: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Send the very same bytes once more."""
    again = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
    return http.send(again)


def test_replayed_requests(target: RelayProcess) -> None:
    """The same again is harmless or refused, whatever it was, and an old sign-up opens no closed account."""
    person, name = Person(), os.urandom(32)
    device = next(iter(person.device_keys))
    stock = person.packages_path(device)
    naming = {"account": msgspec.to_builtins(person.id)}
    with bystander(target), visit(target.http) as http:
        requests = [
            person.send(http, "PUT", person.path, person.sign_up()).request,
            person.send(http, "PUT", f"/v1/names/{name.hex()}", naming).request,
            person.send(http, "POST", stock, Upload([b"one more"])).request,
        ]
        left = person.send(http, "GET", stock).json()
        for _ in range(100):
            for request in requests:
                answer = replayed(http, request)
                assert answer.status_code == 204 or refusal(answer) in ("stale", "taken", "waiting")
        assert person.send(http, "GET", stock).json() == left, "no key package came in twice"
        closing = person.send(http, "DELETE", person.path)
        assert closing.status_code == 204
        for request in [*requests, closing.request]:
            assert refusal(replayed(http, request)) in ("stale", "unknown", "waiting")


def test_borrowed_signatures(target: RelayProcess) -> None:
    alice, mallory = Person(), Person()
    with visit(target.http) as http:
        alice.join(http)
        mallory.join(http)
        data = msgspec.json.encode(Upload([b"evil"]))
        device = next(iter(alice.device_keys))
        own = mallory.packages_path(next(iter(mallory.device_keys)))
        for path, signed_for in ((alice.packages_path(device), own), (f"{alice.path}/record", own)):
            headers = mallory.headers("POST", signed_for, data)
            assert refusal(http.request("PUT", path, content=data, headers=headers)) in ("signature", "malformed")
        assert refusal(http.request("DELETE", alice.path, headers=mallory.headers("DELETE", alice.path, b""))) == (
            "signature"
        )
        assert http.get(alice.path).status_code == 200


def test_hashes_of_a_queue_are_no_secrets_to_it(target: RelayProcess) -> None:
    """Who has stolen the relay's disk knows hashes; they open nothing."""
    queue = Queue()
    hashes: Hashes = queue.hashes

    async def scene() -> None:
        stream = await Stream.open(target.stream)
        await stream.ask(Create, queue.id, hashes, 0)
        for answer in (
            await stream.ask(Append, queue.id, hashes.write, bytes(16), b"x"),
            await stream.ask(Read, queue.id, hashes.read, 0),
            await stream.ask(Delete, queue.id, hashes.manage),
        ):
            assert isinstance(answer, Refused)
            assert answer.code is Code.CAPABILITY

    run(scene())
