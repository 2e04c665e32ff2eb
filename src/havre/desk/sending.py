"""A file on its way from this machine to the relay: it can be held and go on, and be called back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from havre.client.api import Message
from havre.client.errors import HavreError

Progress = Callable[[int, int], None]


class Cancelled(HavreError):
    """The person does not want this file sent any more."""

    def __init__(self) -> None:
        super().__init__("Sending the file was cancelled.")


class Sending:
    """One file, from its first byte here on: who holds it, or calls it back, need not wait for the others."""

    def __init__(self, seen: Progress) -> None:
        self._seen = seen
        self._going = asyncio.Event()
        self._going.set()
        self._task: asyncio.Task[Message] | None = None
        self._called_back = False
        self._arrived = False

    async def run(self, send: Callable[[Progress], Coroutine[Any, Any, Message]]) -> Message:
        """Send it, and return its message; raises Cancelled, and what `send` raises.

        `send` is called again after each time that the file was held, and goes on where it was.
        """
        while True:
            await self._going.wait()
            if self._called_back:
                raise Cancelled
            self._task = asyncio.create_task(send(self._progress))
            try:
                return await self._task
            except asyncio.CancelledError:
                current = asyncio.current_task()
                if not self._task.cancelled() or (current is not None and current.cancelling()):
                    self._task.cancel()
                    raise

    def hold(self, held: bool) -> None:
        """Send nothing more of it for now, or go on."""
        if not held:
            self._going.set()
        elif not self._arrived:
            self._going.clear()
            self._stop()

    def call_back(self) -> None:
        """Do not send it at all."""
        if not self._arrived:
            self._called_back = True
            self._going.set()
            self._stop()

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _progress(self, done: int, total: int) -> None:
        # All of it is at the relay: its message is on its way, and would be sent twice by another call.
        self._arrived = done == total
        self._seen(done, total)
