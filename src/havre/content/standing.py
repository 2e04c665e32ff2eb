"""How a message stands after all that was done to it: a pure function of a set of amendments.

The amendments are put in the order of the conversation first, so that it makes no difference in which order a device
came to know them, or how often. What does not count is left out, on every device alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from havre.content.kinds.acts import Delete, Edit, Pin, React
from havre.content.kinds.polls import ClosePoll, Poll, Vote
from havre.content.kinds.registry import Act, Shown
from havre.content.kinds.words import Text

Place = tuple[int, bytes, int, int]
"""Where something stands among all of a chat: relay time in seconds, queue, cursor, own number."""
UNPLACED: Final = (1 << 63) - 1
"""In place of the time: no relay has it yet, so it comes after all that has arrived."""
CHANGEABLE: Final = 24 * 3600
"""Seconds in which an author can edit a message, or delete it for everyone."""
MAX_EDITS: Final = 100
"""Edits of one message, and votes of one person in one poll."""


class Refusal(StrEnum):
    """Why something that was done to a message does not count."""

    NOT_YOURS = "not-yours"
    """Only the author may, or also the admins of the group."""
    TOO_LATE = "too-late"
    """The time for it is over, the poll is closed, or the message is gone."""
    UNFIT = "unfit"
    """It cannot be done to a message of this kind."""
    TOO_OFTEN = "too-often"


@dataclass(frozen=True, slots=True)
class Original:
    """A message as it was sent."""

    sender: bytes
    place: Place
    body: Shown


@dataclass(frozen=True, slots=True)
class Amendment:
    """One thing done to a message; `privileged`: by somebody who was an admin of the group then."""

    id: bytes
    sender: bytes
    place: Place
    at: int
    act: Act
    privileged: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """What an edit made of a message; `at` in milliseconds since 1970."""

    at: int
    body: Text


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of all amendments; accounts are ids. Reactions stand in the order in which they came.

    `pinned`: when, in milliseconds since 1970; 0: it is not. `refused`: the ids of what does not count, and why.
    """

    reactions: Mapping[bytes, str]
    edits: tuple[Version, ...]
    votes: Mapping[bytes, tuple[int, ...]]
    closed: bool
    pinned: int
    deleted_by: bytes | None
    refused: Mapping[bytes, Refusal]


def standing(original: Original, amendments: Iterable[Amendment]) -> Standing:
    """Return how a message stands after all that was done to it."""
    count = _Count(original)
    for amendment in sorted({one.id: one for one in amendments}.values(), key=lambda one: one.place):
        count.add(amendment)
    return count.standing()


def supersedes(later: Act, earlier: Act) -> bool:
    """Tell whether `earlier` no longer matters once `later` of the same sender stands behind it."""
    return isinstance(later, React | Pin) and type(later) is type(earlier)


class _Count:
    """Takes amendments in order; lives for one call of `standing`."""

    def __init__(self, original: Original) -> None:
        self._original = original
        self._reactions: dict[bytes, str] = {}
        self._edits: list[Version] = []
        self._votes: dict[bytes, tuple[int, ...]] = {}
        self._cast: Counter[bytes] = Counter()
        self._closed = False
        self._pinned = 0
        self._deleted_by: bytes | None = None
        self._refused: dict[bytes, Refusal] = {}

    def standing(self) -> Standing:
        """Return what was counted."""
        gone = self._deleted_by is not None
        return Standing(
            MappingProxyType({} if gone else self._reactions),
            () if gone else tuple(self._edits),
            MappingProxyType({} if gone else {who: chosen for who, chosen in self._votes.items() if chosen}),
            self._closed,
            0 if gone else self._pinned,
            self._deleted_by,
            MappingProxyType(self._refused),
        )

    def add(self, amendment: Amendment) -> None:
        """Count one more, or note why not."""
        refusal = Refusal.TOO_LATE if self._deleted_by is not None else self._refusal(amendment)
        if refusal is None:
            self._carry_out(amendment)
        else:
            self._refused[amendment.id] = refusal

    def _carry_out(self, amendment: Amendment) -> None:
        who = amendment.sender
        match amendment.act:
            case React(emoji=emoji):
                self._reactions.pop(who, None)
                if emoji:
                    self._reactions[who] = emoji
            case Edit(body=body):
                self._edits.append(Version(amendment.at, body))
            case Vote(choices=choices):
                self._votes[who] = choices
                self._cast[who] += 1
            case ClosePoll():
                self._closed = True
            case Pin(pinned=pinned):
                self._pinned = max(amendment.at, 1) if pinned else 0
            case Delete():
                self._deleted_by = who

    def _refusal(self, amendment: Amendment) -> Refusal | None:
        match amendment.act:
            case Edit():
                return self._edit_refusal(amendment)
            case Delete():
                return None if amendment.privileged else self._author_refusal(amendment)
            case Vote(choices=choices):
                return self._vote_refusal(amendment.sender, choices)
            case ClosePoll():
                return self._close_refusal(amendment)
            case React() | Pin():
                return None

    def _author_refusal(self, amendment: Amendment) -> Refusal | None:
        if amendment.sender != self._original.sender:
            return Refusal.NOT_YOURS
        placed, now = self._original.place[0], amendment.place[0]
        return Refusal.TOO_LATE if now != UNPLACED and now - placed > CHANGEABLE else None

    def _edit_refusal(self, amendment: Amendment) -> Refusal | None:
        forbidden = self._author_refusal(amendment)
        if forbidden is not None:
            return forbidden
        if not isinstance(self._original.body, Text):
            return Refusal.UNFIT
        return Refusal.TOO_OFTEN if len(self._edits) >= MAX_EDITS else None

    def _vote_refusal(self, voter: bytes, choices: tuple[int, ...]) -> Refusal | None:
        poll = self._original.body
        if not isinstance(poll, Poll) or any(choice >= len(poll.options) for choice in choices):
            return Refusal.UNFIT
        if len(choices) > 1 and not poll.multiple:
            return Refusal.UNFIT
        if self._closed:
            return Refusal.TOO_LATE
        return Refusal.TOO_OFTEN if self._cast[voter] >= MAX_EDITS else None

    def _close_refusal(self, amendment: Amendment) -> Refusal | None:
        if not isinstance(self._original.body, Poll):
            return Refusal.UNFIT
        if amendment.sender != self._original.sender and not amendment.privileged:
            return Refusal.NOT_YOURS
        return Refusal.TOO_LATE if self._closed else None
