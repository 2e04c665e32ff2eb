"""Connections that drag their feet, say nothing, or say rubbish, by the hundred and by the thousand."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.relay.bystander import bystander
from tests.relay.rig import RelayProcess, Stream, run

UPGRADE = (
    b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
AT_ONCE = 200


def descriptors(relay: RelayProcess) -> int:
    return len(list(Path(f"/proc/{relay.process.pid}/fd").iterdir()))


async def wait_until_gone(relay: RelayProcess, before: int) -> None:
    """Wait until the relay holds no more descriptors than before, give or take the store's own."""
    async with asyncio.timeout(60):
        while descriptors(relay) > before + 10:  # noqa: ASYNC110  # nothing tells us but a look
            await asyncio.sleep(0.05)


async def many(count: int, one: Callable[[int], Awaitable[None]]) -> None:
    """Do something many times, some of them at once."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def turn(number: int) -> None:
        async with turns:
            await one(number)

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(turn(number))


async def read_to_the_end(reader: asyncio.StreamReader) -> bytes:
    """Read until the relay ends the connection, which it must."""
    data = b""
    async with asyncio.timeout(60):
        with suppress(ConnectionError):
            while part := await reader.read(65536):
                data += part
    return data


def test_slow_loris(target: RelayProcess) -> None:
    """A header a byte at a time; each is cut after `request_seconds`, however busy it looks."""
    before = descriptors(target)

    async def drip(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        writer.write(b"GET /v1/relay HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        reading = asyncio.create_task(read_to_the_end(reader))
        with suppress(ConnectionError):
            while not reading.done():
                writer.write(b"y")
                await asyncio.wait([reading], timeout=0.1)
        assert await reading == b""
        writer.close()

    async def scene() -> None:
        await many(AT_ONCE, drip)
        await wait_until_gone(target, before)

    with bystander(target):
        run(scene())


def test_half_open_connections(target: RelayProcess) -> None:
    """Peers that connect and vanish without a word: before a request, in it, and as a stream that never answers."""
    before = descriptors(target)

    async def stay_silent(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        writer.write([b"", b"POST /v1/blobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", UPGRADE][number % 3])
        await read_to_the_end(reader)
        writer.close()

    async def scene() -> None:
        await many(AT_ONCE, stay_silent)
        await wait_until_gone(target, before)

    with bystander(target):
        run(scene())


def rubbish(random_: random.Random) -> bytes:
    """Something that is no request, or begins like one and goes wrong."""
    noise = random_.randbytes(random_.randrange(1, 300))
    starts = [b"", b"GET / HTTP/1.1\r\n", b"PUT /v1/accounts/ HTTP/9.9\r\n\r\n", UPGRADE, b"\x16\x03\x01\x02\x00\x01"]
    return random_.choice(starts) + noise


async def throw(target: RelayProcess, random_: random.Random) -> None:
    """Connect, send rubbish, and leave: by the door, or by slamming it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    with suppress(ConnectionError):
        writer.write(rubbish(random_))
        await writer.drain()
        if random_.random() < 0.5:
            with suppress(OSError):  # the relay has ended the connection already
                writer.write_eof()
            async with asyncio.timeout(60):
                await reader.read(1000)
        else:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()


def throw_rubbish(target: RelayProcess, count: int) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)
    random_, before = random.Random(seed), descriptors(target)

    async def scene() -> None:
        await many(count, lambda number: throw(target, random_))
        await wait_until_gone(target, before)

    with bystander(target):
        run(scene())


def test_a_thousand_connections_of_rubbish(target: RelayProcess) -> None:
    throw_rubbish(target, 1000)


@pytest.mark.long
def test_ten_thousand_connections_of_rubbish(target: RelayProcess) -> None:
    throw_rubbish(target, 10_000)


def test_connections_that_come_and_go(target: RelayProcess) -> None:
    before = descriptors(target)

    async def visit(number: int) -> None:
        stream = await Stream.connect(target.stream)
        if number % 2:
            await stream.next()
        stream.transport.disconnect(graceful=number % 3 == 0)

    async def scene() -> None:
        await many(600, visit)
        await wait_until_gone(target, before)

    with bystander(target):
        run(scene())
