"""Everybody has a turn: order within a party, fairness between parties, bounded batches."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from havre.relay.turns import TURN, Turns
from havre.wire.stream import Append, Subscribe, Subscription


def append(number: int) -> Append:
    return Append(number, bytes(16), bytes(32), bytes(16), b"")


def subscribe(number: int, queues: int) -> Subscribe:
    return Subscribe(number, [Subscription(os.urandom(16), bytes(32), 0)] * queues)


def test_who_asks_for_one_thing_does_not_wait_for_who_asks_for_a_thousand() -> None:
    turns = Turns()
    for number in range(1000):
        turns.add("greedy", append(number), 10)
    turns.add("modest", append(7), 10)
    batch = turns.take(100, 10**6)
    assert [work for party, work in batch if party == "modest"] == [append(7)]
    assert [work.request for party, work in batch[:TURN] if isinstance(work, Append)] == list(range(TURN))


def test_large_subscribes_fill_a_batch_by_themselves() -> None:
    turns = Turns()
    for number in range(50):
        turns.add("greedy", subscribe(number, 512), 10)
    turns.add("modest", append(7), 10)
    batch = turns.take(1024, 10**6)
    assert len(batch) == 3
    assert batch[1] == ("modest", append(7))


def test_large_entries_do_not_come_in_a_row() -> None:
    turns = Turns()
    for number in range(50):
        turns.add("greedy", append(number), 200_000)
    turns.add("modest", append(7), 10)
    assert [party for party, _ in turns.take(1024, 10**7)[:2]] == ["greedy", "modest"]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 300_000), st.integers(1, 600)), max_size=200),
    st.integers(1, 200),
    st.integers(1, 10**6),
)
def test_all_of_it_comes_once_in_the_order_of_each_party(
    works: list[tuple[int, int, int]], most: int, most_bytes: int
) -> None:
    turns, expected = Turns(), {party: [n for n, one in enumerate(works) if one[0] == party] for party, _, _ in works}
    for number, (party, size, queues) in enumerate(works):
        turns.add(party, subscribe(number, queues) if number % 3 == 0 else append(number), size)
    assert (len(turns), turns.bytes) == (len(works), sum(size for _, size, _ in works))
    came: dict[int, list[int]] = {}
    while turns:
        batch = turns.take(most, most_bytes)
        assert batch
        assert len(batch) < most + TURN
        for party, work in batch:
            assert isinstance(work, Append | Subscribe)
            came.setdefault(party, []).append(work.request)
    assert came == expected
    assert (len(turns), turns.bytes, turns.take(1, 1)) == (0, 0, [])
