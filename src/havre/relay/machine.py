"""What the relay measures of the machine it runs on: how late the event loop comes, commits, memory, disk."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from havre.relay.committer import Committer, Tally
from havre.relay.config import RelayConfig
from havre.relay.core.vitals import Vitals

SAMPLE_SECONDS: Final = 0.025
FADE_SECONDS: Final = 0.25
"""What was measured so long ago counts a third of what is measured now."""
_CGROUPS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class LoopLag:
    """How late the event loop comes, in seconds: smoothed means.

    Other programs on the machine make it late, too, and no new account that waits would help against that. So `own` is
    the part that this process had the CPU.
    """

    def __init__(self) -> None:
        self.mean = 0.0
        self.own = 0.0

    async def sample(self) -> None:
        """Measure; never returns."""
        loop = asyncio.get_running_loop()
        weight = SAMPLE_SECONDS / FADE_SECONDS
        while True:
            began, used = loop.time(), time.process_time()
            await asyncio.sleep(SAMPLE_SECONDS)
            passed = loop.time() - began
            late = max(0.0, passed - SAMPLE_SECONDS)
            self.mean += weight * (late - self.mean)
            self.own += weight * (own_part(late, passed, time.process_time() - used) - self.own)


def own_part(late: float, passed: float, used: float) -> float:
    """Return how much of `late` is this process's doing, which used the CPU for `used` of the `passed` seconds."""
    return late * min(1.0, used / passed) if passed > 0 else 0.0


class CommitTime:
    """How long transactions take, in seconds, as a mean since the last look; one that runs longer counts as it is."""

    def __init__(self, tally: Tally, clock: Callable[[], float]) -> None:
        self._tally = tally
        self._clock = clock
        self._batches = 0
        self._seconds = 0.0

    def look(self) -> float:
        """Return the mean; 0 when there were none."""
        tally = self._tally
        batches, seconds = tally.batches - self._batches, tally.seconds - self._seconds
        self._batches, self._seconds = tally.batches, tally.seconds
        running = 0.0 if tally.began is None else self._clock() - tally.began
        return max(running, seconds / batches if batches else 0.0)


class Machine:
    """The vitals of this process and its disk, against what the settings allow."""

    def __init__(self, config: RelayConfig, lag: LoopLag, committer: Committer) -> None:
        self.config = config
        """May be replaced at any time."""
        self._lag = lag
        self._committer = committer
        self._commit = CommitTime(committer.tally, asyncio.get_running_loop().time)
        self._memory_limit = memory_limit()

    def look(self) -> Vitals:
        """Return how the machine is now."""
        return Vitals(
            loop_lag=self._lag.own,
            commit=self._commit.look(),
            backlog=self._committer.backlog,
            memory=memory_used() / (self.config.memory_bytes or self._memory_limit),
            disk=self.config.free_bytes / max(1, self.free_bytes()),
        )

    def free_bytes(self) -> int:
        """Return the bytes that are free on the disk; 0 where it cannot be looked at."""
        try:
            return shutil.disk_usage(self.config.data).free
        except OSError:
            return 0


def memory_used() -> int:
    """Return the bytes of memory that this process holds; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def memory_limit() -> int:
    """Return the bytes of memory that this process may hold: what its control group allows, or all that there is."""
    there = _PAGE * os.sysconf("SC_PHYS_PAGES")
    return min([there, *(limit for limit in map(_limit, _CGROUPS) if limit is not None)])


def _limit(path: Path) -> int | None:
    try:
        words = path.read_text().strip()
    except OSError:
        return None
    return int(words) if words.isdigit() else None
