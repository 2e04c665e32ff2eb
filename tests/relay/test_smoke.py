"""A relay process, over real sockets: one of everything."""

from __future__ import annotations

import os
from pathlib import Path

from havre.wire.stream import Append, Appended, Create, Done, Entries, Read, Subscribe, Subscribed, Subscription
from tests.relay.rig import Person, Queue, Stream, run, running_relay, visit


def test_messages_and_accounts(tmp_path: Path) -> None:
    with running_relay(tmp_path / "relay") as relay:
        run(_talk(relay.stream))
        with visit(relay.http) as http:
            alice = Person()
            alice.join(http, name=os.urandom(32))
            assert http.get(alice.path).status_code == 200
            assert http.get("/v1/relay").json()["version"] == 1
            assert http.get("/healthz").status_code == 200
        assert relay.stop() == 0


async def _talk(url: str) -> None:
    queue = Queue()
    alice, bob = await Stream.open(url), await Stream.open(url)
    assert isinstance(await alice.ask(Create, queue.id, queue.hashes, 0), Done)
    assert await alice.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"one") == Appended(2, 1)
    caught = await bob.ask(Subscribe, [Subscription(queue.id, queue.secrets.read, 0)])
    assert isinstance(caught, Subscribed)
    assert [e.body for e in caught.queues[0].entries] == [b"one"]
    await alice.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"two")
    assert [e.body for e in await bob.pushed(queue.id, 1)] == [b"two"]
    read = await bob.ask(Read, queue.id, queue.secrets.read, 0)
    assert isinstance(read, Entries)
    assert [e.cursor for e in read.entries] == [1, 2]
