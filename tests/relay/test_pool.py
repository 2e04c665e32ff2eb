"""What connections hold together is bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from havre.relay.pool import Pool, Unread


class Slow:
    """A connection that reads slowly."""

    def __init__(self) -> None:
        self.is_cut = False

    def cut(self) -> None:
        self.is_cut = True


def test_a_pool_gives_no_more_than_it_has() -> None:
    pool = Pool(100)
    assert [pool.take(60), pool.take(60), pool.take(40)] == [True, False, True]
    pool.give_back(60)
    assert (pool.taken, pool.take(61), pool.take(60)) == (40, False, True)


def test_the_slowest_is_cut_and_nobody_else() -> None:
    unread: Unread[Slow] = Unread(100)
    readers = [Slow() for _ in range(3)]
    for reader, size in zip(readers, (30, 50, 21), strict=True):
        unread.note(reader, size)
    assert [reader.is_cut for reader in readers] == [False, True, False]
    assert unread.total == 51


@given(st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(0, 60))))
def test_all_together_stay_within_the_bound(events: list[tuple[int, int | None]]) -> None:
    unread: Unread[Slow] = Unread(100)
    readers = [Slow() for _ in range(5)]
    sizes: dict[int, int] = {}
    for number, size in events:
        if size is None:
            unread.forget(readers[number])
            sizes.pop(number, None)
        elif not readers[number].is_cut:
            unread.note(readers[number], size)
            sizes[number] = size
        left = sum(size for number, size in sizes.items() if not readers[number].is_cut)
        assert unread.total == left <= 100
