"""The outbox: what the relay has not acknowledged yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from havre.client.vault.rows import Outgoing
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
            "WHERE relay = ? AND NOT EXISTS (SELECT 1 FROM outgoing first WHERE first.seq = outgoing.after) "
            "ORDER BY seq LIMIT ?"
        )
        return _OUTGOING.select(self, tail, relay, limit)

    def outgoing_relays(self) -> Sequence[str]:
        """Return the relays that items are waiting for."""
        return [relay for (relay,) in self.execute("SELECT DISTINCT relay FROM outgoing ORDER BY relay").fetchall()]

    def waiting(self, lane: bytes) -> Sequence[Outgoing]:
        """Return everything of a conversation that is unacknowledged, in order."""
        return _OUTGOING.select(self, "WHERE lane = ? ORDER BY seq", lane)

    def outbox_size(self) -> int:
        """Return how many items are unacknowledged."""
        found = self.execute("SELECT count(*) FROM outgoing").fetchone()
        return int(found[0]) if found else 0

    def by_digest(self, queue: bytes, digest: bytes) -> Outgoing | None:
        """Return the item whose ciphertext has this SHA-256."""
        found = _OUTGOING.select(self, "WHERE digest = ? AND queue = ?", digest, queue)
        return found[0] if found else None

    def drop_outgoing(self, seq: int) -> None:
        """Delete the item: acknowledged, or hopeless."""
        _OUTGOING.drop(self, seq)
