"""`kill -9` in the middle of traffic: what was acknowledged is there, once, in order."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.relay.faults.crowd import Chair, Distributor, Reader, Registrar, Worker, Writer
from tests.relay.rig import RelayProcess, run, running_relay


def crowd() -> list[Worker]:
    """Eight writers, two of them with a reader, chairs who commit and rotate, sign-ups and key packages."""
    writers = [Writer() for _ in range(8)]
    return [*writers, *(Reader(writer) for writer in writers[:2]), Chair(), Chair(), Registrar(), Distributor()]


async def crash(relay: RelayProcess, workers: list[Worker], seconds: float) -> None:
    """Let all work, and kill the relay some time after each has had its first acknowledgement."""
    begun = [asyncio.Event() for _ in workers]
    working = [asyncio.create_task(worker.work(relay, event)) for worker, event in zip(workers, begun, strict=True)]
    async with asyncio.timeout(60):
        for worker, event, work in zip(workers, begun, working, strict=True):
            while not event.is_set() and not work.done():
                await asyncio.wait([work], timeout=0.05)
            if work.done():
                raise AssertionError(f"{type(worker).__name__} stopped working") from work.exception()
    await asyncio.sleep(seconds)
    relay.kill()
    await asyncio.gather(*working)


def rounds(relay: RelayProcess, count: int) -> None:
    workers = crowd()

    async def all_is_there() -> None:
        for worker in workers:
            await worker.check(relay)

    for number in range(count):
        run(crash(relay, workers, random.uniform(0.05, 0.4)))
        relay.start()
        if number % 10 == 9 or number == count - 1:
            run(all_is_there())


# One account gives its key packages away faster than budgets, which are not what is looked at here, would let it.
FREE = {"budgets": False}


def test_nothing_acknowledged_is_lost_or_doubled_by_a_crash(tmp_path: Path) -> None:
    with running_relay(tmp_path / "relay", **FREE) as relay:
        rounds(relay, 2)


@pytest.mark.long
def test_nothing_acknowledged_is_lost_or_doubled_by_thirty_crashes(tmp_path: Path) -> None:
    with running_relay(tmp_path / "relay", **FREE) as relay:
        rounds(relay, 30)
