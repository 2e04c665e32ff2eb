"""A network of relays: one link for each address, also where nobody is."""

from __future__ import annotations

import pytest

from havre.client.errors import NoRelay
from havre.client.identity.address import RelayAddress
from havre.client.transport.base import Connected, Disconnected, Network
from havre.client.transport.link import Deliver, ReconnectingLink, Wire
from havre.client.transport.memory import MemoryNetwork, MemoryRelay
from havre.client.transport.network import InternetNetwork
from tests.client.transport.scripted import QUICK, Follower, MemoryEnd, ScriptedRelay, half, websocket_host

pytestmark = pytest.mark.anyio

HERE = RelayAddress("relay.example", 443, tls=True)
NOWHERE = RelayAddress("nobody.example", 443, tls=True)


async def reaches(network: Network, address: RelayAddress) -> bool:
    link = network.stream(address)
    assert network.stream(address) is link
    assert link.address == address
    return isinstance(await Follower(link).next(), Connected)


async def test_memory() -> None:
    relay = MemoryRelay(MemoryEnd(ScriptedRelay()))
    network, other = MemoryNetwork({HERE: relay}, half, QUICK), MemoryNetwork({HERE: relay}, half, QUICK)
    assert await reaches(network, HERE)
    assert await reaches(other, HERE)
    lost = await Follower(network.stream(NOWHERE)).next()
    assert isinstance(lost, Disconnected)
    assert isinstance(lost.reason, NoRelay)
    for ask in (network.directory, network.blobs):
        with pytest.raises(NoRelay):
            ask(NOWHERE)
    await network.close()
    await other.close()


async def test_internet() -> None:
    relay = ScriptedRelay()
    async with websocket_host(relay) as address:
        network = InternetNetwork(half, QUICK)
        assert await reaches(network, address)
        with pytest.raises(NoRelay):
            await network.directory(RelayAddress("127.0.0.1", 9, tls=False)).relay_info()
        await network.close()
        await network.close()


async def test_a_mistake_of_ours_is_not_waited_for() -> None:
    async def dial(deliver: Deliver) -> Wire:
        raise RuntimeError("a bug")

    link = ReconnectingLink(HERE, dial, half)
    with pytest.raises(RuntimeError):
        await Follower(link).next()
    await link.close()
