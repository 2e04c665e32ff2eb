"""Who is pushed what: registry rules that sockets show only by chance."""

from __future__ import annotations

from havre.relay.subscribers import Subscribers
from havre.wire.refusals import Code
from havre.wire.stream import EVENT, Ended, Entry, EntryKind, Pushed

Q, P = b"q" * 16, b"p" * 16


class Follower:
    """A connection that remembers its frames."""

    def __init__(self) -> None:
        self.following: set[bytes] = set()
        self.is_gone = False
        self.frames: list[bytes] = []

    def push(self, frame: bytes) -> None:
        self.frames.append(frame)

    def cut(self) -> None:
        self.is_gone = True

    def cursors(self) -> list[int]:
        events = [EVENT.decode(frame) for frame in self.frames]
        return [entry.cursor for event in events if isinstance(event, Pushed) for entry in event.entries]


def entry(cursor: int, size: int = 1) -> Entry:
    return Entry(cursor, EntryKind.MESSAGE, 0, b"x" * size)


def test_a_push_is_encoded_once_for_all() -> None:
    subscribers, one, two = Subscribers(10_000, 3), Follower(), Follower()
    subscribers.follow(Q, one)
    subscribers.follow(Q, two)
    subscribers.push(Q, [entry(1), entry(2)])
    assert one.cursors() == [1, 2]
    assert one.frames[0] is two.frames[0]


def test_many_entries_are_cut_into_frames_that_fit() -> None:
    subscribers, one = Subscribers(10_000, 3), Follower()
    subscribers.follow(Q, one)
    subscribers.push(Q, [entry(n, 3000) for n in range(1, 11)])
    assert one.cursors() == list(range(1, 11))
    assert all(len(frame) <= 10_000 for frame in one.frames)
    assert len(one.frames) == 5


def test_a_connection_that_left_before_its_subscribe_was_carried_out_is_not_kept() -> None:
    subscribers, one = Subscribers(10_000, 3), Follower()
    one.is_gone = True
    subscribers.follow(Q, one)
    assert one.following == set()
    assert subscribers.is_empty


def test_nothing_is_kept_of_those_who_leave() -> None:
    subscribers, one = Subscribers(10_000, 3), Follower()
    for queue in (Q, P, Q):
        subscribers.follow(queue, one)
    subscribers.unfollow(Q, one)
    subscribers.unfollow(Q, one)
    subscribers.push(Q, [entry(1)])
    subscribers.leave(one)
    subscribers.push(P, [entry(1)])
    assert one.frames == []
    assert subscribers.is_empty


def test_an_end_is_told_once() -> None:
    subscribers, one = Subscribers(10_000, 3), Follower()
    subscribers.follow(Q, one)
    subscribers.end(Q, Code.CAPABILITY)
    subscribers.end(Q, Code.CAPABILITY)
    assert [EVENT.decode(frame) for frame in one.frames] == [Ended(Q, Code.CAPABILITY)]
    assert one.following == set()
    assert subscribers.is_empty


def test_who_asks_for_more_queues_than_it_may_is_cut() -> None:
    subscribers, one = Subscribers(10_000, 3), Follower()
    for number in range(4):
        assert not one.is_gone
        subscribers.follow(bytes([number]) * 16, one)
    assert one.is_gone
    assert len(one.following) == 3


class Broken(Follower):
    """A connection that cannot be written to, for a reason that nobody has thought of."""

    def push(self, frame: bytes) -> None:
        raise ValueError("I am broken")


def test_one_who_cannot_be_told_is_cut_and_the_others_are_told() -> None:
    subscribers, broken, one = Subscribers(10_000, 3), Broken(), Follower()
    for follower in (broken, one):
        subscribers.follow(Q, follower)
    subscribers.push(Q, [entry(1)])
    assert broken.is_gone
    assert one.cursors() == [1]
    subscribers.end(Q, Code.UNKNOWN)
    assert len(one.frames) == 2
