"""How messages stand, from rows: the bridge between the vault and `havre.content.standing`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from havre.client.vault.facts import shown_body
from havre.client.vault.rows import Amendment, Message
from havre.content import ClosePoll, ContentError, Delete, Edit, Pin, React, Shown, Unknown, Vote, decode, read
from havre.content.kinds.registry import Act
from havre.content.standing import UNPLACED, Original, Place, Standing, standing
from havre.content.standing import Amendment as Done

REACT, EDIT, DELETE, PIN, VOTE, CLOSE = "react", "edit", "delete", "pin", "vote", "close"
_KINDS: Final[Mapping[type, str]] = {
    React: REACT,
    Edit: EDIT,
    Delete: DELETE,
    Pin: PIN,
    Vote: VOTE,
    ClosePoll: CLOSE,
}
_MATTER: Final[Mapping[str, Sequence[str]]] = {EDIT: (EDIT,), DELETE: (DELETE,), VOTE: (VOTE, CLOSE), CLOSE: (CLOSE,)}


def kind_of_act(act: Act) -> str:
    """Return how the vault calls what an act is."""
    return _KINDS[type(act)]


def kinds_that_matter(kind: str) -> Sequence[str]:
    """Return the kinds that decide whether an amendment of this kind counts; none: it always does."""
    return _MATTER.get(kind, ())


def standing_of(message: Message, amendments: Iterable[Amendment]) -> Standing:
    """Return how a message stands after what was done to it."""
    try:
        body = shown_body(decode(message.content))
    except ContentError:
        body = Unknown("")
    return standing_with(body, message, amendments)


def standing_with(body: Shown, message: Message, amendments: Iterable[Amendment]) -> Standing:
    """Return how a message stands whose content was decoded already, to what it shows at first."""
    original = Original(message.sender, place_of(message), body)
    return standing(original, [done for row in amendments if (done := _done(row)) is not None])


def place_of(row: Message | Amendment) -> Place:
    """Return where a row stands in its chat."""
    return (row.placed, row.queue, row.cursor, row.seq) if row.placed else (UNPLACED, b"", 0, row.seq or UNPLACED)


def _done(row: Amendment) -> Done | None:
    try:
        act = read(decode(row.content))
    except ContentError:
        return None
    return Done(row.id, row.sender, place_of(row), row.at, act, row.privileged) if isinstance(act, Act) else None
