"""Group commit: all that arrived while the last transaction ran goes into the next one, in one synced write.

Two threads work for the event loop, which never waits for the store itself: one decides and writes, one reads. An
answer or a push leaves only after the write that it tells about is on disk.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import structlog

from havre.relay.core.batch import Work, after_failure, decide, dedupes, named, refuse_changes
from havre.relay.core.effects import Answer, Effect, Party, Reply
from havre.relay.core.limits import Limits
from havre.relay.core.requests import Request
from havre.relay.logs import places
from havre.relay.store.base import Store, StoreError, StoreFullError
from havre.relay.store.operations import Operation
from havre.relay.store.rows import Head, Tombstone
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import QueueId
from havre.wire.stream import Command, Refused

T = TypeVar("T")
Batch = Sequence[tuple[Party, Work]]

MAX_BATCH: Final = 1024
MAX_BATCH_BYTES: Final = 16 * 1024 * 1024
CACHED_HEADS: Final = 100_000
RETRY_FAILED: Final = 5.0
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
        self._limits = limits
        self._clock = clock
        self._has_room = has_room
        self._cache = HeadCache(store)
        self._recover_at: float | None = None
        """When to try to recover (seconds); None: the store is well."""

    def run(self, batch: Batch) -> list[Effect]:
        """Decide and write a batch, and return its effects; a store that fails refuses what it could not keep."""
        try:
            if not self._is_well() or not self._has_room():
                return self._without_writes(batch)
            return self._apply(batch)
        except StoreFullError:
            return [after_failure(batch), *self._without_writes(batch)]
        except StoreError as error:
            log.error("the store failed", reason=str(error))
            refusal = Refusal(Code.BUSY, "the relay's store does not answer; try again later", RETRY_FAILED)
            return [after_failure(batch), *(refuse(party, work, refusal) for party, work in batch)]

    def _apply(self, batch: Batch) -> list[Effect]:
        heads = self._cache.load(named(batch, self._store))
        seen = self._store.seen(dedupes(batch))
        outcome = decide(batch, heads, seen, self._store, self._limits, self._clock())
        if outcome.operations:
            self._write(outcome.operations)
        self._cache.keep(outcome.heads)
        return outcome.effects

    def _write(self, operations: list[Operation]) -> None:
        try:
            self._store.apply(operations)
        except BaseException:
            self._recover_at = self._clock()
            raise

    def _is_well(self) -> bool:
        """Tell whether the store takes writes; after a failure it is recovered first, from time to time."""
        if self._recover_at is None:
            return True
        if 0 < self._recover_at - self._clock() <= RETRY_FAILED:  # more than that: the clock was set back
            return False
        self._cache.clear()  # the batch that failed may be stored nevertheless
        try:
            self._store.recover()
        except StoreError as error:
            log.error("the store is not well yet", reason=str(error))
            self._recover_at = self._clock() + RETRY_FAILED
            return False
        self._recover_at = None
        return True

    def _without_writes(self, batch: Batch) -> list[Effect]:
        reading, refusals = refuse_changes(batch)
        return refusals + self._apply(reading) if reading else refusals


def refuse(party: Party, work: Work, refusal: Refusal) -> Effect:
    """Return the refusal of one command or request."""
    if isinstance(work, Command):
        return Answer(party, Refused(work.request, refusal.code, refusal.message, refusal.retry_after))
    return Reply(party, refusal)


class Committer:
    """Collects work on the event loop and hands it to the transaction thread, a batch at a time.

    `deliver` is called on the loop with each batch's effects, in order.
    """

    def __init__(self, transactor: Transactor, store: Store, max_pending: int, max_pending_bytes: int) -> None:
        self._transactor = transactor
        self._store = store
        self._max_pending = max_pending
        self._max_pending_bytes = max_pending_bytes
        self._pending: deque[tuple[Party, Work, int]] = deque()
        self._pending_bytes = 0
        self._writing = ThreadPoolExecutor(1, "havre-write")
        self._reading = ThreadPoolExecutor(1, "havre-read")
        self._running: asyncio.Future[list[Effect]] | None = None
        self._loop = asyncio.get_running_loop()
        self.deliver: Callable[[list[Effect]], None] = lambda effects: None

    def submit(self, party: Party, work: Work, size: int = 0) -> None:
        """Take a command (of `size` bytes) or request; its answer comes by `deliver`."""
        if len(self._pending) >= self._max_pending or self._pending_bytes + size > self._max_pending_bytes:
            busy = Refusal(Code.BUSY, "the relay has too much to do; try again in a moment", 1.0)
            self.deliver([refuse(party, work, busy)])
            return
        self._pending.append((party, work, size))
        self._pending_bytes += size
        if self._running is None:
            self._start()

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

    async def settle(self) -> None:
        """Wait until everything that came in is written and delivered."""
        while self._running is not None:
            await asyncio.wait([self._running])

    def close(self) -> None:
        """Let go of the threads."""
        self._writing.shutdown()
        self._reading.shutdown()

    def _start(self) -> None:
        batch = self._next_batch()
        self._running = self._loop.run_in_executor(self._writing, self._transactor.run, batch)
        self._running.add_done_callback(lambda done: self._finish(batch, done))

    def _next_batch(self) -> Batch:
        batch: list[tuple[Party, Work]] = []
        size = 0
        while self._pending and len(batch) < MAX_BATCH and size < MAX_BATCH_BYTES:
            party, work, weight = self._pending.popleft()
            batch.append((party, work))
            size += weight
        self._pending_bytes -= size
        return batch

    def _finish(self, batch: Batch, done: asyncio.Future[list[Effect]]) -> None:
        error = done.exception()
        effects = done.result() if error is None else self._after_bug(batch, error)
        self._running = None
        if self._pending:
            self._start()
        self.deliver(effects)

    def _after_bug(self, batch: Batch, error: BaseException) -> list[Effect]:
        """Nothing of the batch was acknowledged; say so to all, and leave a trace without data."""
        log.error("a transaction failed", **places(error))
        refusal = Refusal(Code.BUSY, "the relay could not do this; try again later", RETRY_FAILED)
        return [after_failure(batch), *(refuse(party, work, refusal) for party, work in batch)]
