"""What was done to messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from havre.client.vault.rows import Amendment
from havre.client.vault.tables import Connection, Table

_AMENDMENTS: Final = Table("amendment", Amendment, "seq")


class AmendmentTables(Connection):
    """Keeps to `havre.client.vault.base.AmendmentRows`."""

    def add_amendment(self, amendment: Amendment) -> Amendment | None:
        """Store a new one and return it with its `seq`; None if its id is already there."""
        cursor = _AMENDMENTS.add(self, amendment)
        return replace(amendment, seq=cursor.lastrowid) if cursor.rowcount else None

    def put_amendment(self, amendment: Amendment) -> None:
        """Replace by `seq`."""
        _AMENDMENTS.put(self, amendment)

    def amendment(self, queue: bytes, amendment_id: bytes) -> Amendment | None:
        """Return the one with this id."""
        found = _AMENDMENTS.select(self, "WHERE queue = ? AND id = ?", queue, amendment_id)
        return found[0] if found else None

    def amendments(self, chat: bytes, targets: Sequence[bytes]) -> Sequence[Amendment]:
        """Return all that was done to some messages of a chat."""
        return self.amendments_anywhere([(chat, target) for target in targets])

    def amendments_anywhere(self, targets: Sequence[tuple[bytes, bytes]]) -> Sequence[Amendment]:
        """Return all that was done to some messages, each named by its chat and id."""
        marks = ", ".join("(?, ?)" for _ in targets)
        return (
            _AMENDMENTS.select(self, f"WHERE (chat, target) IN (VALUES {marks})", *chain(*targets)) if targets else []
        )

    def amendments_of_kinds(
        self, chat: bytes, target: bytes, kinds: Sequence[str], voter: bytes
    ) -> Sequence[Amendment]:
        """Return what of these kinds was done to a message; of votes only one person's."""
        marks = ", ".join("?" for _ in kinds)
        tail = f"WHERE chat = ? AND target = ? AND kind IN ({marks}) AND (kind <> 'vote' OR sender = ?)"
        return _AMENDMENTS.select(self, tail, chat, target, *kinds, voter)

    def own_amendment(self, chat: bytes, target: bytes, kind: str, sender: bytes) -> Amendment | None:
        """Return the last thing of a kind that somebody did to a message."""
        tail = "WHERE chat = ? AND target = ? AND kind = ? AND sender = ? ORDER BY seq DESC LIMIT 1"
        found = _AMENDMENTS.select(self, tail, chat, target, kind, sender)
        return found[0] if found else None

    def drop_amendment(self, seq: int) -> None:
        """Forget one."""
        _AMENDMENTS.drop(self, seq)

    def drop_superseded(self, last: Amendment) -> None:
        """Forget what the same sender did of the same kind before; only of what stands in a queue."""
        self.execute(
            "DELETE FROM amendment WHERE chat = ? AND target = ? AND kind = ? AND sender = ? AND placed > 0 "
            "AND (placed, queue, cursor) < (?, ?, ?)",
            (last.chat, last.target, last.kind, last.sender, last.placed, last.queue, last.cursor),
        )

    def is_superseded(self, amendment: Amendment) -> bool:
        """Tell whether the same sender did something of the same kind after it, as far as it stands in a queue."""
        found = self.execute(
            "SELECT 1 FROM amendment WHERE chat = ? AND target = ? AND kind = ? AND sender = ? AND placed > 0 "
            "AND (placed, queue, cursor) > (?, ?, ?) LIMIT 1",
            (amendment.chat, amendment.target, amendment.kind, amendment.sender, amendment.placed, amendment.queue,
             amendment.cursor),
        ).fetchone()  # fmt: skip
        return found is not None

    def has_orphans(self, chat: bytes) -> bool:
        """Tell whether anything in a chat waits for its target."""
        return (
            self.execute("SELECT 1 FROM amendment WHERE chat = ? AND orphan = 1 LIMIT 1", (chat,)).fetchone()
            is not None
        )

    def adopt_orphans(self, chat: bytes, target: bytes) -> bool:
        """Note that a target has come; False: nothing was waiting for it."""
        sql = "UPDATE amendment SET orphan = 0 WHERE chat = ? AND target = ? AND orphan = 1"
        return self.execute(sql, (chat, target)).rowcount > 0

    def bound_orphans(self, chat: bytes, most: int) -> None:
        """Forget the oldest of those whose target is not here."""
        self.execute(
            "DELETE FROM amendment WHERE seq IN (SELECT seq FROM amendment WHERE chat = ? AND orphan = 1 "
            "ORDER BY seq DESC LIMIT -1 OFFSET ?)",
            (chat, most),
        )

    def pins(self, chat: bytes) -> Sequence[bytes]:
        """Return the ids of messages of a chat that somebody has pinned or unpinned."""
        sql = "SELECT DISTINCT target FROM amendment WHERE chat = ? AND kind = 'pin' AND orphan = 0"
        return [target for (target,) in self.execute(sql, (chat,)).fetchall()]
