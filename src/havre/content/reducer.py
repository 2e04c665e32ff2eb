"""What a message does to a conversation: a pure function from one arrival to one change, the same on every device.

What an `Amend` makes of its target depends on the others of that message; `standing` says how.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import sent_at
from havre.content.kinds.registry import Act, Body, Shown, Signal, Unknown, read
from havre.content.model import Content

CLOCK_TOLERANCE: Final = 5 * 60 * 1000
"""Milliseconds by which a sender's clock may be ahead of the relay's before the relay's counts."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A decrypted message, and where and when it came in."""

    sender: bytes
    """Account id of the leaf that signed it."""
    message_id: bytes
    content: Content
    taken_at: int
    """When the relay took it, in milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Show:
    """A message appears in the conversation."""

    message_id: bytes
    sender: bytes
    at: int
    """When it was written, in milliseconds since 1970, as far as that can be believed."""
    body: Shown
    in_reply_to: bytes | None


@dataclass(frozen=True, slots=True)
class Amend:
    """Somebody does something to a message that is there; whether it counts, `standing` says."""

    message_id: bytes
    sender: bytes
    at: int
    act: Act


@dataclass(frozen=True, slots=True)
class Tell:
    """Somebody's device says something that is no message."""

    sender: bytes
    signal: Signal


Change = Show | Amend | Tell


def reduce(arrival: Arrival) -> Change:
    """Return what the arrival changes; content of a known kind that is filled in wrongly is shown as unknown."""
    body = _body(arrival.content)
    if isinstance(body, Signal):
        return Tell(arrival.sender, body)
    at = _written_at(arrival)
    if isinstance(body, Act):
        return Amend(arrival.message_id, arrival.sender, at, body)
    return Show(arrival.message_id, arrival.sender, at, body, arrival.content.in_reply_to)


def _body(content: Content) -> Body:
    try:
        return read(content)
    except ContentError:
        return Unknown("")


def _written_at(arrival: Arrival) -> int:
    claimed = sent_at(arrival.content)
    latest = arrival.taken_at + CLOCK_TOLERANCE
    return arrival.taken_at if claimed is None or claimed > latest else claimed
