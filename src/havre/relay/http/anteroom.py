"""Requests that have come and were not looked at yet: so many are in one turn of the event loop, and the rest wait.

A loop reads from every connection that has something before it does anything else. When a thousand people ask at once,
their thousand requests would stand between any two messages of everybody else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

AT_A_TURN: Final = 8
"""Requests that are looked at in one turn: a millisecond, if all of them are refused, ..."""
TURNS: Final = 64
"""... or so many that those who wait now have all been looked at after so many turns, if that is more."""


class Anteroom:
    """Who may be looked at at once, and who waits, in the order in which they came."""

    def __init__(self, at_a_turn: int = AT_A_TURN) -> None:
        self._at_a_turn = at_a_turn
        self._left = at_a_turn
        self._is_turning = False
        self._waiting: deque[Callable[[], None]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def passes(self) -> bool:
        """Tell whether one more may be looked at in this turn; if so it counts as looked at."""
        self._turn_soon()
        if not self._left or self._waiting:
            return False
        self._left -= 1
        return True

    def wait(self, look: Callable[[], None]) -> None:
        """Have `look` called when it is its turn."""
        self._waiting.append(look)
        self._turn_soon()

    def _turn_soon(self) -> None:
        if not self._is_turning:
            self._is_turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_turning = False
        self._left = max(self._at_a_turn, len(self._waiting) // TURNS)
        while self._waiting and self._left:
            self._left -= 1
            self._waiting.popleft()()
        if self._waiting:
            self._turn_soon()
