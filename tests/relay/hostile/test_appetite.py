"""Peers that want everything at once: each is bounded, all together are, and others are served meanwhile."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from picows import WSTransport

from havre.wire.refusals import Code
from havre.wire.stream import Append, Create, Done, Ended, Entries, Event, Read, Refused, Subscribe, Subscription
from tests.relay.bystander import bystander
from tests.relay.hostile.conftest import resident
from tests.relay.hostile.test_connections import descriptors
from tests.relay.rig import Queue, RelayProcess, Stream, run, running_relay, visit

MB = 1024 * 1024


def read_no_more(stream: Stream) -> None:
    transport: WSTransport = stream.transport
    transport.underlying_transport.pause_reading()


async def filled(url: str, entries: int, size: int) -> Queue:
    """Return a queue with so many entries."""
    queue, stream = Queue(), await Stream.open(url)
    assert isinstance(await stream.ask(Create, queue.id, queue.hashes, 0), Done)
    for _ in range(entries):
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), os.urandom(size))
    return queue


def test_a_reader_that_asks_and_does_not_read_is_cut(target: RelayProcess) -> None:
    """Hundreds of reads of a full page each, on connections that take nothing of it."""

    async def gorge(queue: Queue) -> None:
        stream = await Stream.open(target.stream)
        read_no_more(stream)
        for number in range(200):
            stream.send(Read(number, queue.id, queue.secrets.read, 0))

    async def scene() -> None:
        queue = await filled(target.stream, 5, 200_000)
        before, open_before = resident(target), descriptors(target)
        await asyncio.gather(*(gorge(queue) for _ in range(20)))
        async with asyncio.timeout(60):
            while descriptors(target) > open_before + 5:  # noqa: ASYNC110  # nothing tells us but a look
                await asyncio.sleep(0.05)
        assert resident(target) - before < 150 * MB

    with bystander(target):
        run(scene())


def test_slow_readers_are_bounded_together(tmp_path: Path) -> None:
    """Each stays within what it may leave unread; all of them would not fit."""

    async def scene(relay: RelayProcess) -> None:
        queue = await filled(relay.stream, 4, 230_000)
        before = resident(relay)
        streams = [await Stream.open(relay.stream) for _ in range(60)]
        for stream in streams:
            read_no_more(stream)
            for number in range(3):
                stream.send(Read(number, queue.id, queue.secrets.read, 0))
        fresh = await Stream.open(relay.stream)
        for _ in range(20):
            page = await fresh.ask(Read, queue.id, queue.secrets.read, 0)
            assert isinstance(page, Entries)
        assert resident(relay) - before < 90 * MB, "they asked for 165 MB"

    with (
        running_relay(tmp_path / "relay", max_unread_bytes=16 * MB, send_buffer=4 * MB) as relay,
        bystander(relay),
    ):
        run(scene(relay))


def test_subscribing_ahead_of_the_answers_follows_no_more_than_allowed(tmp_path: Path) -> None:
    """What is asked for before the first answer has come counts, too."""
    queues = [Queue() for _ in range(600)]

    async def scene(url: str) -> None:
        owner = await Stream.open(url)
        for number, queue in enumerate(queues):
            owner.send(Create(number, queue.id, queue.hashes, 0))
        for _ in queues:
            assert isinstance(await owner.next(), Done)
        greedy = await Stream.open(url)
        for start in range(0, 600, 100):
            many = [Subscription(queue.id, queue.secrets.read, 0) for queue in queues[start : start + 100]]
            greedy.send(Subscribe(start, many))
        events: list[Event | None] = [await greedy.next()]
        while events[-1] is not None and len(events) < 6:
            events.append(await greedy.next())
        assert None in events, "cut, or told that it is too much"

    with running_relay(tmp_path / "relay", max_subscriptions=512) as relay, bystander(relay):
        run(scene(relay.stream))


def test_bodies_are_bounded_together(tmp_path: Path) -> None:
    """Large bodies that come slowly, from many connections: beyond the bound they are refused, and it is given back."""
    start = b"PUT /v1/accounts/" + b"0" * 64 + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n"

    async def send(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(start + bytes(3_000_000))
        await writer.drain()
        return reader, writer

    async def scene(relay: RelayProcess) -> None:
        before = resident(relay)
        peers = [await send(relay.port) for _ in range(30)]
        reading = [asyncio.create_task(reader.readuntil(b"\r\n")) for reader, _ in peers]
        async with asyncio.timeout(60):
            for answered in asyncio.as_completed(reading):
                assert (await answered).startswith(b"HTTP/1.1 429")
                if sum(task.done() for task in reading) >= 25:
                    break
        assert resident(relay) - before < 80 * MB
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        for _, writer in peers:
            writer.close()

    def again(relay: RelayProcess) -> None:
        with visit(relay.http) as http:
            for _ in range(8):
                answer = http.put(f"/v1/accounts/{'0' * 64}", content=bytes(3_000_000))
                assert answer.status_code == 400, "what was taken is given back"

    with running_relay(tmp_path / "relay", max_body_bytes=16 * MB) as relay, bystander(relay):
        run(scene(relay))
        again(relay)


@pytest.mark.parametrize("size", [10, 200_000])
def test_one_connection_that_writes_as_fast_as_it_can(target: RelayProcess, size: int) -> None:
    """Its own budget stops it; nobody else waits for it."""

    async def scene() -> None:
        queue, stream = await filled(target.stream, 1, 1), await Stream.open(target.stream)
        refused = 0
        async with asyncio.timeout(60):
            while not refused:
                for number in range(200):
                    stream.send(Append(number, queue.id, queue.secrets.write, os.urandom(16), os.urandom(size)))
                for _ in range(200):
                    answer = await stream.next()
                    assert answer is not None
                    if isinstance(answer, Refused):
                        assert (answer.code, answer.retry_after is not None) == (Code.BUSY, True)
                        refused += 1

    with bystander(target):
        run(scene())


def test_rotating_and_following_in_a_loop(target: RelayProcess) -> None:
    """Subscriptions that end and begin again thousands of times leave nothing behind."""
    queue = Queue()

    async def scene() -> None:
        stream = await Stream.open(target.stream)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        one = [Subscription(queue.id, queue.secrets.read, 0)] * 512
        for number in range(150):
            stream.send(Subscribe(number, one))
        for _ in range(150):
            event = await stream.next()
            assert not isinstance(event, Refused | Ended), event

    with bystander(target):
        run(scene())
