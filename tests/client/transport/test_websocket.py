"""What only a real connection can do wrong: silence, garbage, oversize, another version, no relay at all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from picows import WSMsgType, WSTransport, ws_create_server

from havre.client.errors import HavreError, NoRelay, NotHavre, RelayRefused, WrongVersion
from havre.client.identity.address import RelayAddress
from havre.client.transport.base import Connected, Disconnected, Received
from havre.client.transport.stream import websocket_link
from havre.wire.refusals import Code
from havre.wire.stream import EVENT, Append, Done, Draining, Event, Ready, Refused
from tests.client.transport.scripted import (
    QUEUE,
    QUICK,
    READY,
    Follower,
    Listener,
    ScriptedRelay,
    half,
    pushed,
    websocket_client,
)

pytestmark = pytest.mark.anyio

Script = Callable[[WSTransport], None]


async def first_reason(address: RelayAddress) -> HavreError:
    """Return why the first connection to an address ended, or did not come about."""
    link = websocket_link(address, half, bounds=QUICK, opening=0.3)
    try:
        follower = Follower(link)
        while not isinstance(happening := await follower.next(), Disconnected):
            pass
        return happening.reason
    finally:
        await link.close()


class Playing(Listener):
    """Does something of its own when a connection comes, and takes no notice of anything else."""

    def __init__(self, script: Script) -> None:
        super().__init__(ScriptedRelay())
        self.script = script

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.script(transport)


@asynccontextmanager
async def playing(script: Script) -> AsyncIterator[RelayAddress]:
    transports: list[WSTransport] = []

    def remember(transport: WSTransport) -> None:
        transports.append(transport)
        script(transport)

    server = await ws_create_server(lambda request: Playing(remember), "127.0.0.1", 0)
    try:
        yield RelayAddress("127.0.0.1", server.sockets[0].getsockname()[1], tls=False)
    finally:
        for transport in transports:
            transport.disconnect(graceful=False)
        server.close()
        await server.wait_closed()


def says(*frames: bytes) -> Script:
    def script(transport: WSTransport) -> None:
        for frame in frames:
            transport.send(WSMsgType.BINARY, frame)

    return script


GREETING = EVENT.encode(READY)


@pytest.mark.parametrize(
    "frames",
    [
        [b""],
        [b"\xc1"],
        [GREETING[:-1]],
        [GREETING + b"\x00"],
        [EVENT.encode(Done(1))],
        [GREETING, b"garbage"],
        [GREETING, EVENT.encode(pushed(1))[:-3]],
        [GREETING, b"\x92\xcc\xff\x01"],
    ],
    ids=["empty", "invalid", "truncated", "trailing", "no greeting", "garbage", "cut event", "unknown kind"],
)
async def test_garbage_ends_the_connection(frames: list[bytes]) -> None:
    async with playing(says(*frames)) as address:
        reason = await first_reason(address)
    assert isinstance(reason, NotHavre)


async def test_oversized_frame_ends_the_connection() -> None:
    async with playing(says(GREETING, bytes(17 * 2**20))) as address:
        assert isinstance(await first_reason(address), NotHavre)


async def test_text_ends_the_connection() -> None:
    async with playing(lambda transport: transport.send(WSMsgType.TEXT, b"hello")) as address:
        assert isinstance(await first_reason(address), NotHavre)


async def test_another_version_is_named() -> None:
    newer = Ready(version=2, frame_bytes=1, entry_bytes=1, ttl=1, heartbeat=1.0)
    async with playing(says(EVENT.encode(newer))) as address:
        reason = await first_reason(address)
    assert isinstance(reason, WrongVersion)
    assert (reason.theirs, reason.ours) == (2, 1)


@pytest.mark.parametrize("goodbye", [Refused(None, Code.BUSY, "too many", 0.01), Draining(0.01)])
async def test_a_busy_relay_is_heard(goodbye: Event) -> None:
    async with playing(says(EVENT.encode(goodbye))) as address:
        reason = await first_reason(address)
    assert isinstance(reason, RelayRefused)
    assert reason.code is Code.BUSY
    assert reason.retry_after == 0.01


async def test_a_silent_relay_is_given_up() -> None:
    """It greets, announces a heartbeat of 0.2 s, and then answers neither commands nor pings."""
    mute = Ready(version=1, frame_bytes=2**20, entry_bytes=2**18, ttl=1, heartbeat=0.2)

    def script(transport: WSTransport) -> None:
        transport.send(WSMsgType.BINARY, EVENT.encode(mute))
        transport.underlying_transport.pause_reading()

    async with playing(script) as address:
        reason = await first_reason(address)
    assert isinstance(reason, NoRelay)
    assert "silent" in reason.reason


async def test_an_idle_relay_that_answers_pings_is_kept() -> None:
    relay = ScriptedRelay(ready=Ready(version=1, frame_bytes=2**20, entry_bytes=1, ttl=1, heartbeat=1.0))
    async with websocket_client(relay) as link:
        follower = Follower(link)
        await follower.next()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await anext(follower.iterator)
        assert len(relay.peers) == 1


async def test_a_relay_that_does_not_greet() -> None:
    async with playing(lambda transport: None) as address:
        reason = await first_reason(address)
    assert isinstance(reason, NotHavre)
    assert "greet" in reason.reason


async def test_split_messages_are_put_together() -> None:
    event = EVENT.encode(pushed(1, bytes(1000)))

    def script(transport: WSTransport) -> None:
        transport.send(WSMsgType.BINARY, GREETING)
        transport.send(WSMsgType.BINARY, event[:10], fin=False)
        transport.send(WSMsgType.PING, b"")
        transport.send(WSMsgType.CONTINUATION, event[10:], fin=True)

    async with playing(script) as address:
        link = websocket_link(address, half, bounds=QUICK)
        follower = Follower(link)
        assert isinstance(await follower.next(), Connected)
        assert await follower.next() == Received((pushed(1, bytes(1000)),))
        await link.close()


async def test_oversized_command_is_answered_here() -> None:
    """The relay would hang up, we would come back, and send it again, for ever."""
    relay = ScriptedRelay(ready=Ready(version=1, frame_bytes=1000, entry_bytes=500, ttl=1, heartbeat=20.0))
    async with websocket_client(relay) as link:
        follower = Follower(link)
        await follower.next()
        await link.send(
            [Append(7, QUEUE, bytes(32), bytes(16), bytes(2000)), Append(8, QUEUE, bytes(32), bytes(16), b"")]
        )
        events = await follower.events(2)
        refused = next(event for event in events if isinstance(event, Refused))
        assert (refused.request, refused.code) == (7, Code.OVERSIZED)
        assert Done(8) in events
        assert [command.request for command in relay.taken] == [8]


async def test_sending_waits_while_the_connection_is_congested() -> None:
    def script(transport: WSTransport) -> None:
        transport.send(WSMsgType.BINARY, GREETING)
        transport.underlying_transport.pause_reading()

    async with playing(script) as address:
        link = websocket_link(address, half, bounds=QUICK)
        await Follower(link).next()
        big = [Append(n, QUEUE, bytes(32), bytes(16), bytes(500_000)) for n in range(100)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await link.send(big)
        await link.close()


# --- no relay -------------------------------------------------------------------------------------------------


async def test_nothing_at_the_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    reason = await first_reason(RelayAddress("127.0.0.1", port, tls=False))
    assert isinstance(reason, NoRelay)
    assert f"127.0.0.1:{port}" in str(reason)
    assert "refused" in str(reason)


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def tcp(answer: Answer) -> AsyncIterator[RelayAddress]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield RelayAddress("127.0.0.1", server.sockets[0].getsockname()[1], tls=False)
    finally:
        server.close()


def answers(data: bytes) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(data)
        await writer.drain()
        writer.close()

    return answer


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", NoRelay),
        (b"SSH-2.0-OpenSSH_9.6\r\n", NotHavre | NoRelay),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", NotHavre),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", NotHavre),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", NotHavre),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", RelayRefused),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", RelayRefused),
    ],
)
async def test_something_else_at_the_address(answer: bytes, kind: type[HavreError]) -> None:
    async with tcp(answers(answer)) as address:
        reason = await first_reason(address)
    assert isinstance(reason, kind)
    assert str(reason).isprintable()


async def test_the_system_never_answers() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    async with tcp(never) as address:
        reason = await first_reason(address)
    assert isinstance(reason, NoRelay)
    assert "too long" in reason.reason
