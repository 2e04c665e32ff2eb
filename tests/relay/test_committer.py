"""Group commit: what waits is bounded, what arrives meanwhile goes together, and a bug costs one batch."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest

from havre.relay import committer
from havre.relay.committer import CACHED_HEADS, Committer, HeadCache, Transactor
from havre.relay.core.effects import Answer, Effect, Lose, Push
from havre.relay.core.limits import Limits
from havre.relay.store.base import StoreDamagedError, StoreError
from havre.relay.store.operations import Operation, SetKeys, SetTail
from havre.relay.store.rows import Head, Keys, Tail, Tombstone
from havre.wire.refusals import Code
from havre.wire.stream import Append, Appended, Create, Delete, Done, Hashes, Refused, Trim
from tests.relay.core.table import append, create
from tests.relay.model import MemoryStore
from tests.relay.rig import Queue


class Gate(MemoryStore):
    """A store whose writes wait until they are let through, and which counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.batches: list[int] = []
        self.fails = False

    def apply(self, operations: Sequence[Operation]) -> None:
        self.open.wait(10)
        if self.fails:
            raise ZeroDivisionError
        self.batches.append(len(operations))
        super().apply(operations)


class Scene:
    """A committer on a gate, and what it delivered."""

    def __init__(self, store: Gate | None = None, max_pending: int = 1000, max_pending_bytes: int = 10**6) -> None:
        self.store = store or Gate()
        transactor = Transactor(self.store, Limits(), lambda: 0.0, lambda: True)
        self.committer = Committer(transactor, self.store, max_pending, max_pending_bytes)
        self.answers: list[Any] = []
        self.committer.deliver = lambda effects: self.answers.extend(e.event for e in effects if isinstance(e, Answer))

    async def finish(self) -> None:
        self.store.open.set()
        await self.committer.settle()
        self.committer.close()


def test_what_arrives_while_a_transaction_runs_goes_into_the_next_one() -> None:
    async def scene() -> None:
        stage, queue = Scene(), Queue()
        stage.committer.submit(None, create(queue))
        for _ in range(100):
            stage.committer.submit(None, append(queue))
        await stage.finish()
        assert len(stage.store.batches) == 2
        assert stage.answers == [Done(0), *(Appended(0, n) for n in range(1, 101))]

    asyncio.run(scene())


def test_what_comes_in_a_trickle_shares_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer, "APART", 3600.0)

    async def scene() -> None:
        stage, queue = Scene(), Queue()
        stage.store.open.set()
        stage.committer.submit(None, create(queue))  # nothing was written for that long: it does not wait
        await asyncio.wait_for(_until(lambda: stage.answers == [Done(0)]), 60)
        for _ in range(committer.ENOUGH - 1):
            stage.committer.submit(None, append(queue))
            await asyncio.sleep(0)
        assert stage.committer.depth == committer.ENOUGH - 1
        stage.committer.submit(None, append(queue))
        await asyncio.wait_for(_until(lambda: len(stage.answers) == 1 + committer.ENOUGH), 60)
        stage.committer.submit(None, append(queue))
        await stage.finish()
        assert len(stage.answers) == 2 + committer.ENOUGH
        assert len(stage.store.batches) == 3

    asyncio.run(scene())


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110  # many events
        await asyncio.sleep(0.01)


def test_nothing_is_answered_before_it_is_written() -> None:
    async def scene() -> None:
        stage, queue = Scene(), Queue()
        stage.committer.submit(None, create(queue))
        await asyncio.sleep(0.05)
        assert stage.answers == []
        await stage.finish()
        assert stage.answers == [Done(0)]

    asyncio.run(scene())


def test_what_waits_is_bounded_in_number_and_bytes() -> None:
    async def scene(stage: Scene, size: int) -> None:
        queue = Queue()
        stage.committer.submit(None, create(queue))
        for _ in range(15):
            stage.committer.submit(None, append(queue), size)
        refused = [answer for answer in stage.answers if isinstance(answer, Refused)]
        assert [answer.code for answer in refused] == [Code.BUSY] * 5
        assert refused[0].retry_after
        await stage.finish()
        assert stage.answers[-1] == Appended(0, 10)

    async def both() -> None:
        await scene(Scene(max_pending=10), 1)
        await scene(Scene(max_pending_bytes=1000), 100)

    asyncio.run(both())


def test_a_bug_costs_one_batch_and_nothing_is_taken_for_stored() -> None:
    async def scene() -> None:
        stage, queue = Scene(), Queue()
        stage.store.fails = True
        stage.store.open.set()
        stage.committer.submit(None, create(queue))
        await stage.committer.settle()
        assert [answer.code for answer in stage.answers] == [Code.BUSY]
        stage.store.fails = False
        stage.committer.submit(None, append(queue))
        await stage.committer.settle()
        assert stage.answers[-1].code == Code.UNKNOWN
        await stage.finish()

    asyncio.run(scene())


