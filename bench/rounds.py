"""Timing of several programs side by side, in rounds that run all of them.

What is counted is the process' own processor time, all threads', so that what else the machine
does falls on nobody.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Task(NamedTuple):
    """What is measured, and in a group of how many members."""

    name: str
    members: int | None = None


class Timings:
    """Seconds by task and program, in the order of the tasks' first appearance."""

    def __init__(self) -> None:
        self.seconds: dict[Task, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def call(self, task: Task, program: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do some work once, note how long it took, and give its result."""
        begun = time.process_time()
        result = work(*args, **kwargs)
        self.seconds[task][program].append(time.process_time() - begun)
        return result

    def median(self, task: Task, program: str) -> float | None:
        """Give the median of a task's rounds, `None` if the program was not there."""
        rounds = self.seconds[task].get(program)
        return statistics.median(rounds) if rounds else None


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what was built so far out of the garbage collector's rounds."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
