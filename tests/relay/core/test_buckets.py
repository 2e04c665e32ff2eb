"""Token buckets: what they give, what they withhold, and how many they remember."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from havre.relay.core.buckets import Bucket, Buckets, Rate

RATES = st.builds(Rate, st.floats(1, 1e6), st.floats(0.001, 1e4))
STEPS = st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 1.0)), max_size=60)


@given(RATES, STEPS)
def test_nobody_gets_more_than_the_burst_and_what_came_back_since(rate: Rate, steps: list[tuple[float, float]]) -> None:
    bucket, now, given_out = Bucket(rate, 0.0), 0.0, 0.0
    for pause, part in steps:
        now += pause
        amount = part * rate.burst
        if bucket.draw(rate, amount, now) == 0:
            given_out += amount
        assert given_out <= (rate.burst + now * rate.per_second) * (1 + 1e-9)


@given(RATES, STEPS)
def test_whoever_waits_as_told_gets_it(rate: Rate, steps: list[tuple[float, float]]) -> None:
    bucket, now = Bucket(rate, 0.0), 0.0
    for pause, part in steps:
        now += pause
        wait = bucket.draw(rate, part * rate.burst, now)
        if wait:
            now += wait * (1 + 1e-6) + 1e-6
            assert bucket.draw(rate, part * rate.burst, now) == 0


@given(RATES, st.floats(1.001, 100))
def test_more_than_a_whole_bucket_is_given_once_and_owed(rate: Rate, times: float) -> None:
    bucket, amount = Bucket(rate, 0.0), times * rate.burst
    assert bucket.draw(rate, amount, 0.0) == 0
    assert bucket.draw(rate, amount, 0.0) * rate.per_second >= amount * (1 - 1e-9)


def test_a_refused_draw_takes_nothing() -> None:
    rate = Rate(10, 1)
    bucket = Bucket(rate, 0.0)
    assert bucket.draw(rate, 6, 0.0) == 0
    assert [bucket.draw(rate, 6, 0.0) for _ in range(3)] == [2, 2, 2]
    assert bucket.draw(rate, 4, 0.0) == 0


def test_a_clock_that_is_set_back_gives_nothing() -> None:
    rate = Rate(10, 1)
    bucket = Bucket(rate, 100.0)
    assert bucket.draw(rate, 10, 100.0) == 0
    assert bucket.draw(rate, 1, 0.0) == 1
    assert bucket.draw(rate, 1, 1.0) == 0


@given(st.lists(st.binary(min_size=1, max_size=1), max_size=200), st.integers(1, 20))
def test_only_so_many_parties_are_remembered(parties: list[bytes], size: int) -> None:
    buckets = Buckets(Rate(1, 1e-6), size)
    for number, party in enumerate(parties):
        recent: list[bytes] = []  # whoever was heard of last is still known, so a second draw is refused
        for earlier in reversed(parties[:number]):
            if earlier not in recent:
                recent.append(earlier)
        assert (buckets.draw(party, 1, 0.0) > 0) == (party in recent[:size])
        assert len(buckets) <= size
