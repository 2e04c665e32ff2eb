"""One queue and somebody who asks again and again: what tests of a spoilt disk look at."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from havre.wire.refusals import Code
from havre.wire.stream import Append, Appended, Create, Done, Entries, Read, Refused
from tests.relay.rig import Queue, Stream

BODY = 50_000
PATIENCE = 60.0


class Lone:
    """A queue, and what the relay has acknowledged of it: number of each entry by cursor."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.kept: dict[int, int] = {}
        self._sent = 0

    async def begin(self, stream: Stream, entries: int = 3) -> None:
        """Make the queue and put a few entries into it."""
        assert await stream.ask(Create, self.queue.id, self.queue.hashes, 0) == Done(1)
        for _ in range(entries):
            assert isinstance(await self.append(stream), Appended)

    async def append(self, stream: Stream, size: int = BODY) -> Any:
        """Append once, and note it if it is acknowledged."""
        number, self._sent = self._sent, self._sent + 1
        body = number.to_bytes(4, "big") + os.urandom(size)
        answer = await stream.ask(Append, self.queue.id, self.queue.secrets.write, os.urandom(16), body)
        if isinstance(answer, Appended):
            self.kept[answer.cursor] = number
        return answer

    async def is_refused(self, stream: Stream, code: Code) -> bool:
        """Append, and tell whether it is refused with this code."""
        answer = await self.append(stream, 10)
        return isinstance(answer, Refused) and answer.code is code and answer.retry_after is not None

    async def fill(self, stream: Stream) -> Refused:
        """Append until the relay refuses, and return how it does."""
        for _ in range(2000):
            answer = await self.append(stream)
            if isinstance(answer, Refused):
                assert answer.retry_after
                return answer
        raise AssertionError("the disk is not that small")

    async def wait_until_taken(self, stream: Stream) -> None:
        """Append until it works again."""
        async with asyncio.timeout(PATIENCE):
            while isinstance(answer := await self.append(stream, 10), Refused):
                assert answer.retry_after
                await asyncio.sleep(0.05)

    async def check(self, stream: Stream) -> None:
        """Everything acknowledged is there under its cursor, nothing is there twice, and no cursor is missing."""
        stored: dict[int, int] = {}
        after = 0
        while True:
            page = await stream.ask(Read, self.queue.id, self.queue.secrets.read, after)
            assert isinstance(page, Entries), page
            stored |= {entry.cursor: int.from_bytes(entry.body[:4], "big") for entry in page.entries}
            if not page.more:
                break
            after = page.entries[-1].cursor
        assert list(stored) == list(range(1, len(stored) + 1))
        assert len(set(stored.values())) == len(stored)
        assert self.kept.items() <= stored.items()
