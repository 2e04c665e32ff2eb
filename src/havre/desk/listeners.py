"""The windows that listen: each has a bounded line of events; who is far too slow is told to read everything again."""

from __future__ import annotations

import asyncio
from typing import Final

from havre.desk import views

WAITING_EVENTS: Final = 2000


class Listeners:
    """All windows of one app."""

    def __init__(self) -> None:
        self._lines: set[asyncio.Queue[views.Event]] = set()

    def join(self) -> asyncio.Queue[views.Event]:
        """Return the line of one more window."""
        line: asyncio.Queue[views.Event] = asyncio.Queue(WAITING_EVENTS)
        self._lines.add(line)
        return line

    def leave(self, line: asyncio.Queue[views.Event]) -> None:
        """Forget a window."""
        self._lines.discard(line)

    def tell(self, event: views.Event) -> None:
        """Tell every window."""
        for line in self._lines:
            if line.full():
                while not line.empty():
                    line.get_nowait()
                line.put_nowait(views.Missed())
            else:
                line.put_nowait(event)

    def __len__(self) -> int:
        return len(self._lines)
