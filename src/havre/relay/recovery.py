"""Whether the store takes writes. If not, the relay serves reads, refuses the rest, and tries again by itself.

The transaction thread asks and repairs; anybody may look at `trouble`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

import structlog

from havre.relay.core.batch import NO_ROOM, RETRY_FULL
from havre.relay.store.base import Store, StoreDamagedError, StoreError, StoreFullError
from havre.wire.refusals import Code, Refusal

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 15.0
"""Seconds between two attempts to recover a store, at first and at most; a repeated failure doubles them."""
QUIET: Final = 60.0
"""A store that has been well for so many seconds is recovered at once when it fails."""
PROBE_SECONDS: Final = 1.0
MARK_SECONDS: Final = 60.0
READS_ONLY: Final = "the relay cannot write to its disk; reading works, nothing was lost; try again later"
RETRY_FAILED: Final = 5.0
log = structlog.get_logger("havre.relay")


class Takes(Enum):
    """Which work a store takes at this moment."""

    ALL = "all"
    FREEING = "freeing"
    """Reads, and what makes room: less is left on the disk than is to stay free."""
    READS = "reads"


class Cause(StrEnum):
    """Why a store does not take everything."""

    NO_ROOM = "no-room"
    FAILED = "failed"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the store: `words` is one sentence for an operator, `refusal` what clients are told."""

    cause: Cause
    words: str
    refusal: Refusal


class Recovery:
    """Watches over one store; `ticks` is in seconds and never set back."""

    def __init__(
        self,
        store: Store,
        has_room: Callable[[], bool],
        ticks: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = lambda: random.uniform(0.7, 1.3),  # noqa: S311  # spreads, protects nothing
    ) -> None:
        self._store = store
        self._has_room = has_room
        self._ticks = ticks
        self._jitter = jitter
        self._pause = 0.0
        self._next: float | None = None
        """When to try to recover; None: the store is well."""
        self._well_since = -QUIET
        self.recoveries = 0
        """How often the store was opened anew; what was read before is to be read again."""
        self.trouble: Trouble | None = None
        """Why the store does not take everything; None: it does."""
        if store.failure is not None:
            self.note(store.failure)

    def check(self) -> Takes:
        """Return what the store takes; one that has failed is recovered first, whenever that is due."""
        failure = self._store.failure
        if failure is not None and not self._recover(failure):
            return Takes.READS
        try:
            has_room = self._has_room()
        except OSError as error:
            self._say(Trouble(Cause.FAILED, f"the data folder cannot be looked at: {error.strerror}", _FAILED))
            return Takes.READS
        if not has_room:
            self._say(Trouble(Cause.NO_ROOM, "the disk has less room than is to stay free; make some", _FULL))
            return Takes.FREEING
        self._say(None)
        return Takes.ALL

    def note(self, error: StoreError) -> None:
        """A write has failed."""
        self._say(_trouble(error))

    def _recover(self, failure: StoreError) -> bool:
        now = self._ticks()
        if self._next is None:
            self._pause = 0.0 if now - self._well_since >= QUIET else max(self._pause, FIRST_PAUSE)
            self._next = now + self._pause * self._jitter()
        self.note(failure)
        if now < self._next:
            return False
        self.recoveries += 1
        try:
            self._store.recover()
        except StoreError as error:
            self.note(error)
            self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
            self._next = now + self._pause * self._jitter()
            return False
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._next, self._well_since = None, now
        return True

    def _say(self, trouble: Trouble | None) -> None:
        """Note what is wrong, in the log once for each cause."""
        before, self.trouble = self.trouble, trouble
        if trouble is None and before is not None:
            log.info("the store takes writes again")
        elif trouble is not None and (before is None or before.cause is not trouble.cause):
            log.error("the store takes no writes", cause=trouble.cause.value, reason=trouble.words)


_FULL: Final = Refusal(Code.FULL, NO_ROOM, RETRY_FULL)
_FAILED: Final = Refusal(Code.BUSY, READS_ONLY, RETRY_FAILED)


def _trouble(error: StoreError) -> Trouble:
    if isinstance(error, StoreFullError):
        return Trouble(Cause.NO_ROOM, str(error), _FULL)
    return Trouble(Cause.DAMAGED if isinstance(error, StoreDamagedError) else Cause.FAILED, str(error), _FAILED)


async def remember(mark: Callable[[], None], write: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
    """Have the store note again and again how much there is; never returns."""
    while True:
        await asyncio.sleep(MARK_SECONDS)
        await write(mark)


async def probe(recovery: Recovery, write: Callable[[Callable[[], Takes]], Awaitable[Takes]]) -> None:
    """Look after a store that is in trouble even when nobody asks for anything; never returns."""
    while True:
        await asyncio.sleep(PROBE_SECONDS)
        if recovery.trouble is not None:
            await write(recovery.check)
