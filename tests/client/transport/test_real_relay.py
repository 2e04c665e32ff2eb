"""The stream against the real relay: what is appended is read, also across a crash of the relay."""

from __future__ import annotations

from os import urandom
from pathlib import Path

import pytest

from havre.client.identity.address import RelayAddress
from havre.client.transport.base import Connected, Disconnected
from havre.client.transport.network import InternetNetwork
from havre.wire.capability import Capabilities
from havre.wire.stream import Append, Appended, Create, Done, Pushed, Subscribe, Subscribed, Subscription
from tests.client.transport.scripted import QUICK, Follower, half
from tests.relay.rig import running_relay

pytestmark = pytest.mark.anyio

QUEUE = urandom(16)
KEYS = Capabilities(urandom(32), urandom(32), urandom(32))


def append(number: int) -> Append:
    return Append(number, QUEUE, KEYS.write, number.to_bytes(16, "big"), b"entry %d" % number)


async def test_entries_survive_a_crash_of_the_relay(tmp_path: Path) -> None:
    with running_relay(tmp_path / "data") as relay:
        network = InternetNetwork(half, QUICK)
        link = network.stream(RelayAddress.parse(relay.http))
        assert network.stream(RelayAddress.parse(relay.http)) is link
        follower = Follower(link)
        assert isinstance(await follower.next(), Connected)
        await link.send([Create(1, QUEUE, KEYS.hashes(), 0), *map(append, range(2, 102))])
        assert await follower.events(101) == [Done(1)] + [Appended(n, n - 1) for n in range(2, 102)]

        relay.kill()
        assert isinstance(await follower.next(), Disconnected)
        relay.start()
        while isinstance(await follower.next(), Disconnected):
            pass

        await link.send([append(101), append(102), Subscribe(1, [Subscription(QUEUE, KEYS.read, 0)])])
        events = await follower.events(3)
        assert Appended(101, 100) in events
        assert Appended(102, 101) in events
        caught = next(event for event in events if isinstance(event, Subscribed)).queues[0]
        bodies = [entry.body for entry in caught.entries]
        assert bodies[:100] == [b"entry %d" % n for n in range(2, 102)]
        assert not [event for event in events if isinstance(event, Pushed)]
        await network.close()


async def test_a_relay_that_stops_is_waited_for(tmp_path: Path) -> None:
    with running_relay(tmp_path / "data", retry_after="0.2") as relay:
        network = InternetNetwork(half, QUICK)
        follower = Follower(network.stream(RelayAddress.parse(relay.http)))
        await follower.next()
        assert relay.stop() == 0
        while not isinstance(happening := await follower.next(), Disconnected):
            pass
        relay.start()
        while isinstance(happening, Disconnected):
            happening = await follower.next()
        assert isinstance(happening, Connected)
        await network.close()
