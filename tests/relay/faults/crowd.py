"""People who go on working while the relay is killed again and again, and who remember every acknowledgement.

Each has `work(relay)`, which ends when the relay is gone and is called again after the next start, and `check(relay)`.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import httpx
import msgspec

from havre.wire.capability import Capabilities
from havre.wire.directory import TakenAll, Upload
from havre.wire.stream import (
    Append,
    Appended,
    Commit,
    Create,
    Done,
    Entries,
    Pushed,
    Read,
    Rotate,
    Subscribe,
    Subscribed,
    Subscription,
)
from tests.relay.rig import Person, Queue, RelayProcess, Stream, refusal

UNDER_WAY: Final = 20
MANY_PACKAGES: Final = 60


class Worker(Protocol):
    """Somebody at work."""

    async def work(self, relay: RelayProcess, begun: asyncio.Event) -> None:
        """Go on until the relay is gone; `begun` is set once something was acknowledged in this round."""

    async def check(self, relay: RelayProcess) -> None:
        """Fail unless all that was acknowledged is there, once, in order."""


async def stored(stream: Stream, queue: Queue, read: bytes) -> dict[int, bytes]:
    """Return all bodies of a queue by cursor; there is no hole."""
    found: dict[int, bytes] = {}
    after = 0
    while True:
        page = await stream.ask(Read, queue.id, read, after)
        assert isinstance(page, Entries), page
        found |= {entry.cursor: entry.body for entry in page.entries}
        if not page.more:
            assert list(found) == list(range(1, len(found) + 1))
            return found
        after = page.entries[-1].cursor


class Writer:
    """Appends numbered entries, several at a time, and sends again what was not acknowledged."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.acknowledged: dict[int, int] = {}
        self.sent = 0

    def command(self, number: int) -> Append:
        dedupe = number.to_bytes(16, "big")
        return Append(number, self.queue.id, self.queue.secrets.write, dedupe, b"%d" % number)

    async def work(self, relay: RelayProcess, begun: asyncio.Event) -> None:
        stream = await Stream.open(relay.stream)
        await stream.ask(Create, self.queue.id, self.queue.hashes, 0)
        unsure = [number for number in range(self.sent) if number not in self.acknowledged]
        for number in unsure:
            stream.send(self.command(number))
        for _ in range(UNDER_WAY - len(unsure)):
            self.send_next(stream)
        while (event := await stream.next()) is not None:
            assert isinstance(event, Appended), event
            assert self.acknowledged.setdefault(event.request, event.cursor) == event.cursor
            begun.set()
            self.send_next(stream)

    def send_next(self, stream: Stream) -> None:
        stream.send(self.command(self.sent))
        self.sent += 1

    async def check(self, relay: RelayProcess) -> None:
        found = await stored(await Stream.open(relay.stream), self.queue, self.queue.secrets.read)
        numbers = {int(body): cursor for cursor, body in found.items()}
        assert len(numbers) == len(found), "nothing is there twice"
        assert self.acknowledged
        assert self.acknowledged.items() <= numbers.items()


class Reader:
    """Follows a writer's queue live, and comes back by its cursor."""

    def __init__(self, writer: Writer) -> None:
        self.queue = writer.queue
        self.seen: dict[int, bytes] = {}

    async def work(self, relay: RelayProcess, begun: asyncio.Event) -> None:
        stream = await Stream.open(relay.stream)
        assert isinstance(await stream.ask(Create, self.queue.id, self.queue.hashes, 0), Done)
        subscribed = await stream.ask(Subscribe, [Subscription(self.queue.id, self.queue.secrets.read, len(self.seen))])
        assert isinstance(subscribed, Subscribed)
        [caught] = subscribed.queues
        self.take(caught.entries)
        while caught.more and len(self.seen) < caught.head:
            page = await stream.ask(Read, self.queue.id, self.queue.secrets.read, len(self.seen))
            self.take(entry for entry in page.entries if entry.cursor <= caught.head)
        begun.set()
        for event in stream.told:
            self.take(event.entries if isinstance(event, Pushed) else [])
        stream.told.clear()
        while (pushed := await stream.next()) is not None:
            assert isinstance(pushed, Pushed), pushed
            self.take(pushed.entries)

    def take(self, entries: Any) -> None:
        for entry in entries:
            assert entry.cursor == len(self.seen) + 1, "each comes once, in order"
            self.seen[entry.cursor] = entry.body

    async def check(self, relay: RelayProcess) -> None:
        found = await stored(await Stream.open(relay.stream), self.queue, self.queue.secrets.read)
        assert self.seen.items() <= found.items(), "what was pushed stays, where it was"


