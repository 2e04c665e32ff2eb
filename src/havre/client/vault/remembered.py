"""Answers of tables that are asked in every turn and written seldom: kept in memory until something is written there.

A vault has one writer, its own connection (`lock.py`), so that no answer grows stale unseen.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

Question = tuple[str, tuple[object, ...]]
"""The end of a SELECT, and its parameters."""

_MOST: Final = 2048
"""Answers of one table that are kept; then all are dropped at once."""
_EVERYTHING: Final = "*"
_HARMLESS: Final = ("SELECT", "BEGIN", "COMMIT", "PRAGMA")
_PARENTS: Final = ("queue", "conversation")
"""Tables whose rows take rows of others with them."""
_WRITES: Final = re.compile(r"(?:INSERT(?: OR REPLACE)? INTO|UPDATE|(DELETE) FROM) (\w+)")


class Remembered:
    """Answers by table."""

    def __init__(self) -> None:
        self._answers: dict[str, dict[Question, list[Any]]] = {}

    def answer(self, table: str, question: Question) -> list[Any] | None:
        """Return what a table has answered since it was last written to, if it was asked."""
        answers = self._answers.get(table)
        return None if answers is None else answers.get(question)

    def keep(self, table: str, question: Question, answer: list[Any]) -> None:
        """Keep an answer until the table is written to."""
        answers = self._answers.setdefault(table, {})
        if len(answers) >= _MOST:
            answers.clear()
        answers[question] = answer

    def note(self, sql: str) -> None:
        """A statement is about to be run: forget the answers that it may change."""
        table = _written(sql)
        if table == _EVERYTHING:
            self._answers.clear()
        elif table:
            self._answers.pop(table, None)

    def forget(self) -> None:
        """What was written is undone: forget everything."""
        self._answers.clear()


@lru_cache(maxsize=1024)
def _written(sql: str) -> str:
    """Return the table that a statement writes to; empty: none, `_EVERYTHING`: more than one, or nobody knows."""
    sql = sql.lstrip()
    if sql.startswith(_HARMLESS):
        return ""
    found = _WRITES.match(sql)
    if found is None or (found[1] and found[2] in _PARENTS):
        return _EVERYTHING
    return found[2]
