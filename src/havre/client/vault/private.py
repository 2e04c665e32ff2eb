"""What nobody else knows of: stars, and messages that are to be sent later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from havre.client.vault.chats import MESSAGES
from havre.client.vault.rows import Message, Scheduled
from havre.client.vault.tables import Connection, Table

_SCHEDULED: Final = Table("scheduled", Scheduled, "seq", calm=True)


class PrivateTables(Connection):
    """Keeps to `havre.client.vault.base.PrivateRows`."""

    def put_star(self, seq: int, at: int) -> None:
        """Star a message; `at`: when, in unix milliseconds."""
        self.execute("INSERT OR REPLACE INTO star VALUES (?, ?)", (seq, at))

    def drop_star(self, seq: int) -> None:
        """Take the star away."""
        self.execute("DELETE FROM star WHERE seq = ?", (seq,))

    def stars(self, seq: int | None = None) -> frozenset[int]:
        """Return the numbers of all messages that are starred, or of one if it is."""
        found = self.execute("SELECT seq FROM star WHERE ? IS NULL OR seq = ?", (seq, seq)).fetchall()
        return frozenset(number for (number,) in found)

    def starred(self, chat: bytes | None = None) -> Sequence[Message]:
        """Return what is starred in one chat, or in all, newest star first."""
        tail = (
            "WHERE seq IN (SELECT seq FROM star) AND (? IS NULL OR chat = ?) "
            "ORDER BY (SELECT at FROM star WHERE star.seq = message.seq) DESC"
        )
        return MESSAGES.select(self, tail, chat, chat)

    def add_scheduled(self, scheduled: Scheduled) -> Scheduled:
        """Store a new one and return it with its `seq`."""
        return replace(scheduled, seq=_SCHEDULED.add(self, scheduled).lastrowid)

    def scheduled(self, due: int | None = None) -> Sequence[Scheduled]:
        """Return what is to be sent, all or what is due by then, in the order of sending."""
        if due is None:
            return _SCHEDULED.select(self, "ORDER BY due, seq")
        return _SCHEDULED.select(self, "WHERE due <= ? ORDER BY due, seq", due)

    def drop_scheduled(self, seq: int) -> bool:
        """Forget one; False: it was not there."""
        return self.execute("DELETE FROM scheduled WHERE seq = ?", (seq,)).rowcount > 0
