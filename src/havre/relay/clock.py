"""The relay's time: the machine's, but a jump is believed only once it has lasted.

What is kept dies by this clock. If somebody sets the machine a day ahead for a minute, nothing may expire for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

JUMP: Final = 60.0
"""Seconds by which the machine's time may be corrected at once; more is a jump."""
BELIEVED: Final = 3600.0
"""Seconds after which a jump is believed, if it has not been taken back by then."""
log = structlog.get_logger("havre.relay")


class SteadyClock:
    """Called, it returns seconds since 1970; `ticks` is in seconds and never set back. Any thread may call it."""

    def __init__(self, wall: Callable[[], float] = time.time, ticks: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._ticks = ticks
        self._offset = wall() - ticks()
        self._jump: tuple[float, float] | None = None
        """The offset that the machine jumped to, and when (ticks)."""
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            ticks = self._ticks()
            self._follow(self._wall() - ticks, ticks)
            return ticks + self._offset

    def _follow(self, offset: float, ticks: float) -> None:
        if abs(offset - self._offset) <= JUMP:
            self._offset, self._jump = offset, None
        elif self._jump is None or abs(offset - self._jump[0]) > JUMP:
            self._jump = (offset, ticks)
            log.warning("the machine's clock has jumped", seconds=round(offset - self._offset))
        elif ticks - self._jump[1] >= BELIEVED:
            log.warning("the machine's clock is believed now", seconds=round(offset - self._offset))
            self._offset, self._jump = offset, None
