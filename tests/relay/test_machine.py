"""What the relay measures of its machine: a loop that others make late is not the relay's doing."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest

from havre.relay.machine import SAMPLE_SECONDS, LoopLag, own_part


@pytest.mark.parametrize(("used", "own"), [(0.0, 0.0), (0.05, 0.02), (0.1, 0.04), (0.2, 0.04)])
def test_late_by_the_part_that_it_had_the_cpu(used: float, own: float) -> None:
    assert own_part(0.04, 0.1, used) == pytest.approx(own)


def test_no_time_is_no_lag() -> None:
    assert own_part(0.0, 0.0, 0.0) == 0.0


@pytest.mark.parametrize(("used", "part"), [(60.0, 1.0), (0.0, 0.0)])
def test_work_on_the_loop_is_its_own_lag_and_waiting_for_others_is_not(
    monkeypatch: pytest.MonkeyPatch, used: float, part: float
) -> None:
    """The loop is late by some time in both cases; what differs is how much CPU the process says that it has had."""
    had = iter([0.0])
    monkeypatch.setattr("havre.relay.machine.time", SimpleNamespace(process_time=lambda: next(had, used)))

    async def scene() -> LoopLag:
        measured = LoopLag()
        sampling = asyncio.create_task(measured.sample())
        await asyncio.sleep(0)
        time.sleep(4 * SAMPLE_SECONDS)  # noqa: ASYNC251  # the loop must come late
        while not measured.mean:  # noqa: ASYNC110  # the sample wakes when it is due
            await asyncio.sleep(0.001)
        sampling.cancel()
        return measured

    measured = asyncio.run(scene())
    assert measured.own == pytest.approx(part * measured.mean)
