"""The index that finds messages by their words, kept in the transaction that changes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from havre.client.vault.chats import MESSAGES
from havre.client.vault.facts import facts_of
from havre.client.vault.rows import Message, Wanted
from havre.client.vault.tables import Connection

_LIGATURES: Final = str.maketrans({
    "œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ẞ": "ss", "ﬁ": "fi", "ﬂ": "fl", "ø": "o", "Ø": "o",
    "ł": "l", "Ł": "l", "’": " ", "ʼ": " ",
})  # fmt: skip
"""What the tokenizer does not take apart by itself."""
_MAX_WORDS: Final = 16


class SearchTables(Connection):
    """Keeps to `havre.client.vault.base.SearchRows`."""

    unindexed: dict[int, str]
    """Words of new messages, by `seq`, which go into the index together and last in their transaction.

    Between other writes each would have SQLite write out what the index holds in memory.
    """

    def index_words(self, seq: int, words: str) -> None:
        """Have a message be found by these words, in place of those of before; none: not at all."""
        self.unindex(seq)
        self.index_new(seq, words)

    def index_new(self, seq: int, words: str) -> None:
        """Have a new message be found by these words; none: not at all."""
        if words:
            self.unindexed[seq] = words

    def unindex(self, seq: int) -> None:
        """Have a message no longer be found."""
        self.unindexed.pop(seq, None)
        self.execute("DELETE FROM search WHERE rowid = ?", (seq,))

    def index_due(self) -> None:
        """Put the words of new messages into the index."""
        due, self.unindexed = self.unindexed, {}
        for seq, words in due.items():
            self.execute("INSERT INTO search (rowid, words) VALUES (?, ?)", (seq, words.translate(_LIGATURES)))

    def index_all(self) -> None:
        """Say of every message what it is and by which words it is found, as a version did that did not know."""
        for message in MESSAGES.select(self, "ORDER BY seq"):
            facts = facts_of(message.content)
            self.execute("UPDATE message SET kind = ? WHERE seq = ?", (str(facts.kind), message.seq))
            self.index_words(message.seq, facts.words)

    def search(self, wanted: Wanted, limit: int, before: Message | None = None) -> Sequence[Message]:
        """Return messages with all the words, or words that begin so, last stored first; `before`: only earlier ones.

        In this order the index gives what it finds one by one, so that a word that is everywhere is found as quickly.
        """
        self.index_due()
        tests, values = _filters(wanted)
        if before is not None:
            tests.append("seq < ?")
            values.append(before.seq)
        match = _match(wanted.words)
        if not match:
            return MESSAGES.select(self, f"WHERE {' AND '.join(tests)} ORDER BY seq DESC LIMIT ?", *values, limit)
        tests.append("search MATCH ?")
        tail = f"JOIN search ON search.rowid = seq WHERE {' AND '.join(tests)} ORDER BY search.rowid DESC LIMIT ?"
        return MESSAGES.select(self, tail, *values, match, limit)


def _filters(wanted: Wanted) -> tuple[list[str], list[object]]:
    tests = ["kind NOT IN ('hidden', 'deleted', 'once', 'viewed')"]
    values: list[object] = []
    for test, value in (
        ("chat = ?", wanted.chat),
        ("sender = ?", wanted.sender),
        ("at >= ?", wanted.since),
        ("at < ?", wanted.until),
    ):
        if value is not None:
            tests.append(test)
            values.append(value)
    if wanted.kinds:
        tests.append(f"kind IN ({', '.join('?' * len(wanted.kinds))})")
        values.extend(map(str, wanted.kinds))
    return tests, values


def _match(words: str) -> str:
    """Return an FTS5 query for all of the words as beginnings; none of them can be one of its operators."""
    found = re.findall(r"\w+", words.translate(_LIGATURES))[:_MAX_WORDS]
    return " ".join(f'"{word}"*' for word in found)
