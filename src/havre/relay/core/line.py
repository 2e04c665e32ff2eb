"""The line in which sign-ups wait: numbers are given out in order and called in order.

However many people stand in it, it is a handful of figures: a number belongs to whoever shows the ticket that it was
written on (`tickets`), and who never comes back costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

GRACE: Final = 600.0
"""Seconds after which a number that was called is void, so that nobody can hoard them."""
MARK_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Mark:
    """Numbers below `called` had been called at the time `at` (seconds)."""

    at: float
    called: int


@dataclass(frozen=True, slots=True)
class Line:
    """Numbers below `given` were given out, those below `called` may come in, those below `void` no longer."""

    given: int = 0
    called: int = 0
    void: int = 0
    marks: tuple[Mark, ...] = ()
    """Oldest first, none older than GRACE."""

    @property
    def waiting(self) -> int:
        """How many have a number that is not called yet."""
        return self.given - self.called

    def place(self, number: int) -> int:
        """Return somebody's place, the next one's being 1; 0: the number is called."""
        return max(0, number - self.called + 1)


def give(line: Line) -> tuple[Line, int]:
    """Give out the next number."""
    return replace(line, given=line.given + 1), line.given


def call(line: Line, count: int, now: float) -> Line:
    """Call the next so many, and let those go whose time is over."""
    called = min(line.given, line.called + count)
    marks, void = line.marks, line.void
    while marks and now - marks[0].at > GRACE:
        void, marks = marks[0].called, marks[1:]
    if not marks or now - marks[-1].at >= MARK_SECONDS:
        marks = (*marks, Mark(now, called))
    return Line(line.given, called, void, marks)
