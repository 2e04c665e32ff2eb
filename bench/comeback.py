"""Clients that outlive their relay: they come back with jitter, send again what was not acknowledged, and catch up."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from typing import Any, Final

from picows import WSError

from bench.connections import Connection, connect
from havre.wire.capability import Capabilities
from havre.wire.stream import (
    Append,
    Appended,
    Create,
    Entries,
    Entry,
    Pushed,
    Read,
    Subscribe,
    Subscribed,
    Subscription,
)

BODY_BYTES: Final = 300
SOON: Final = 1.0
"""Seconds within which a client tries again, each at a moment of its own."""
AT_ONCE: Final = 200
"""Connections that the load program opens at the same time."""
_FIRST: Final = 10


class Reconnecting:
    """Opens connections again and again until it works."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_over = False

    async def open(self) -> Connection:
        """Return a connection, however long it takes."""
        while True:
            try:
                async with self._gate:
                    return await connect(self.url)
            except (TimeoutError, OSError, WSError):
                await asyncio.sleep(random.uniform(0, SOON))

    def soon(self, come_back: Callable[[], Awaitable[None]]) -> None:
        """Have somebody come back, at a moment of its own; a connection that is lost meanwhile starts that anew."""
        if not self._is_over:
            task = asyncio.ensure_future(self._later(come_back))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _later(self, come_back: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(random.uniform(0, SOON))
        await come_back()

    def close(self) -> None:
        """Have nobody come back any more."""
        self._is_over = True
        for task in list(self._tasks):
            task.cancel()


class Pair:
    """One sender, one reader, one queue; each has a connection, and remembers what it must."""

    def __init__(self) -> None:
        self.queue = os.urandom(16)
        self.secrets = Capabilities(os.urandom(32), os.urandom(32), os.urandom(32))
        self.acknowledged: dict[int, int] = {}
        """The cursor of each message, by its number, as the relay acknowledged it."""
        self.arrived: dict[int, int] = {}
        """The number of each message, by its cursor, as the reader got it."""
        self.reused = 0
        self._padding = os.urandom(BODY_BYTES - 8)
        self._number = 0
        self._unanswered: set[int] = set()
        self._sender: Connection | None = None
        self._reader: Connection | None = None
        self._cursor = 0
        self._listens = True

    @property
    def is_sent(self) -> bool:
        """Whether everything written is acknowledged."""
        return self._sender is not None and not self._unanswered

    @property
    def is_done(self) -> bool:
        """Whether both are connected, and everything written is acknowledged and read."""
        return self.is_sent and self._reader is not None and len(self.arrived) == self._number

    async def begin(self, where: Reconnecting) -> None:
        """Connect both for the first time."""
        self._where = where
        sender = await where.open()
        await sender.ask(Create(0, self.queue, self.secrets.hashes(), 0))
        self._take_sender(sender)
        await self._come_to_read()

    def write(self) -> None:
        """Write a message, which goes out now or once there is a connection."""
        self._number += 1
        self._unanswered.add(self._number)
        if self._sender is not None:
            self._append(self._number)

    def stop_listening(self) -> None:
        """Have the reader leave."""
        self._listens = False
        if self._reader is not None:
            self._reader.close()

    def listen(self) -> None:
        """Have the reader come back."""
        self._listens = True
        self._where.soon(self._come_to_read)

    # --- the sender -------------------------------------------------------------------------------------------

    def _append(self, number: int) -> None:
        assert self._sender is not None
        name = number.to_bytes(8, "big")
        body, dedupe = name + self._padding, bytes(8) + name
        self._sender.send(Append(_FIRST + number, self.queue, self.secrets.write, dedupe, body))

    async def _come_to_send(self) -> None:
        self._take_sender(await self._where.open())

    def _take_sender(self, sender: Connection) -> None:
        self._sender = sender
        sender.on_event = self._answered
        sender.on_lost = self._lost_sender
        for number in sorted(self._unanswered):
            self._append(number)

    def _lost_sender(self) -> None:
        self._sender = None
        self._where.soon(self._come_to_send)

    def _answered(self, event: Any) -> None:
        if isinstance(event, Appended):
            number = event.request - _FIRST
            self._unanswered.discard(number)
            self.acknowledged[number] = event.cursor

    # --- the reader -------------------------------------------------------------------------------------------

    async def _come_to_read(self) -> None:
        reader = await self._where.open()
        reader.on_event = self._pushed
        reader.on_lost = self._lost_reader
        try:
            answer = await reader.ask(Subscribe(1, [Subscription(self.queue, self.secrets.read, self._cursor)]))
        except asyncio.CancelledError:  # the connection went before the answer; `_lost_reader` sees to it
            return
        assert isinstance(answer, Subscribed)
        self._reader = reader
        self._take(answer.queues[0].entries)
        if answer.queues[0].more:
            reader.send(Read(2, self.queue, self.secrets.read, self._cursor))

    def _lost_reader(self) -> None:
        self._reader = None
        if self._listens:
            self._where.soon(self._come_to_read)

    def _pushed(self, event: Any) -> None:
        if isinstance(event, Pushed | Entries):
            self._take(event.entries)

    def _take(self, entries: list[Entry]) -> None:
        for entry in entries:
            number = int.from_bytes(entry.body[:8], "big")
            if self.arrived.setdefault(entry.cursor, number) != number:
                self.reused += 1
            self._cursor = max(self._cursor, entry.cursor)
