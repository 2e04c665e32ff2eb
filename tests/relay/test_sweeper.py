"""Forgetting goes in small steps: traffic runs in between, and the disk is tidied meanwhile."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from havre.relay.blobs.folder import FolderBlobs
from havre.relay.committer import Committer, Transactor
from havre.relay.core.effects import Answer, Effect
from havre.relay.core.limits import Limits
from havre.relay.store.rocksdb import PARTS, RocksStore
from havre.relay.sweeper import SLICE, sweep_once, tidy
from havre.wire.stream import Appended, Done
from tests.relay.conformance.test_store import cursors, fill
from tests.relay.core.table import append, create
from tests.relay.rig import Queue

SLICES = 20


def test_what_arrives_while_much_expires_is_answered_before_the_sweep_is_over(tmp_path: Path) -> None:
    store, blobs, now = RocksStore(tmp_path / "store"), FolderBlobs(tmp_path / "blobs"), int(time.time())
    queues = [bytes([number]) * 16 for number in range(SLICES)]
    for queue in queues:
        fill(store, queue, SLICE, expires=now - 1)
    left_when_answered: list[int] = []

    async def scene() -> None:
        committer = Committer(Transactor(store, Limits(), time.time, lambda: True), store, 1000, 10**6)
        answers: list[Any] = []

        def deliver(effects: list[Effect]) -> None:
            answers.extend(effect.event for effect in effects if isinstance(effect, Answer))
            left_when_answered.append(sum(len(cursors(store, queue)) for queue in queues))

        committer.deliver = deliver
        sweeping = asyncio.create_task(sweep_once(committer, store, blobs, now))
        queue = Queue()
        await asyncio.sleep(0)  # the sweep is under way
        committer.submit(None, create(queue))
        committer.submit(None, append(queue))
        await sweeping
        await committer.settle()
        committer.close()
        assert answers == [Done(0), Appended(0, 1)]

    asyncio.run(scene())
    assert left_when_answered[0] >= SLICE * (SLICES - 4), "it waited for more than a few steps"
    assert all(cursors(store, queue) == [] for queue in queues)
    store.close()


def test_tidying_goes_round_and_outlives_a_failure() -> None:
    parts: list[int] = []

    class EnoughError(Exception):
        """The round is complete."""

    def compact(part: int) -> None:
        parts.append(part)
        if len(parts) > PARTS:
            raise EnoughError

    with pytest.raises(EnoughError):
        asyncio.run(tidy(compact, PARTS, 0.1))
    assert parts == [*range(PARTS), 0]
