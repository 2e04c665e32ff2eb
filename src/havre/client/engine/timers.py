"""Disappearing messages: when their time begins, how it is counted, and taking them out of the vault when it is over.

Time is counted by the clock's steps forward. A clock that is set back stops the count and does not prolong anything by
more than `LOOK`; one that is set forward counts as time that has passed, since nobody can tell it from a device that
was off: a message may then go early, and never stays longer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from havre.client.engine.effects import WakeAt
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Message
from havre.content import Expiration

LOOK: Final = 60 * 1000
"""Milliseconds between two looks at the clock while a timer runs."""
SWEEP: Final = 500
"""Messages that one transaction takes out of the vault."""
SHORTEST_ENTRY: Final = 7 * 24 * 3600
"""Seconds that the relay keeps the entry of a message however short its timer is, for devices that are away."""


def counted(turn: Turn) -> int:
    """Return the time by which timers count, in milliseconds, and note how far the clock has come."""
    known = turn.vault.timekeeping()
    clock, count = known if known is not None else (turn.now, turn.now)
    count += max(0, turn.now - clock)
    if known != (turn.now, count):
        turn.vault.put_timekeeping(turn.now, count)
    return count


def with_timer(content_timer: int) -> Expiration | None:
    """Return what a message says of a chat's timer (seconds; 0: none): it is counted from the reading."""
    return Expiration(relative=True, time=content_timer) if content_timer else None


def entry_ttl(timer: int) -> int:
    """Return how long the relay is to keep the entry of a message with this timer, in seconds; 0: no matter."""
    return max(timer, SHORTEST_ENTRY) if timer else 0


def started(turn: Turn, message: Message) -> Message:
    """Return a message of mine that has been sent, its timer running from now on if it has one."""
    if not message.timer or message.expires_at:
        return message
    return replace(message, expires_at=counted(turn) + message.timer * 1000)


def start_read(turn: Turn, chat: bytes) -> None:
    """Start the timers of what was read in a chat."""
    for started_now in turn.vault.start_timers_of_read(chat, counted(turn)):
        turn.altered[started_now] = None


def until(turn: Turn, seconds: int) -> int:
    """Return a time of the clock (unix seconds) as time that timers count by."""
    return max(1, counted(turn) + seconds * 1000 - turn.now)


def look(turn: Turn) -> None:
    """Take out what is over, and come back for what is not."""
    if turn.vault.next_expiry() is None:
        return
    now = counted(turn)
    gone = turn.vault.expired(now, SWEEP)
    for message in gone:
        turn.vault.drop_message(message)
        turn.tell_gone(message)
    following = turn.vault.next_expiry()
    if following is not None:
        turn.emit(WakeAt(turn.now + min(max(following - now, 0), LOOK)))
