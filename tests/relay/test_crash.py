"""`kill -9` in the middle of traffic: what was acknowledged is there, once, in order."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import httpx
import pytest

from havre.wire.directory import Upload
from havre.wire.stream import Append, Appended, Create, Read, Subscribe, Subscription
from tests.relay.rig import Person, Queue, RelayProcess, Stream, run, running_relay

UNDER_WAY = 20


class Writer:
    """Appends numbered entries, several at a time, and sends again what was not acknowledged."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.acknowledged: dict[int, int] = {}
        self.sent = 0

    def command(self, number: int) -> Append:
        dedupe = number.to_bytes(16, "big")
        return Append(number, self.queue.id, self.queue.secrets.write, dedupe, b"%d" % number)

    async def write(self, url: str, begun: asyncio.Event) -> None:
        """Append until the relay is gone."""
        stream = await Stream.open(url)
        await stream.ask(Create, self.queue.id, self.queue.hashes, 0)
        unsure = [number for number in range(self.sent) if number not in self.acknowledged]
        for number in unsure:
            stream.send(self.command(number))
        for _ in range(UNDER_WAY - len(unsure)):
            self.send_next(stream)
        begun.set()
        while (event := await stream.next()) is not None:
            assert isinstance(event, Appended), event
            assert self.acknowledged.setdefault(event.request, event.cursor) == event.cursor
            self.send_next(stream)

    def send_next(self, stream: Stream) -> None:
        stream.send(self.command(self.sent))
        self.sent += 1

    async def check(self, url: str) -> None:
        """Everything acknowledged is there under its cursor; nothing is there twice; cursors have no hole."""
        stream, after = await Stream.open(url), 0
        stored: dict[int, int] = {}
        while True:
            page = await stream.ask(Read, self.queue.id, self.queue.secrets.read, after)
            stored |= {entry.cursor: int(entry.body) for entry in page.entries}
            if not page.more:
                break
            after = page.entries[-1].cursor
        assert list(stored) == list(range(1, len(stored) + 1))
        assert len(set(stored.values())) == len(stored)
        assert self.acknowledged.items() <= {number: cursor for cursor, number in stored.items()}.items()


async def crash(relay: RelayProcess, writers: list[Writer], seconds: float) -> None:
    begun = [asyncio.Event() for _ in writers]
    writing = [
        asyncio.create_task(writer.write(relay.stream, event)) for writer, event in zip(writers, begun, strict=True)
    ]
    async with asyncio.timeout(60):
        for event in begun:
            await event.wait()
    await asyncio.sleep(seconds)
    relay.kill()
    await asyncio.gather(*writing)


def rounds(relay: RelayProcess, count: int) -> None:
    writers = [Writer() for _ in range(8)]

    async def all_is_there() -> None:
        for writer in writers:
            await writer.check(relay.stream)

    for number in range(count):
        run(crash(relay, writers, random.uniform(0.1, 0.6)))
        relay.start()
        if number % 5 == 4 or number == count - 1:
            run(all_is_there())
    assert all(writer.acknowledged for writer in writers)


def test_nothing_acknowledged_is_lost_or_doubled_by_a_crash(tmp_path: Path) -> None:
    with running_relay(tmp_path / "relay") as relay:
        rounds(relay, 2)


@pytest.mark.long
def test_nothing_acknowledged_is_lost_or_doubled_by_thirty_crashes(tmp_path: Path) -> None:
    with running_relay(tmp_path / "relay") as relay:
        rounds(relay, 30)


def test_a_subscriber_resumes_by_its_cursor(tmp_path: Path) -> None:
    writer = Writer()

    async def resume(relay: RelayProcess) -> None:
        stream = await Stream.open(relay.stream)
        half = len(writer.acknowledged) // 2
        subscription = Subscription(writer.queue.id, writer.queue.secrets.read, half)
        caught = (await stream.ask(Subscribe, [subscription])).queues[0]
        assert caught.entries[0].cursor == half + 1
        assert caught.head >= max(writer.acknowledged.values())

    with running_relay(tmp_path / "relay") as relay:
        run(crash(relay, [writer], 0.5))
        relay.start()
        run(resume(relay))


def test_a_key_package_is_not_handed_out_again_after_a_crash(tmp_path: Path) -> None:
    person, taken = Person(), []
    with running_relay(tmp_path / "relay") as relay:
        for number in range(3):
            with httpx.Client(base_url=relay.http) as http:
                if number == 0:
                    upload = Upload([os.urandom(8) for _ in range(12)], b"last")
                    assert person.send(http, "PUT", person.path, person.sign_up(packages=upload)).status_code == 204
                for _ in range(4):
                    answer = http.post(f"{person.path}/key-packages/take").json()
                    taken.append(answer["key_packages"][0]["key_package"])
            relay.kill()
            relay.start()
        with httpx.Client(base_url=relay.http) as http:
            last = http.post(f"{person.path}/key-packages/take").json()["key_packages"][0]
    assert len(set(taken)) == 12
    assert last["last_resort"]
