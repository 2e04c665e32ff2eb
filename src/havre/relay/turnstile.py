"""Lets sign-ups through a few at a time, so that what everybody else waits for always comes in between."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

AT_A_TURN: Final = 4
"""Sign-ups whose signatures are checked in one turn of the event loop: about a millisecond, ..."""
PER_SECOND: Final = 2000.0
"""... or so many for each second that has passed since the turn before, where that is more: about as much time as
everything else took. Otherwise turns that are long for another reason, as when a crowd has to be told to wait, would
let in fewer the more there is to do."""
MOST_AT_A_TURN: Final = 24
INSIDE: Final = 64
"""Sign-ups between the check of their signatures and their answer: what they add to one transaction stays small."""


class Turnstile:
    """So many pass at each turn of the event loop, and so many are inside; the others wait in the order they came."""

    def __init__(
        self, at_a_turn: int = AT_A_TURN, inside: int = INSIDE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_a_turn = at_a_turn
        self._clock = clock
        self._turned = clock()
        self._room = inside
        self._left = at_a_turn
        self._is_turning = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Wait for one's turn, and be inside until the end of the block."""
        await self._enter()
        try:
            yield
        finally:
            self._room += 1
            self._turn_soon()

    async def _enter(self) -> None:
        if self._left and self._room and not self._waiting:
            self._take()
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._turn_soon()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the turn had come
                self._room += 1
                self._turn_soon()
            raise

    def _take(self) -> None:
        self._left -= 1
        self._room -= 1
        self._turn_soon()

    def _turn_soon(self) -> None:
        if not self._is_turning:
            self._is_turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_turning = False
        now = self._clock()
        passed, self._turned = now - self._turned, now
        self._left = max(self._at_a_turn, min(MOST_AT_A_TURN, int(passed * PER_SECOND)))
        while self._waiting and self._left and self._room:
            turn = self._waiting.popleft()
            if not turn.done():
                self._take()
                turn.set_result(None)
