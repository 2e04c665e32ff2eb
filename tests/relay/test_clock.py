"""The relay's time: corrections are followed, jumps only once they have lasted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from havre.relay.clock import BELIEVED, JUMP, SteadyClock

DAY = 24 * 3600.0
START = 1_800_000_000.0


class Machine:
    """Two clocks: what the machine says, and what has really passed."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.set_by = 0.0
        self.clock = SteadyClock(lambda: START + self.passed + self.set_by, lambda: self.passed)

    def wait(self, seconds: float) -> None:
        """Let time pass; the clock is looked at every five seconds, as the sweeper does."""
        end = self.passed + seconds
        while self.passed < end:
            self.passed = min(end, self.passed + 5)
            self.clock()

    def now(self) -> float:
        return self.clock() - START


def test_a_day_ahead_and_back_again_changes_nothing() -> None:
    for jump in (DAY, -DAY):
        machine = Machine()
        machine.set_by = jump
        machine.wait(BELIEVED - 10)
        assert machine.now() == machine.passed
        machine.set_by = 0.0
        machine.wait(10 * BELIEVED)
        assert machine.now() == machine.passed


def test_a_jump_that_lasts_is_believed() -> None:
    for jump in (DAY, -DAY):
        machine = Machine()
        machine.set_by = jump
        machine.wait(BELIEVED + 10)
        assert machine.now() == machine.passed + jump


def test_corrections_are_followed_at_once() -> None:
    machine = Machine()
    machine.set_by = JUMP - 1
    assert machine.now() == JUMP - 1
    machine.set_by = 0.0
    assert machine.now() == 0.0


def test_a_clock_that_jumps_about_is_never_believed() -> None:
    machine = Machine()
    for turn in range(20):
        machine.set_by = DAY * (turn + 1)
        machine.wait(BELIEVED / 2)
        assert machine.now() == machine.passed


@given(st.lists(st.tuples(st.floats(0, 3000), st.floats(-5 * DAY, 5 * DAY)), max_size=30))
def test_it_is_never_further_off_than_what_was_believed(moves: list[tuple[float, float]]) -> None:
    """Whatever is set for less than an hour each, the time stays within corrections of what has passed."""
    machine, off = Machine(), 0.0
    for seconds, set_by in moves:
        machine.set_by = set_by
        machine.wait(min(seconds, BELIEVED / len(moves) - 5))
        if abs(set_by - off) <= JUMP:
            off = set_by
        assert abs(machine.now() - machine.passed - off) < 1e-3
