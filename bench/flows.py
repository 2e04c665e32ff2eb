"""Messages under way: queues with senders and subscribers, as fast as they go or at a set pace."""

from __future__ import annotations

import asyncio
import os
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.connections import Connection, connect, in_turn
from havre.wire.capability import Capabilities
from havre.wire.stream import Append, Appended, Create, Pushed, Subscribe, Subscription

BODY_BYTES: Final = 300
TICK: Final = 0.002
_FIRST: Final = 10
"""The first request id of an append; lower ones are asked and awaited."""


@dataclass
class Tally:
    """What was counted, and how long it took (seconds)."""

    delivered: int = 0
    acknowledged: int = 0
    refused: int = 0
    delays: array[float] = field(default_factory=lambda: array("d"))

    def percentile(self, share: float) -> float:
        """Return the delay in ms that this share of deliveries kept within."""
        delays = sorted(self.delays)
        return round(delays[min(int(len(delays) * share), len(delays) - 1)] * 1000, 2) if delays else 0.0

    def percentiles(self) -> dict[str, float]:
        """Return the usual three, in ms."""
        return {"p50_ms": self.percentile(0.5), "p99_ms": self.percentile(0.99), "p999_ms": self.percentile(0.999)}


class Flow:
    """One queue: a sender with some appends under way, and its subscribers."""

    def __init__(self, tally: Tally, subscribers: int) -> None:
        self.tally = tally
        self.queue = os.urandom(16)
        self.secrets = Capabilities(os.urandom(32), os.urandom(32), os.urandom(32))
        self.body = os.urandom(BODY_BYTES)
        self.number = 0
        self.depth = 0
        """Appends that are kept under way; 0: each goes when it is told to."""
        self.sent: list[float] = []
        """When each append was due, by its cursor; there is one sender, so they come in order."""
        self._subscribers = subscribers

    async def connect(self, url: str) -> None:
        """Make the queue and connect everyone to it."""
        self.sender = await connect(url)
        await self.sender.ask(Create(0, self.queue, self.secrets.hashes(), 0))
        self.sender.on_event = self._answered
        self.readers = await in_turn((self._reader(url) for _ in range(self._subscribers)), 50)

    async def _reader(self, url: str) -> Connection:
        reader = await connect(url)
        await reader.ask(Subscribe(1, [Subscription(self.queue, self.secrets.read, 0)]))
        reader.on_event = self._pushed
        return reader

    def append(self, due: float) -> None:
        """Send one message, which was due at that time."""
        self.number += 1
        self.sent.append(due)
        dedupe = self.number.to_bytes(16, "big")
        self.sender.send(Append(self.number + _FIRST, self.queue, self.secrets.write, dedupe, self.body))

    def start(self, depth: int) -> None:
        """Keep so many appends under way from now on."""
        self.depth = depth
        for _ in range(depth):
            self.append(time.perf_counter())

    def _answered(self, event: Any) -> None:
        if isinstance(event, Appended):
            self.tally.acknowledged += 1
        else:
            self.tally.refused += 1
        if self.depth:
            self.append(time.perf_counter())

    def _pushed(self, event: Any) -> None:
        if not isinstance(event, Pushed):
            return
        now, tally = time.perf_counter(), self.tally
        tally.delivered += len(event.entries)
        for entry in event.entries:
            tally.delays.append(now - self.sent[entry.cursor - 1])


async def opened(url: str, tally: Tally, flows: int, subscribers: int) -> list[Flow]:
    """Return so many flows, connected."""
    made = [Flow(tally, subscribers) for _ in range(flows)]
    await in_turn((flow.connect(url) for flow in made), 50 if subscribers == 1 else 1)
    return made


async def pace(flows: Sequence[Flow], appends_per_second: float, seconds: float) -> None:
    """Append at a steady pace, taking turns. What is late counts from when it was due."""
    began, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        due = int(passed * appends_per_second)
        for number in range(done, due):
            flows[number % len(flows)].append(began + number / appends_per_second)
        done = due
        await asyncio.sleep(TICK)


async def settle(flows: Sequence[Flow], tally: Tally) -> None:
    """Wait until every append is answered."""
    for flow in flows:
        flow.depth = 0
    while tally.acknowledged + tally.refused < sum(flow.number for flow in flows):  # noqa: ASYNC110  # many events
        await asyncio.sleep(0.01)
