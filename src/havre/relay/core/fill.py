"""How full a queue is: kept in its tail, by stretches of time, so that no entry has to be looked at to know.

A stretch is an eighth of the queue's ttl. What it brought counts until all of it must have expired, so that the count
is never below what is there, and above it by a stretch at most (more where entries had a shorter ttl of their own).
"""

from __future__ import annotations

from typing import Final

from havre.relay.store.rows import Keys, Stretch, Tail

STRETCHES: Final = 8
"""In one ttl."""


def stretch_seconds(ttl: int) -> int:
    """Return how long a stretch is for a queue with this ttl, in seconds."""
    return ttl // STRETCHES or 1


def living(keys: Keys, tail: Tail, now: int) -> tuple[Stretch, ...]:
    """Return the stretches of which something may still be there."""
    length, stretches = stretch_seconds(keys.ttl), tail.stretches
    while stretches and (stretches[0].number + 1) * length + keys.ttl <= now:
        stretches = stretches[1:]
    return stretches


def added(stretches: tuple[Stretch, ...], keys: Keys, cursor: int, size: int, now: int) -> tuple[Stretch, ...]:
    """Return the stretches with one entry more, of `size` bytes."""
    number = now // stretch_seconds(keys.ttl)
    if stretches and stretches[-1].number >= number:  # above: the clock was set back
        newest = stretches[-1]
        return (*stretches[:-1], Stretch(newest.number, cursor, newest.entries + 1, newest.size + size))
    return (*stretches, Stretch(number, cursor, 1, size))


def trimmed(stretches: tuple[Stretch, ...], through: int) -> tuple[Stretch, ...]:
    """Return the stretches without the entries up to and with a cursor; bytes are taken off in proportion."""
    left = tuple(one for one in stretches if one.last > through)
    if not left:
        return ()
    oldest = left[0]
    entries = min(oldest.entries, oldest.last - through)
    size = -(-oldest.size * entries // oldest.entries)
    return (Stretch(oldest.number, oldest.last, entries, size), *left[1:])


def entries_and_bytes(stretches: tuple[Stretch, ...]) -> tuple[int, int]:
    """Return how many entries they hold at most, and how many bytes."""
    entries = size = 0
    for one in stretches:
        entries += one.entries
        size += one.size
    return entries, size


def room_in(stretches: tuple[Stretch, ...], keys: Keys, now: int) -> float:
    """Return the seconds until the oldest stretch is over for good."""
    return float(max(1, (stretches[0].number + 1) * stretch_seconds(keys.ttl) + keys.ttl - now))
