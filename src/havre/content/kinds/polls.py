"""Polls: a question with options, votes that can be changed, and the end of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import SENT_AT, Reader, is_number, private_part, target_of, values_of
from havre.content.labels import clean_label
from havre.content.model import Content, Disposition

POLL: Final = "application/vnd.havre.poll+cbor"
VOTE: Final = "application/vnd.havre.vote+cbor"
CLOSE: Final = "application/vnd.havre.poll-close+cbor"
MAX_QUESTION: Final = 300
MAX_OPTION: Final = 100
MAX_OPTIONS: Final = 12
"""Options of a poll; two at least."""


@dataclass(frozen=True, slots=True)
class Poll:
    """A question and two options or more; `multiple`: one may choose several."""

    question: str
    options: tuple[str, ...]
    multiple: bool


@dataclass(frozen=True, slots=True)
class Vote:
    """The sender chooses these options (numbers from 0) of a poll, in place of what was chosen before."""

    target: bytes
    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClosePoll:
    """Votes that come later do not count."""

    target: bytes


def poll(salt: bytes, question: str, options: Sequence[str], multiple: bool, sent_at: int) -> Content:
    """Return a poll; raises ContentError when question or options are empty, too long, too many or the same."""
    asked = clean_label(question, MAX_QUESTION)
    offered = [clean_label(option, MAX_OPTION) for option in options]
    content = Content(salt, private_part(POLL, [asked, offered, multiple]), extensions={SENT_AT: sent_at})
    _check(Poll(asked, tuple(offered), multiple))
    return content


def vote(salt: bytes, target: bytes, choices: Sequence[int]) -> Content:
    """Return a vote in the poll with this message id; no choice takes the vote back."""
    return Content(salt, private_part(VOTE, [sorted(set(choices))], Disposition.UNSPECIFIED), in_reply_to=target)


def close_poll(salt: bytes, target: bytes) -> Content:
    """Return the end of a poll."""
    return Content(salt, private_part(CLOSE, [], Disposition.UNSPECIFIED), in_reply_to=target)


def _check(asked: Poll) -> None:
    if not asked.question:
        raise ContentError("the poll has no question")
    if not 2 <= len(asked.options) <= MAX_OPTIONS:
        raise ContentError(f"a poll has 2 to {MAX_OPTIONS} options")
    if not all(asked.options) or len({option.casefold() for option in asked.options}) != len(asked.options):
        raise ContentError("an option of the poll is empty, or there twice")


def _read_poll(_: Content, data: bytes) -> Poll:
    question, options, multiple = values_of(data, 3, 16 * 1024)
    if not isinstance(question, str) or not isinstance(options, list) or not isinstance(multiple, bool):
        raise ContentError("a poll is not filled in as it should be")
    if len(options) > MAX_OPTIONS or not all(isinstance(option, str) for option in options):
        raise ContentError("a poll's options are none")
    cleaned = tuple(clean_label(option, MAX_OPTION) for option in options)
    found = Poll(clean_label(question, MAX_QUESTION), cleaned, multiple)
    _check(found)
    return found


def _read_vote(content: Content, data: bytes) -> Vote:
    (choices,) = values_of(data, 1)
    if not isinstance(choices, list) or not all(is_number(choice, MAX_OPTIONS) for choice in choices):
        raise ContentError("a vote's choices are none")
    if choices != sorted(set(choices)):
        raise ContentError("a vote's choices are not in order, or there twice")
    return Vote(target_of(content), tuple(choices))


def _read_close(content: Content, data: bytes) -> ClosePoll:
    values_of(data, 0)
    return ClosePoll(target_of(content))


READERS: Final[Mapping[str, Reader[Poll | Vote | ClosePoll]]] = {
    POLL: _read_poll,
    VOTE: _read_vote,
    CLOSE: _read_close,
}
