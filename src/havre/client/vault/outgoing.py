"""The outbox: what the relay has not acknowledged yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from havre.client.vault.rows import Outgoing, Purpose
from havre.client.vault.tables import Connection, Table

_OUTGOING: Final = Table("outgoing", Outgoing, "seq")


class OutboxTables(Connection):
    """Keeps to `havre.client.vault.base.OutboxRows`."""

    def add_outgoing(self, item: Outgoing) -> Outgoing:
        """Store a new item and return it with its `seq`."""
        return replace(item, seq=_OUTGOING.add(self, item).lastrowid)

    def put_outgoing(self, item: Outgoing) -> None:
        """Replace by `seq`."""
        _OUTGOING.put(self, item)

    def outgoing(self, seq: int) -> Outgoing | None:
        """Return the item, if it is still unacknowledged."""
        return _OUTGOING.get(self, seq)

    def due(self, relay: str, limit: int) -> Sequence[Outgoing]:
        """Return the first items for a relay, in order, whose `after` is done."""
        tail = (
            "WHERE relay = ? AND cursor = 0 "
            "AND NOT EXISTS (SELECT 1 FROM outgoing first WHERE first.seq = outgoing.after) "
            "ORDER BY seq LIMIT ?"
        )
        return _OUTGOING.select(self, tail, relay, limit)

    def outgoing_relays(self) -> Sequence[str]:
        """Return the relays that items are waiting for."""
        return [
            relay
            for (relay,) in self.execute(
                "SELECT DISTINCT relay FROM outgoing WHERE cursor = 0 ORDER BY relay"
            ).fetchall()
        ]

    def waiting(self, lane: bytes, purpose: Purpose) -> int:
        """Return the `seq` of the last item for this purpose that a conversation waits for; 0: none."""
        sql = "SELECT coalesce(max(seq), 0) FROM outgoing WHERE lane = ? AND purpose = ? AND cursor = 0"
        found = self.execute(sql, (lane, str(purpose))).fetchone()
        return int(found[0]) if found else 0

    def outbox_size(self) -> int:
        """Return how many items are unacknowledged."""
        found = self.execute("SELECT count(*) FROM outgoing WHERE cursor = 0").fetchone()
        return int(found[0]) if found else 0

    def own_item(self, queue: bytes, cursor: int, digest: bytes) -> Outgoing | None:
        """Return the item that stands in a queue under a cursor, or has this ciphertext and is not acknowledged."""
        tail = "WHERE queue = ? AND cursor IN (0, ?) AND (cursor > 0 OR digest = ?)"
        found = _OUTGOING.select(self, tail, queue, cursor, digest)
        return found[0] if found else None

    def passed(self, queue: bytes, cursor: int) -> Sequence[Outgoing]:
        """Return the items that were acknowledged under this cursor or a lower one, and have not come back."""
        return _OUTGOING.select(self, "WHERE queue = ? AND cursor > 0 AND cursor <= ? ORDER BY seq", queue, cursor)

    def drop_outgoing(self, seq: int) -> None:
        """Delete the item: acknowledged, or hopeless."""
        _OUTGOING.drop(self, seq)
