"""How full a queue is: never told too low, not much too high, and what is beyond the bound is refused with a time."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from havre.relay.core import fill
from havre.relay.core.limits import Limits
from havre.relay.store.rows import Keys, Tail
from havre.wire.refusals import Code
from havre.wire.stream import Append, Appended, Commit, Hashes, Refused, Trim
from tests.relay.core.table import Table
from tests.relay.rig import Queue

KEYS = Keys(Hashes(bytes(32), bytes(32), bytes(32)), 800)
SMALL = Limits(queue_entries=5, queue_bytes=1000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 500)),
        st.tuples(st.just("wait"), st.integers(0, 1000)),
        st.tuples(st.just("trim"), st.integers(0, 12)),
    ),
    max_size=60,
)


@given(STEPS)
def test_the_count_covers_what_is_there_and_fades_with_it(steps: list[tuple[str, int]]) -> None:
    tail, now, there = Tail(), 10_000, list[tuple[int, int, int]]()  # cursor, size, when it came
    was_trimmed, slack = False, fill.stretch_seconds(KEYS.ttl)
    for what, value in steps:
        stretches = fill.living(KEYS, tail, now)
        if what == "add":
            cursor = tail.last + 1
            there.append((cursor, value, now))
            tail = Tail(cursor, stretches=fill.added(stretches, KEYS, cursor, value, now))
        elif what == "trim":
            through, was_trimmed = min(tail.last, value * 3), True
            there = [one for one in there if one[0] > through]
            tail = Tail(tail.last, stretches=fill.trimmed(stretches, through))
        else:
            now += value
        entries, size = fill.entries_and_bytes(fill.living(KEYS, tail, now))
        alive = [one for one in there if one[2] + KEYS.ttl > now]
        lingering = [one for one in there if one[2] + KEYS.ttl + slack > now]
        assert len(alive) <= entries <= len(lingering)
        if not was_trimmed:  # which takes bytes off in proportion
            assert sum(one[1] for one in alive) <= size <= sum(one[1] for one in lingering)
        assert len(tail.stretches) <= fill.STRETCHES + 2
    assert fill.living(KEYS, tail, now + KEYS.ttl + slack) == ()


@given(st.lists(st.integers(-5000, 5000), max_size=40))
def test_a_clock_that_jumps_makes_no_long_rows(jumps: list[int]) -> None:
    tail, now = Tail(), 100_000
    for jump in jumps:
        now = max(0, now + jump)
        cursor = tail.last + 1
        tail = Tail(cursor, stretches=fill.added(fill.living(KEYS, tail, now), KEYS, cursor, 1, now))
        assert len(tail.stretches) <= fill.STRETCHES + 2
        numbers = [one.number for one in tail.stretches]
        assert numbers == sorted(set(numbers))


def append(table: Table, queue: Queue, size: int = 1) -> object:
    return table.answer(Append(1, queue.id, queue.secrets.write, os.urandom(16), bytes(size)))


def test_a_queue_holds_so_many_entries_until_they_are_trimmed() -> None:
    table = Table(limits=SMALL)
    queue = table.queue(ttl=80)
    answers = [append(table, queue) for _ in range(6)]
    assert [type(one) for one in answers] == [Appended] * 5 + [Refused]
    refused = answers[-1]
    assert isinstance(refused, Refused)
    assert refused.code is Code.FULL
    assert "trim" in refused.message
    assert refused.retry_after is not None
    assert len(table.entries(queue)) == 5, "what is refused changes nothing"
    table.answer(Trim(1, queue.id, queue.secrets.manage, 2))
    assert [type(append(table, queue)) for _ in range(3)] == [Appended, Appended, Refused]


def test_whoever_waits_as_told_finds_room() -> None:
    table = Table(limits=SMALL)
    queue = table.queue(ttl=80)
    for _ in range(5):
        append(table, queue)
    refused = append(table, queue)
    assert isinstance(refused, Refused)
    table.now += refused.retry_after or 0
    assert isinstance(append(table, queue), Appended)


def test_a_queue_holds_so_many_bytes_commits_among_them() -> None:
    table = Table(limits=SMALL)
    queue = table.queue()
    assert isinstance(append(table, queue, 600), Appended)
    commit = Commit(2, queue.id, queue.secrets.write, os.urandom(16), 0, bytes(401))
    refused = table.answer(commit)
    assert isinstance(refused, Refused)
    assert refused.code is Code.FULL
    assert isinstance(append(table, queue, 400), Appended)
    assert isinstance(append(table, queue), Refused)


def test_one_full_queue_is_nothing_to_others_and_a_repeated_entry_is_answered() -> None:
    table = Table(limits=SMALL)
    queue, other = table.queue(), table.queue()
    first = Append(1, queue.id, queue.secrets.write, os.urandom(16), b"x")
    assert table.answer(first) == Appended(1, 1)
    for _ in range(4):
        append(table, queue)
    assert isinstance(append(table, queue), Refused)
    assert table.answer(first) == Appended(1, 1)
    assert isinstance(append(table, other), Appended)
    fleeting = Append(1, queue.id, queue.secrets.write, os.urandom(16), b"typing", 0)
    assert table.answer(fleeting) == Appended(1, 0)
