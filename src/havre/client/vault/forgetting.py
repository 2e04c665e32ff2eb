"""Forgetting: timers of messages, the time that they count by, and taking every trace of a message out of the file."""

from __future__ import annotations

from collections.abc import Sequence

from havre.client.vault.chats import MESSAGES
from havre.client.vault.rows import Message
from havre.client.vault.search import SearchTables


class ForgettingTables(SearchTables):
    """Keeps to `havre.client.vault.base.ForgettingRows`."""

    scrub_due = False
    """Something was erased: the write-ahead log, which may still hold it, is to be emptied after the transaction."""

    def timekeeping(self) -> tuple[int, int] | None:
        """Return the clock when it was last looked at, and the time counted until then; in milliseconds."""
        found = self.execute("SELECT clock, counted FROM timekeeping").fetchone()
        return (found[0], found[1]) if found else None

    def put_timekeeping(self, clock: int, counted: int) -> None:
        """Note both."""
        self.execute("INSERT OR REPLACE INTO timekeeping VALUES (1, ?, ?)", (clock, counted))

    def start_timers_of_read(self, chat: bytes, counted: int) -> Sequence[tuple[bytes, bytes]]:
        """Start the timers of what others sent and I have read; return queue and id of each."""
        sql = (
            "UPDATE message SET expires_at = ? + timer * 1000 "
            "WHERE chat = ? AND timer > 0 AND expires_at = 0 AND mine = 0 AND seen = 1 RETURNING queue, id"
        )
        return [(queue, message) for queue, message in self.execute(sql, (counted, chat)).fetchall()]

    def expired(self, counted: int, limit: int) -> Sequence[Message]:
        """Return messages whose time is over."""
        tail = "WHERE expires_at > 0 AND expires_at <= ? ORDER BY expires_at LIMIT ?"
        return MESSAGES.select(self, tail, counted, limit)

    def next_expiry(self) -> int | None:
        """Return when the next message goes, in counted milliseconds."""
        found = self.execute("SELECT min(expires_at) FROM message WHERE expires_at > 0").fetchone()
        return found[0] if found else None

    def erase_traces(self, message: Message) -> None:
        """Take away all that hangs on a message: what was done to it, star, index, what the outbox keeps."""
        self.execute("DELETE FROM amendment WHERE chat = ? AND target = ?", (message.chat, message.id))
        self.execute("DELETE FROM star WHERE seq = ?", (message.seq,))
        self.unindex(message.seq)
        self.execute(
            "UPDATE outgoing SET content = x'', body = x'' WHERE queue = ? AND message = ? AND cursor > 0",
            (message.queue, message.id),
        )
        self.scrub_due = True

    def drop_message(self, message: Message) -> None:
        """Take away a message and all that hangs on it.

        What went over the second home waits for the first as ciphertext alone.
        """
        self.execute(
            "UPDATE outgoing SET content = x'' WHERE queue = ? AND message = ? AND digest IN "
            "(SELECT digest FROM early WHERE home = ? AND mine = 1)",
            (message.queue, message.id, message.queue),
        )
        self.erase_traces(message)
        self.execute("DELETE FROM message WHERE seq = ?", (message.seq,))
