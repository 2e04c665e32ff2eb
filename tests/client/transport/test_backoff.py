"""Waiting: bounded, growing, jittered, and never earlier than the relay asks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from havre.client.transport.backoff import Backoff, Bounds

jitters = st.floats(0, 1, exclude_max=True)


@given(draws=st.lists(jitters, min_size=1, max_size=100))
def test_always_within_bounds(draws: list[float]) -> None:
    numbers = iter(draws)
    backoff = Backoff(lambda: next(numbers), Bounds())
    for _ in draws:
        assert 0.5 <= backoff.next_wait() <= 60.0


def test_the_ceiling_doubles_up_to_a_minute() -> None:
    backoff = Backoff(lambda: 1.0, Bounds())
    assert [backoff.next_wait() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_crowd_is_spread() -> None:
    """The same failure at the same moment: the waits fill the whole range."""
    first = [Backoff(lambda n=n: n / 100, Bounds()).next_wait() for n in range(100)]  # type: ignore[misc]
    assert min(first) < 0.51
    assert max(first) > 0.98
    assert len(set(first)) == 100


def test_a_long_connection_makes_up_for_failures() -> None:
    backoff = Backoff(lambda: 1.0, Bounds(stable=30.0))
    for _ in range(5):
        backoff.next_wait()
    backoff.lasted(29.0)
    assert backoff.next_wait() == 32
    backoff.lasted(30.0)
    assert backoff.next_wait() == 1


@given(asked=st.floats(-10, 1e9), jitter=jitters)
def test_never_before_the_relay_asks_and_never_absurdly_late(asked: float, jitter: float) -> None:
    wait = Backoff(lambda: jitter, Bounds()).next_wait(asked)
    assert min(max(asked, 0), 60) <= wait <= 120