def test_a_write_that_failed_and_is_there_nevertheless_costs_no_cursor_and_no_push() -> None:
    """The log took the batch, the disk did not confirm it: refused, and found again when the store is recovered."""

    class Unsure(Gate):
        is_unsure = False

        def apply(self, operations: Sequence[Operation]) -> None:
            super().apply(operations)
            if self.is_unsure:
                self.is_unsure = False
                raise StoreError("input/output error")

    async def scene() -> None:
        store, queue = Unsure(), Queue()
        stage = Scene(store)
        effects: list[Effect] = []
        stage.store.open.set()
        stage.committer.submit(None, create(queue))
        await stage.committer.settle()
        stage.committer.deliver = effects.extend
        store.is_unsure = True
        doubtful = append(queue, b"doubtful")
        for command in (doubtful, append(queue, b"next"), doubtful):
            stage.committer.submit(None, command)
            await stage.committer.settle()
        lose, refused, push, appended, repeated = effects
        assert lose == Lose([queue.id])
        assert isinstance(refused, Answer)
        assert isinstance(refused.event, Refused)
        assert isinstance(push, Push)
        assert push.entry.cursor == 2
        assert (appended, repeated) == (Answer(None, Appended(0, 2)), Answer(None, Appended(0, 1)))
        await stage.finish()

    asyncio.run(scene())


def test_the_cache_of_heads_is_bounded_and_agrees_with_the_store() -> None:
    store = MemoryStore()
    queues = [os.urandom(16) for _ in range(30)]
    keys = Keys(Hashes(bytes(32), bytes(32), bytes(32)), 60)
    store.apply([op for queue in queues for op in (SetKeys(queue, keys), SetTail(queue, Tail(3)))])
    cache = HeadCache(store, size=10)
    for queue in queues:
        cache.keep(cache.load([queue]))
    assert cache.load(queues) == store.heads(queues)
    assert len(cache) == 10
    assert CACHED_HEADS > 10


def test_commands_of_a_dead_batch_keep_their_numbers() -> None:
    async def scene() -> None:
        stage, queue = Scene(), Queue()
        stage.store.fails = True
        stage.committer.submit(None, Create(7, queue.id, queue.hashes, 0))
        stage.committer.submit(None, Append(8, queue.id, queue.secrets.write, bytes(16), b""))
        await stage.finish()
        assert [answer.request for answer in stage.answers] == [7, 8]

    asyncio.run(scene())


class Poisoned(MemoryStore):
    """A store in which the heads of some queues cannot be read, and which counts its writes."""

    def __init__(self) -> None:
        super().__init__()
        self.unreadable: set[bytes] = set()
        self.writes = 0

    def heads(self, queues: Collection[bytes]) -> dict[bytes, Head | Tombstone]:
        if self.unreadable.intersection(queues):
            raise StoreDamagedError("block checksum mismatch")
        return super().heads(queues)

    def apply(self, operations: Sequence[Operation]) -> None:
        self.writes += 1
        super().apply(operations)


def poisoned(queues: list[Queue], bad: list[int]) -> tuple[Poisoned, list[Any]]:
    """Append once to each queue, in one batch, with the heads of some unreadable; return the answers."""
    store = Poisoned()
    Transactor(store, Limits(), lambda: 0.0, lambda: True).run([(None, create(queue)) for queue in queues])
    store.unreadable = {queues[n].id for n in bad}
    store.writes = 0
    transactor = Transactor(store, Limits(), lambda: 0.0, lambda: True)
    effects = transactor.run([(n, append(queue)) for n, queue in enumerate(queues)])
    return store, sorted((e.party, e.event) for e in effects if isinstance(e, Answer))


def test_what_cannot_be_read_is_refused_alone() -> None:
    queues = [Queue() for _ in range(200)]
    store, answers = poisoned(queues, [3, 77])
    assert [party for party, _ in answers] == list(range(200))
    assert [party for party, event in answers if isinstance(event, Refused)] == [3, 77]
    assert all(event == Appended(0, 1) for party, event in answers if party not in (3, 77))
    assert store.writes < 20


def test_a_store_in_which_little_can_be_read_is_not_asked_without_end() -> None:
    queues = [Queue() for _ in range(500)]
    store, answers = poisoned(queues, list(range(0, 500, 2)))
    assert len(answers) == 500
    assert store.writes <= 64
    assert all(isinstance(event, Refused) for party, event in answers if party % 2 == 0)


def test_with_little_room_trim_and_delete_still_work() -> None:
    store, queue = MemoryStore(), Queue()
    Transactor(store, Limits(), lambda: 0.0, lambda: True).run([(0, create(queue)), (0, append(queue))])
    full = Transactor(store, Limits(), lambda: 0.0, lambda: False)
    trim, delete = Trim(1, queue.id, queue.secrets.manage, 1), Delete(2, queue.id, queue.secrets.manage)
    effects = full.run([(0, append(queue)), (0, trim), (0, delete)])
    said = [effect.event for effect in effects if isinstance(effect, Answer)]
    events = {event.request: event for event in said if isinstance(event, Done | Refused)}
    assert len(events) == len(said)
    assert isinstance(events.pop(0), Refused)
    assert events == {1: Done(1), 2: Done(2)}
    assert store.log.get(queue.id, {}) == {}
