"""How long to wait before trying again: exponential, with full jitter, so that a crowd never comes back in step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from havre.client.transport.base import Jitter

SHORTEST: Final = 0.5
LONGEST: Final = 60.0
_MOST_DOUBLINGS: Final = 16


@dataclass(frozen=True, slots=True)
class Bounds:
    """The shortest and the longest wait, and how long (seconds) a connection must last to count as a success."""

    shortest: float = SHORTEST
    longest: float = LONGEST
    stable: float = 30.0


class Backoff:
    """The waits between attempts at one relay, in seconds."""

    def __init__(self, jitter: Jitter, bounds: Bounds) -> None:
        self._jitter = jitter
        self._bounds = bounds
        self._failures = 0

    def lasted(self, seconds: float) -> None:
        """Take note of how long the last connection lived; a long one makes up for all failures before it."""
        if seconds >= self._bounds.stable:
            self._failures = 0

    def next_wait(self, not_before: float | None = None) -> float:
        """Return the next wait: anywhere between the shortest and a ceiling that doubles with every failure.

        When the relay named a time, the wait is never below it, and spread over as much again: it told everybody else
        the same.
        """
        shortest, longest = self._bounds.shortest, self._bounds.longest
        self._failures += 1
        ceiling = min(longest, shortest * 2.0 ** min(self._failures, _MOST_DOUBLINGS))
        if not_before is None:
            return shortest + self._jitter() * (ceiling - shortest)
        named = min(max(not_before, 0.0), longest)
        return named + self._jitter() * max(named, ceiling)
