"""Group commit: all that arrived while the last transaction ran goes into the next one, in one synced write.

Transactions begin so far apart that what comes in a trickle shares them, too: each costs a sync and several changes of
thread, whatever it holds. Who comes when nothing was written for that long does not wait at all.

Two threads work for the event loop, which never waits for the store itself: one decides and writes, one reads. An
answer or a push leaves only after the write that it tells about is on disk.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog

from havre.relay.core.batch import Outcome, Work, after_failure, decide, dedupes, named, refuse, refuse_changes
from havre.relay.core.effects import Effect, Party
from havre.relay.core.limits import Limits
from havre.relay.core.requests import Request
from havre.relay.logs import places
from havre.relay.recovery import RETRY_FAILED, Recovery, Takes
from havre.relay.store.base import Store, StoreError
from havre.relay.store.rows import Head, Tombstone
from havre.relay.turns import Turns
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import QueueId

T = TypeVar("T")
Batch = Sequence[tuple[Party, Work]]

MAX_BATCH: Final = 1024
MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
"""More in one write would not be quicker, and who comes next would wait for it."""
APART: Final = 0.005
"""Seconds from the beginning of one transaction to that of the next, at least, ..."""
ENOUGH: Final = 256
"""... unless so many commands wait."""
CACHED_HEADS: Final = 100_000
PATIENCE: Final = 32
REQUEST_BYTES: Final = 16 * 1024
"""What a directory request is taken to weigh: a sign-up with a few key packages."""
log = structlog.get_logger("havre.relay")


class HeadCache:
    """The heads of the queues used last; only the transaction thread touches it."""

    def __init__(self, store: Store, size: int = CACHED_HEADS) -> None:
        self._store = store
        self._size = size
        self._heads: OrderedDict[QueueId, Head | Tombstone] = OrderedDict()

    def __len__(self) -> int:
        return len(self._heads)

    def clear(self) -> None:
        """Forget all: what is on disk may differ."""
        self._heads.clear()

    def load(self, queues: Collection[QueueId]) -> dict[QueueId, Head | Tombstone]:
        """Return the heads of those queues that exist or have existed."""
        known = self._heads
        loaded = {queue: known[queue] for queue in queues if queue in known}
        missing = [queue for queue in queues if queue not in loaded]
        if missing:
            loaded |= self._store.heads(missing)
        return loaded

    def keep(self, heads: dict[QueueId, Head | Tombstone]) -> None:
        """Remember heads that are on disk."""
        for queue, head in heads.items():
            self._heads[queue] = head
            self._heads.move_to_end(queue)
        while len(self._heads) > self._size:
            self._heads.popitem(last=False)


class Transactor:
    """Runs batches against the store, one at a time."""

    def __init__(self, store: Store, limits: Limits, clock: Callable[[], float], has_room: Callable[[], bool]) -> None:
        self._store = store
        self.limits = limits
        """May be replaced at any time; a batch keeps to those that it began with."""
        self._clock = clock
        self._cache = HeadCache(store)
        self.recovery = Recovery(store, has_room)

    def run(self, batch: Batch) -> list[Effect]:
        """Decide and write a batch, and return its effects; a store that fails refuses what it could not keep."""
        takes = self._look_after()
        if takes is Takes.ALL:
            return self._carry_out(batch, _Patience())
        return self._without_writes(batch, but_freeing=takes is Takes.FREEING)

    def expire(self, now: int, limit: int) -> bool:
        """Forget entries whose time is over, about `limit` of them; return whether there are more to forget now."""
        return self._look_after() is not Takes.READS and self._store.expire(now, limit)

    def _look_after(self) -> Takes:
        recoveries = self.recovery.recoveries
        takes = self.recovery.check()
        if self.recovery.recoveries != recoveries:
            self._cache.clear()  # a batch that failed may be stored nevertheless
        return takes

    def _carry_out(self, batch: Batch, patience: _Patience) -> list[Effect]:
        try:
            outcome = self._decide(batch)
        except Exception as error:  # a damaged block or a bug; nothing is changed yet
            return self._take_apart(batch, patience, error)
        if outcome.operations:
            try:
                self._store.apply(outcome.operations)
            except StoreError as error:
                self._cache.clear()
                self.recovery.note(error)
                return [after_failure(batch), *self._without_writes(batch)]
            except BaseException:
                self._cache.clear()
                raise
        self._cache.keep(outcome.heads)
        return outcome.effects

    def _decide(self, batch: Batch) -> Outcome:
        heads = self._cache.load(named(batch, self._store))
        seen = self._store.seen(dedupes(batch))
        return decide(batch, heads, seen, self._store, self.limits, self._clock())

    def _take_apart(self, batch: Batch, patience: _Patience, error: Exception) -> list[Effect]:
        """Find what cannot be carried out by halves, so that it costs nobody else anything."""
        if len(batch) > 1 and patience.left > 0:
            half = len(batch) // 2
            return self._carry_out(batch[:half], patience) + self._carry_out(batch[half:], patience)
        if patience.left == PATIENCE:
            _note(error)  # the others of this batch will be alike
        patience.left -= 1
        return [refuse(party, work, _CANNOT) for party, work in batch]

    def _without_writes(self, batch: Batch, but_freeing: bool = False) -> list[Effect]:
        trouble = self.recovery.trouble
        taken, refusals = refuse_changes(batch, _CANNOT if trouble is None else trouble.refusal, but_freeing)
        return refusals + self._carry_out(taken, _Patience()) if taken else refusals


@dataclass(slots=True)
class _Patience:
    """How many works of one batch may fail before those that are left are refused with them."""

    left: int = PATIENCE


_CANNOT: Final = Refusal(Code.BUSY, "the relay could not do this; try again later", RETRY_FAILED)


def _note(error: BaseException) -> None:
    if isinstance(error, StoreError):
        log.error("the store failed", reason=str(error))
    else:
        log.error("a transaction failed", **places(error))


@dataclass(slots=True)
class Tally:
    """What the transactions of a committer have come to; seconds by the event loop's clock."""

    batches: int = 0
    works: int = 0
    """Commands and requests in them."""
    seconds: float = 0.0
    """From when a batch is handed over until its effects are back."""
    began: float | None = None
    """When the transaction that runs was handed over."""


