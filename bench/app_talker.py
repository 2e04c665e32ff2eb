"""Somebody who writes, in a thread of their own: steadily, or as fast as it goes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from bench.machine import give_way
from havre.client.api import Havre, Passphrase, Person

PATIENCE: Final = 300.0
AT_ONCE: Final = 25
"""Messages that are written before their delivery is waited for."""


class Talker:
    """One account, open on another machine as it were, in its only chat."""

    def __init__(self, folder: Path, secret: Passphrase) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._me: Havre = self._do(_opened(folder, secret))
        self._other: Person = self._me.people()[0]
        self._talking: asyncio.Future[None] | None = None

    def _run(self) -> None:
        give_way([threading.get_native_id()])
        self._loop.run_forever()

    def say(self, count: int) -> str:
        """Write so many messages as fast as the relay takes them; returns the id of the last."""
        return str(self._do(self._say(count)))

    def talk(self, rate: int) -> None:
        """Write so many messages a second until told to pause."""

        async def begin() -> None:
            self._talking = asyncio.ensure_future(self._talk(rate))

        self._do(begin())

    def pause(self) -> None:
        """Stop writing."""

        async def end() -> None:
            if self._talking is not None:
                self._talking.cancel()
            await self._me.settle(PATIENCE)

        self._do(end())

    def stop(self) -> None:
        """Close the account and end the thread."""
        self._do(self._me.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _say(self, count: int) -> str:
        last = ""
        for number in range(count):
            last = (await self._me.send_text(self._other, f"Number {number + 1} of {count}")).id
            if number % AT_ONCE == 0:
                await self._me.settle(PATIENCE)
        await self._me.settle(PATIENCE)
        return last

    async def _talk(self, rate: int) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await self._me.send_text(self._other, "Something is said, and then something else")
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


async def _opened(folder: Path, secret: Passphrase) -> Havre:
    return await Havre.open(folder, secret)
