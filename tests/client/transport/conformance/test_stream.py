"""What every stream link does, over WebSocket and in memory alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from havre.client.errors import NoRelay, NotHavre
from havre.client.transport.backoff import Bounds
from havre.client.transport.base import Connected, Disconnected, Received, StreamLink
from havre.wire.stream import Done, Unsubscribe
from tests.client.transport.scripted import (
    QUEUE,
    QUICK,
    READY,
    Follower,
    ScriptedRelay,
    eventually,
    memory_client,
    pushed,
    websocket_client,
)

pytestmark = pytest.mark.anyio

Client = Callable[..., AbstractAsyncContextManager[StreamLink]]


@pytest.fixture(params=[websocket_client, memory_client], ids=["websocket", "memory"])
def client(request: pytest.FixtureRequest) -> Client:
    chosen: Client = request.param
    return chosen


@pytest.fixture
def relay() -> ScriptedRelay:
    return ScriptedRelay()


def ask(request: int) -> Unsubscribe:
    return Unsubscribe(request, [QUEUE])


async def test_greeting_comes_first(client: Client, relay: ScriptedRelay) -> None:
    async with client(relay) as link:
        assert await Follower(link).next() == Connected(READY)


async def test_commands_are_answered_in_order(client: Client, relay: ScriptedRelay) -> None:
    async with client(relay) as link:
        follower = Follower(link)
        await follower.next()
        await link.send([ask(1), ask(2)])
        await link.send([ask(3)])
        assert await follower.events(3) == [Done(1), Done(2), Done(3)]
        assert relay.taken == [ask(1), ask(2), ask(3)]


async def test_what_comes_together_is_handed_on_together(client: Client, relay: ScriptedRelay) -> None:
    async with client(relay) as link:
        follower = Follower(link)
        await follower.next()
        relay.peers[-1].send([pushed(cursor) for cursor in range(1, 51)])
        await asyncio.sleep(0.1)
        happening = await follower.next()
        assert isinstance(happening, Received)
        assert list(happening.events) == [pushed(cursor) for cursor in range(1, 51)]


async def test_it_comes_back_by_itself(client: Client, relay: ScriptedRelay) -> None:
    async with client(relay) as link:
        follower = Follower(link)
        await follower.next()
        relay.peers[-1].hang_up()
        lost = await follower.next()
        assert isinstance(lost, Disconnected)
        assert isinstance(lost.reason, NoRelay)
        assert QUICK.shortest <= lost.retry_in <= QUICK.longest
        assert isinstance(await follower.next(), Connected)
        assert len(relay.peers) == 2


async def test_an_absent_relay_is_tried_again(client: Client, relay: ScriptedRelay) -> None:
    relay.away = True
    async with client(relay) as link:
        follower = Follower(link)
        for _ in range(3):
            lost = await follower.next()
            assert isinstance(lost, Disconnected)
            assert isinstance(lost.reason, NoRelay | NotHavre)
        relay.away = False
        while isinstance(happening := await follower.next(), Disconnected):
            pass
        assert isinstance(happening, Connected)


async def test_commands_wait_for_connected_to_be_taken(client: Client, relay: ScriptedRelay) -> None:
    """What is sent on a connection that the consumer does not know of yet would be sent twice."""
    async with client(relay) as link:
        follower = Follower(link)
        await link.send([ask(1)])
        await follower.next()
        relay.peers[-1].hang_up()
        await eventually(lambda: len(relay.peers) == 2)
        await link.send([ask(2)])
        assert isinstance(await follower.next(), Disconnected)
        assert isinstance(await follower.next(), Connected)
        await link.send([ask(3)])
        assert await follower.events(1) == [Done(3)]
        assert relay.taken == [ask(3)]


async def test_draining_names_the_time_to_come_back(client: Client, relay: ScriptedRelay) -> None:
    async with client(relay, Bounds(shortest=0.01, longest=5.0)) as link:
        follower = Follower(link)
        await follower.next()
        relay.drain(0.3)
        await follower.events(1)
        lost = await follower.next()
        assert isinstance(lost, Disconnected)
        assert 0.3 <= lost.retry_in < 1.0
        before = asyncio.get_running_loop().time()
        assert isinstance(await follower.next(), Connected)
        assert asyncio.get_running_loop().time() - before >= 0.25


async def test_a_slow_consumer_stops_the_relay(client: Client, relay: ScriptedRelay) -> None:
    """12 MB are pushed and nobody takes them: they wait outside, and all of them come once somebody does."""
    async with client(relay) as link:
        follower = Follower(link)
        await follower.next()
        body, count = bytes(100_000), 120
        for cursor in range(1, count + 1):
            relay.peers[-1].send([pushed(cursor, body)])
            await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        assert link._mailbox.full  # type: ignore[attr-defined]  # white box: both kinds are this class
        assert link._mailbox._weight < 6 * 2**20  # type: ignore[attr-defined]
        assert await follower.events(count) == [pushed(cursor, body) for cursor in range(1, count + 1)]


async def test_closing_ends_the_iteration_and_the_connection(client: Client, relay: ScriptedRelay) -> None:
    async with client(relay) as link:
        follower = Follower(link)
        await follower.next()
        await link.close()
        await link.close()
        with pytest.raises(StopAsyncIteration):
            await follower.next()
        await link.send([ask(1)])
        await eventually(lambda: relay.peers[-1].gone)
        assert relay.taken == []


async def test_a_waiting_consumer_is_let_go(client: Client, relay: ScriptedRelay) -> None:
    async with client(relay) as link:
        iterator: AsyncIterator[object] = aiter(link)
        await anext(iterator)
        waiting = asyncio.ensure_future(anext(iterator, None))
        await asyncio.sleep(0.02)
        await link.close()
        assert await waiting is None
