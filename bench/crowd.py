"""People who sign up: each at their time, on a connection that is free, and again when the relay asks them to wait."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from havre.wire.directory import TICKET_HEADER
from havre.wire.refusals import Code, Refusal

TICK: Final = 0.002
JITTER: Final = 0.25
"""Those who wait come back that much later at most, as a share of the wait."""
PATIENCE: Final = 60.0
"""Seconds after which those who are still on their way in count as failed."""
OPENING: Final = 10.0
"""Seconds that a connection may take to open."""
TRIES: Final = 3
"""How often one person's connection may be lost."""


@dataclass
class Outcome:
    """What became of everybody; times in seconds."""

    arrived: int = 0
    done: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    """How many did not get in, by what went wrong."""
    waited: int = 0
    """How many were asked to wait at least once."""
    delays: list[float] = field(default_factory=list)
    """From when each came until they were in, waiting included."""


@dataclass(slots=True)
class Applicant:
    """One person on the way in."""

    request: bytes
    due: float
    waited: bool = False
    lost: int = 0
    """How often the connection was lost before the answer had come."""


class Door(asyncio.Protocol):
    """A connection to the relay that carries one sign-up after the other, as a proxy's do."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._applicant: Applicant | None = None
        self._answer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def ask(self, applicant: Applicant) -> None:
        """Send one person's sign-up."""
        self._applicant = applicant
        self._transport.write(applicant.request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        applicant, self._applicant, self._answer = self._applicant, None, b""
        if applicant is None:  # an answer that nobody asked for
            self._transport.abort()
        else:
            self._crowd.answered(self, applicant, head[9:12], body)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.lost(self, self._applicant)

    def close(self) -> None:
        """End the connection."""
        self._transport.abort()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


class Crowd:
    """Everybody who wants in."""

    def __init__(self, people: Iterator[bytes]) -> None:
        self.outcome = Outcome()
        self._people = people
        self._free: deque[Door] = deque()
        self._doors: set[Door] = set()
        self._queue: deque[Applicant] = deque()
        self._inside = 0
        self._is_over = False
        self._url = ""
        self._opening: set[asyncio.Task[None]] = set()

    async def connect(self, url: str, doors: int) -> None:
        """Open so many connections."""
        self._url = url
        async with asyncio.timeout(PATIENCE):
            for _ in range(doors):
                await self._another_door()

    def come(self, due: float) -> None:
        """Somebody wants in, since `due`."""
        self.outcome.arrived += 1
        request = next(self._people, None)
        if request is None:
            self.outcome.failures["no request was signed beforehand"] += 1
            return
        self._inside += 1
        self._enter(Applicant(request, due))

    async def arrive(self, per_second: float, seconds: float) -> None:
        """Let people come at a steady rate."""
        began, done = time.perf_counter(), 0
        while (passed := time.perf_counter() - began) < seconds:
            for number in range(done, due := int(passed * per_second)):
                self.come(began + number / per_second)
            done = due
            await asyncio.sleep(TICK)

    async def press(self, at_once: int, seconds: float) -> None:
        """Keep so many on their way in all the time."""
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            for _ in range(at_once - self._inside):
                self.come(time.perf_counter())
            await asyncio.sleep(TICK)

    async def settle(self, patience: float = PATIENCE) -> None:
        """Wait until everybody who came is in, or refused for good; whoever is not by then has failed."""
        deadline = time.perf_counter() + patience
        while self._inside and time.perf_counter() < deadline:  # noqa: ASYNC110  # many events
            await asyncio.sleep(0.01)
        if self._inside:
            self.outcome.failures[f"not in after {patience:.0f} s"] += self._inside

    def close(self) -> None:
        """End all connections."""
        self._is_over = True
        for task in self._opening:
            task.cancel()
        for door in self._doors:
            door.close()

    # --- what a door tells ------------------------------------------------------------------------------------

    def answered(self, door: Door, applicant: Applicant, status: bytes, body: bytes) -> None:
        """Note an answer, and send the next one in."""
        if status == b"204":
            self.outcome.done += 1
            self.outcome.delays.append(time.perf_counter() - applicant.due)
            self._inside -= 1
        else:
            self._refused(applicant, status, body)
        self._is_free(door)

    def lost(self, door: Door, applicant: Applicant | None) -> None:
        """A connection is gone (the relay ends idle ones); whoever was on it takes another, as behind a proxy."""
        if self._is_over:
            return
        self._doors.discard(door)
        if door in self._free:
            self._free.remove(door)
        if applicant is not None:
            applicant.lost += 1
            if applicant.lost < TRIES:
                self._queue.appendleft(applicant)
            else:
                self._fail(f"connection lost {TRIES} times")
        task = asyncio.ensure_future(self._another_door())
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _another_door(self) -> None:
        place, loop = urlsplit(self._url), asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(OPENING):
                    _, door = await loop.create_connection(lambda: Door(self), str(place.hostname), place.port or 80)
                break
            except OSError:  # a timeout, too; `close` ends this, and the patience of those who wait for it
                await asyncio.sleep(random.uniform(0.5, 1))
        self._doors.add(door)
        self._is_free(door)

    def _is_free(self, door: Door) -> None:
        if self._queue:
            door.ask(self._queue.popleft())
        else:
            self._free.append(door)

    def _enter(self, applicant: Applicant) -> None:
        if self._is_over:
            return
        if self._free:
            self._free.popleft().ask(applicant)
        else:
            self._queue.append(applicant)

    def _fail(self, kind: str) -> None:
        self.outcome.failures[kind] += 1
        self._inside -= 1

    def _refused(self, applicant: Applicant, status: bytes, body: bytes) -> None:
        try:
            self._again(applicant, msgspec.json.decode(body, type=Refusal))
        except msgspec.MsgspecError:
            self._fail(f"status {status.decode('latin-1')} without a refusal")

    def _again(self, applicant: Applicant, refusal: Refusal) -> None:
        if refusal.retry_after is None or refusal.code not in (Code.WAITING, Code.BUSY):
            self._fail(f"{refusal.code} after a lost connection" if applicant.lost else str(refusal.code))
            return
        if not applicant.waited:
            applicant.waited = True
            self.outcome.waited += 1
        if refusal.line is not None:
            applicant.request = with_ticket(applicant.request, refusal.line.ticket)
        wait = refusal.retry_after * random.uniform(1, 1 + JITTER)
        asyncio.get_running_loop().call_later(wait, self._enter, applicant)


def with_ticket(request: bytes, ticket: str) -> bytes:
    """Return a request that shows this ticket, and no other."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(TICKET_HEADER.encode())]
    return b"\r\n".join([*lines, f"{TICKET_HEADER}: {ticket}".encode()]) + b"\r\n\r\n" + body