class Committer:
    """Collects work on the event loop and hands it to the transaction thread, a batch at a time.

    `deliver` is called on the loop with each batch's effects, in order.
    """

    def __init__(self, transactor: Transactor, store: Store, max_pending: int, max_pending_bytes: int) -> None:
        self._transactor = transactor
        self._store = store
        self._max_pending = max_pending
        self._max_pending_bytes = max_pending_bytes
        self._pending = Turns()
        self._writing = ThreadPoolExecutor(1, "havre-write")
        self._reading = ThreadPoolExecutor(1, "havre-read")
        self._running: asyncio.Future[list[Effect]] | None = None
        self._loop = asyncio.get_running_loop()
        self._soon: asyncio.TimerHandle | None = None
        """The beginning of the next transaction, when it is not time for it yet."""
        self._last = -APART
        """When the last one began."""
        self.tally = Tally()
        self.observe: Callable[[int, float], None] = lambda size, seconds: None
        """Hears of every transaction: how many commands and requests, how many seconds."""
        self.deliver: Callable[[list[Effect]], None] = lambda effects: None

    @property
    def backlog(self) -> float:
        """What waits, as a part of what may wait."""
        return max(len(self._pending) / self._max_pending, self._pending.bytes / self._max_pending_bytes)

    @property
    def depth(self) -> int:
        """How many commands and requests wait."""
        return len(self._pending)

    def submit(self, party: Party, work: Work, size: int = 0) -> None:
        """Take a command (of `size` bytes) or request; its answer comes by `deliver`."""
        if self._is_full(party, size):
            busy = Refusal(Code.BUSY, "the relay has too much to do; try again in a moment", 1.0)
            self.deliver([refuse(party, work, busy)])
            return
        self._pending.add(party, work, size)
        if self._running is None and (self._soon is None or len(self._pending) == ENOUGH):
            self._start_in_time()

    def _is_full(self, party: Party, size: int) -> bool:
        """Tell whether there is no place; who has nothing waiting finds one as long as memory lasts."""
        pending = self._pending
        return pending.bytes + size > self._max_pending_bytes or (
            len(pending) >= self._max_pending and party in pending
        )

    async def ask(self, request: Request) -> object:
        """Carry a directory request out and return its result, which may be a Refusal."""
        waiting: asyncio.Future[object] = self._loop.create_future()
        self.submit(waiting, request, REQUEST_BYTES)
        return await waiting

    async def read(self, read: Callable[[], T]) -> T:
        """Run a read of the store in the reading thread."""
        return await self._loop.run_in_executor(self._reading, read)

    async def write(self, write: Callable[[], T]) -> T:
        """Run something between two transactions, in their thread."""
        return await self._loop.run_in_executor(self._writing, write)

    async def expire(self, now: int, limit: int) -> bool:
        """Forget entries whose time is over, between two transactions; return whether there are more."""
        return await self.write(lambda: self._transactor.expire(now, limit))

    async def settle(self) -> None:
        """Wait until everything that came in is written and delivered."""
        while self._pending or self._running is not None:
            if self._running is None:
                self._start()
            else:
                await asyncio.wait([self._running])

    def close(self) -> None:
        """Let go of the threads."""
        self._writing.shutdown()
        self._reading.shutdown()

    def _start_in_time(self) -> None:
        """Begin a transaction, or see to it that one begins as soon as it is time."""
        wait = self._last + APART - self._loop.time()
        if wait <= 0 or len(self._pending) >= ENOUGH:
            self._start()
        else:
            self._soon = self._loop.call_later(wait, self._start)

    def _start(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        batch = self._next_batch()
        self._last = self.tally.began = self._loop.time()
        self._running = self._loop.run_in_executor(self._writing, self._transactor.run, batch)
        self._running.add_done_callback(lambda done: self._finish(batch, done))

    def _next_batch(self) -> Batch:
        return self._pending.take(MAX_BATCH, MAX_BATCH_BYTES)

    def _finish(self, batch: Batch, done: asyncio.Future[list[Effect]]) -> None:
        error = done.exception()
        effects = done.result() if error is None else self._after_bug(batch, error)
        self._running = None
        self._count(batch)
        if self._pending:
            self._start_in_time()
        self.deliver(effects)

    def _count(self, batch: Batch) -> None:
        tally, now = self.tally, self._loop.time()
        seconds = now - (now if tally.began is None else tally.began)
        tally.batches += 1
        tally.works += len(batch)
        tally.seconds += seconds
        tally.began = None
        self.observe(len(batch), seconds)

    def _after_bug(self, batch: Batch, error: BaseException) -> list[Effect]:
        """Nothing of the batch was acknowledged; say so to all, and leave a trace without data."""
        _note(error)
        return [after_failure(batch), *(refuse(party, work, _CANNOT) for party, work in batch)]
