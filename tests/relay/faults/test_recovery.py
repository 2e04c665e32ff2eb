"""A store that fails: what is refused meanwhile, when it is tried again, and that it comes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest

from havre.relay import recovery
from havre.relay.recovery import FIRST_PAUSE, LONGEST_PAUSE, QUIET, Cause, Recovery, Takes, probe
from havre.relay.store.base import StoreDamagedError, StoreError, StoreFullError
from havre.relay.store.operations import Operation
from havre.wire.refusals import Code
from tests.relay.model import MemoryStore


class Sick(MemoryStore):
    """A store that can be made to fail, and to refuse to recover."""

    def __init__(self) -> None:
        super().__init__()
        self.incurable: StoreError | None = None
        self.attempts = 0

    def apply(self, operations: Sequence[Operation]) -> None:
        if self.failure is not None:
            raise self.failure
        super().apply(operations)

    def recover(self) -> None:
        self.attempts += 1
        if self.incurable is not None:
            raise self.incurable
        self.failure = None


class Scene:
    def __init__(self) -> None:
        self.now = 0.0
        self.has_room = True
        self.store = Sick()
        self.recovery = Recovery(self.store, lambda: self.has_room, lambda: self.now, lambda: 1.0)

    def fall_ill(self, error: StoreError) -> None:
        self.store.failure = self.store.incurable = error


def test_a_first_failure_is_mended_at_once() -> None:
    scene = Scene()
    scene.store.failure = StoreError("input/output error")
    assert scene.recovery.check() is Takes.ALL
    assert (scene.store.attempts, scene.recovery.trouble) == (1, None)


def test_attempts_become_rare_and_never_stop() -> None:
    scene = Scene()
    scene.fall_ill(StoreError("input/output error"))
    times = []
    while scene.now < 120:
        before = scene.store.attempts
        assert scene.recovery.check() is Takes.READS
        if scene.store.attempts > before:
            times.append(scene.now)
        scene.now += 0.25
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[0] == FIRST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    scene.store.incurable = None
    scene.now += LONGEST_PAUSE
    assert scene.recovery.check() is Takes.ALL


def test_a_store_that_fails_again_and_again_is_not_opened_anew_for_every_batch() -> None:
    scene = Scene()
    for _ in range(400):
        scene.store.failure = scene.store.failure or StoreFullError("full")
        scene.recovery.check()
        scene.now += 0.1
    assert scene.store.attempts < 10
    scene.store.failure = None
    scene.now += QUIET + LONGEST_PAUSE
    scene.recovery.check()
    scene.store.failure, before = StoreFullError("full"), scene.store.attempts
    scene.recovery.check()
    assert scene.store.attempts == before + 1, "after a quiet time it is tried at once again"


@pytest.mark.parametrize(
    ("error", "cause", "code"),
    [
        (StoreFullError("x"), Cause.NO_ROOM, Code.FULL),
        (StoreDamagedError("x"), Cause.DAMAGED, Code.BUSY),
        (StoreError("x"), Cause.FAILED, Code.BUSY),
    ],
)
def test_each_cause_is_told_apart(error: StoreError, cause: Cause, code: Code) -> None:
    scene = Scene()
    scene.fall_ill(error)
    scene.recovery.check()
    trouble = scene.recovery.trouble
    assert trouble is not None
    assert (trouble.cause, trouble.refusal.code) == (cause, code)
    assert trouble.refusal.retry_after


def test_with_little_room_what_makes_room_goes_on() -> None:
    scene = Scene()
    scene.has_room = False
    assert scene.recovery.check() is Takes.FREEING
    assert scene.recovery.trouble is not None
    assert scene.recovery.trouble.cause is Cause.NO_ROOM
    scene.has_room = True
    assert scene.recovery.check() is Takes.ALL
    assert scene.recovery.trouble is None


def test_a_disk_that_does_not_say_how_full_it_is_takes_nothing() -> None:
    def fail() -> bool:
        raise OSError(5, "Input/output error")

    watch = Recovery(MemoryStore(), fail)
    assert watch.check() is Takes.READS
    assert watch.trouble is not None
    assert "Input/output error" in watch.trouble.words


def test_a_store_in_trouble_is_looked_after_without_traffic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PROBE_SECONDS", 0.01)
    store = Sick()
    store.failure = StoreError("failed at the start")
    watch = Recovery(store, lambda: True)
    assert watch.trouble is not None

    async def scene() -> None:
        mended = asyncio.Event()

        async def write(work: object) -> Takes:
            assert work == watch.check
            takes = watch.check()
            mended.set()
            return takes

        probing = asyncio.create_task(probe(watch, write))
        async with asyncio.timeout(60):
            await mended.wait()
        probing.cancel()

    asyncio.run(scene())
    assert watch.check() is Takes.ALL