class Chair:
    """Commits one after the other; every third commit rotates all capabilities."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.secrets = [self.queue.secrets]
        """Of each generation; the last one is in force."""
        self.until: list[int] = []
        """The last cursor of each generation that is over."""
        self.acknowledged: list[int] = []
        self._drawn = (-1, self.queue.secrets)

    async def work(self, relay: RelayProcess, begun: asyncio.Event) -> None:
        stream = await Stream.open(relay.stream)
        if not self.acknowledged:
            await stream.ask(Create, self.queue.id, self.queue.hashes, 0)
        while True:
            number = len(self.acknowledged)
            now, new = self.secrets[-1], self._next_secrets(number)
            rotate = Rotate(now.manage, new.hashes()) if number % 3 == 2 else None
            fence = self.acknowledged[-1] if self.acknowledged else 0
            dedupe = number.to_bytes(16, "big")
            stream.send(Commit(number, self.queue.id, now.write, dedupe, fence, b"%d" % number, rotate))
            event = await stream.next()
            if event is None:
                return
            assert isinstance(event, Appended), event
            self.acknowledged.append(event.cursor)
            if rotate is not None:
                self.secrets.append(new)
                self.until.append(event.cursor)
            begun.set()

    def _next_secrets(self, number: int) -> Capabilities:
        """The same again for the same commit, so that sending it again is sending the same."""
        if self._drawn[0] != number:
            self._drawn = (number, Queue().secrets)
        return self._drawn[1]

    async def check(self, relay: RelayProcess) -> None:
        """A rotation under way may be there or not; the secret before it reads up to it in either case."""
        stream = await Stream.open(relay.stream)
        found = await stored(stream, self.queue, self.secrets[-1].read)
        assert self.acknowledged == list(range(1, len(self.acknowledged) + 1))
        assert [int(found[cursor]) for cursor in self.acknowledged] == list(range(len(self.acknowledged)))
        assert len(found) - len(self.acknowledged) in (0, 1), "at most the one under way may be there besides"
        for secrets, until in list(zip(self.secrets, self.until, strict=False))[-5:]:
            assert len(await stored(stream, self.queue, secrets.read)) == until, "an old secret reads to its end"


@dataclass
class Registrar:
    """Signs people up, each with a name and three key packages, and tries again those it is not sure of."""

    done: list[Person] = field(default_factory=list)
    unsure: list[tuple[Person, bytes, dict[str, str]]] = field(default_factory=list)
    names: dict[bytes, Person] = field(default_factory=dict)

    async def work(self, relay: RelayProcess, begun: asyncio.Event) -> None:
        try:
            async with httpx.AsyncClient(base_url=relay.http, timeout=60) as http:
                while True:
                    person, data, headers = self.unsure[0] if self.unsure else self._somebody()
                    answer = await http.put(person.path, content=data, headers=headers)
                    begun.set()
                    if answer.status_code == 429:
                        assert refusal(answer) == "waiting"
                        await asyncio.sleep(0.05)
                        continue
                    assert answer.status_code == 204, answer.text
                    self.done.append(self.unsure.pop(0)[0])
        except httpx.TransportError:
            return

    def _somebody(self) -> tuple[Person, bytes, dict[str, str]]:
        person, name = Person(), os.urandom(32)
        data = msgspec.json.encode(person.sign_up(name))
        self.names[name] = person
        self.unsure.append((person, data, person.headers("PUT", person.path, data)))
        return self.unsure[0]

    async def check(self, relay: RelayProcess) -> None:
        owners = {person.id: name for name, person in self.names.items()}
        async with httpx.AsyncClient(base_url=relay.http, timeout=60) as http:
            for person in self.done[-50:]:
                assert (await http.get(person.path)).status_code == 200
                named = await http.get(f"/v1/names/{owners[person.id].hex()}")
                assert named.status_code == 200
                path = person.packages_path(next(iter(person.device_keys)))
                stock = await http.get(path, headers=person.headers("GET", path, b""))
                assert stock.json() == {"one_time": 3}, "all of a sign-up is there, or nothing"


@dataclass
class Distributor:
    """Stocks one account up and takes its key packages away again: none goes out twice."""

    person: Person = field(default_factory=Person)
    is_there: bool = False
    uploaded: set[bytes] = field(default_factory=set)
    acknowledged: set[bytes] = field(default_factory=set)
    taken: list[bytes] = field(default_factory=list)
    lost: int = 0

    async def work(self, relay: RelayProcess, begun: asyncio.Event) -> None:
        try:
            async with httpx.AsyncClient(base_url=relay.http, timeout=60) as http:
                while not self.is_there:
                    data = msgspec.json.encode(self.person.sign_up(packages=Upload([], b"last")))
                    answer = await http.put(
                        self.person.path, content=data, headers=self.person.headers("PUT", self.person.path, data)
                    )
                    self.is_there = answer.status_code == 204 or refusal(answer) == "taken"
                while True:
                    while await self._take(http):
                        pass
                    await self._stock_up(http)
                    begun.set()
        except httpx.TransportError:
            self.lost += 1

    async def _stock_up(self, http: httpx.AsyncClient) -> None:
        packages = [os.urandom(40) for _ in range(MANY_PACKAGES // 2)]
        self.uploaded.update(packages)
        path, data = (
            self.person.packages_path(next(iter(self.person.device_keys))),
            msgspec.json.encode(Upload(packages)),
        )
        answer = await http.post(path, content=data, headers=self.person.headers("POST", path, data))
        assert answer.status_code == 200, answer.text
        self.acknowledged.update(packages)

    async def _take(self, http: httpx.AsyncClient) -> bool:
        answer = await http.post(f"{self.person.path}/key-packages/take")
        assert answer.status_code == 200, answer.text
        [one] = msgspec.json.decode(answer.content, type=TakenAll).key_packages
        if not one.last_resort:
            self.taken.append(one.key_package)
        return not one.last_resort

    async def check(self, relay: RelayProcess) -> None:
        async with httpx.AsyncClient(base_url=relay.http, timeout=60) as http:
            while await self._take(http):
                pass
        assert len(set(self.taken)) == len(self.taken), "none is handed out twice"
        assert set(self.taken) <= self.uploaded
        missing = self.acknowledged - set(self.taken)
        assert len(missing) <= self.lost, "only what was handed out and never arrived is gone"
