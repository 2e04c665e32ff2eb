"""What was said before a newcomer came, sent on by a member: each message as its author wrote it, and when.

Nobody but who sends it vouches for it, since what an author signed was signed in epochs that the newcomer never had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import Reader, is_number, private_part, values_of
from havre.content.model import Content, Disposition

HISTORY: Final = "application/vnd.havre.history+cbor"
MAX_SENT_ON: Final = 100
"""Messages in one history."""
MAX_HISTORY_BYTES: Final = 160 * 1024
_ID: Final = 32
_MAX_NUMBER: Final = 1 << 53


@dataclass(frozen=True, slots=True)
class SentOn:
    """A message of before: its author's account, where it stood, when the relay placed it (seconds), its content."""

    author: bytes
    cursor: int
    placed: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class History:
    """What was said before, for one account, oldest first; an edit stands somewhere behind what it edits."""

    account: bytes
    messages: tuple[SentOn, ...] = field(repr=False)


def history(salt: bytes, account: bytes, messages: Sequence[SentOn]) -> Content:
    """Return what was said before for an account that has just come; at most MAX_SENT_ON, MAX_HISTORY_BYTES in all."""
    rows = [[one.author, one.cursor, one.placed, one.content] for one in messages]
    return Content(salt, private_part(HISTORY, [account, rows], Disposition.UNSPECIFIED))


def _read(_: Content, data: bytes) -> History:
    account, rows = values_of(data, 2, MAX_HISTORY_BYTES + 128 * MAX_SENT_ON)
    if not isinstance(account, bytes) or len(account) != _ID or not isinstance(rows, list) or len(rows) > MAX_SENT_ON:
        raise ContentError("a history is for nobody, or too long")
    return History(account, tuple(_sent_on(row) for row in rows))


def _sent_on(row: object) -> SentOn:
    match row:
        case [bytes() as author, cursor, placed, bytes() as content] if (
            len(author) == _ID and is_number(cursor, _MAX_NUMBER) and is_number(placed, _MAX_NUMBER)
        ):
            return SentOn(author, cursor, placed, content)
        case _:
            raise ContentError("a message of a history is none")


READERS: Final[Mapping[str, Reader[History]]] = {HISTORY: _read}
