"""How long a transfer goes on trying: as long as it gets on, and a few times more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from havre.client.errors import NoRelay, RelayRefused
from havre.client.transport.backoff import Backoff, Bounds
from havre.client.transport.base import Jitter
from havre.wire.refusals import Code

Progress = Callable[[int, int], None]
"""Told how many bytes of the file are done, and how many there are."""

_PASSING: Final = frozenset({Code.BUSY, Code.OFFSET})
"""Refusals that another look at the relay's state may settle."""


def unseen(done: int, total: int) -> None:
    """Show progress to nobody."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How many failures without any progress in between are borne, and the waits after them."""

    failures: int = 8
    bounds: Bounds = field(default_factory=lambda: Bounds(0.5, 30.0))


class Persistence:
    """Bears the failures of one transfer."""

    def __init__(self, jitter: Jitter, tries: Tries) -> None:
        self._jitter = jitter
        self._tries = tries
        self._backoff = Backoff(jitter, tries.bounds)
        self._failures = 0
        self._best = 0

    async def bear(self, error: NoRelay | RelayRefused, position: int) -> None:
        """Wait before the next attempt; raises the error when it is for good, or the last of too many.

        `position` is how far the transfer has safely come.
        """
        if position > self._best:
            self._best, self._failures = position, 0
            self._backoff = Backoff(self._jitter, self._tries.bounds)
        self._failures += 1
        if self._failures > self._tries.failures or not _may_pass(error):
            raise error
        await asyncio.sleep(self._backoff.next_wait(getattr(error, "retry_after", None)))


def _may_pass(error: NoRelay | RelayRefused) -> bool:
    return isinstance(error, NoRelay) or error.code in _PASSING
