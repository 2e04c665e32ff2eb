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
        """Return the first items for a relay, in order, whose `after` is done.

        What is for a conversation that this device is outside of stays, as nobody could read it; it is encrypted anew
        once the device is back, and must not stand in the others' way until then.
        """
        tail = (
            "WHERE relay = ? AND cursor = 0 AND purpose <> 'copy' "
            "AND NOT EXISTS (SELECT 1 FROM outgoing first WHERE first.seq = outgoing.after) "
            "AND (queue <> lane OR lane NOT IN (SELECT queue FROM entrance)) "
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

    def outbox_size(self, without: Sequence[str] = ()) -> int:
        """Return how many items are unacknowledged, and how many wishes and entrances have not come about.

        What goes over second homes besides is not counted, nor what is for the relays in `without`.
        """
        marks = ", ".join("?" for _ in without)
        sql = (
            "SELECT (SELECT count(*) FROM outgoing WHERE cursor = 0 AND purpose NOT IN ('copy', 'handed-in') "  # noqa: S608  # marks only
            f"AND lane NOT IN (SELECT queue FROM second_home) AND relay NOT IN ({marks}))"
            " + (SELECT count(*) FROM wish) + (SELECT count(*) FROM entrance)"
        )
        found = self.execute(sql, without).fetchone()
        return int(found[0]) if found else 0

    def own_item(self, queue: bytes, cursor: int, digest: bytes) -> Outgoing | None:
        """Return the item that stands in a queue under a cursor, or has this ciphertext and is not acknowledged."""
        tail = "WHERE queue = ? AND cursor IN (0, ?) AND (cursor > 0 OR digest = ?)"
        found = _OUTGOING.select(self, tail, queue, cursor, digest)
        return found[0] if found else None

    def own_traces(self, queue: bytes, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return cursor and digest of items that go into a queue or have not come back out of it, so many at most."""
        found = self.execute("SELECT cursor, digest FROM outgoing WHERE queue = ? LIMIT ?", (queue, limit)).fetchall()
        return [(cursor, digest) for cursor, digest in found]

    def passed(self, queue: bytes, cursor: int) -> Sequence[Outgoing]:
        """Return the items that were acknowledged under this cursor or a lower one, and have not come back."""
        return _OUTGOING.select(self, "WHERE queue = ? AND cursor > 0 AND cursor <= ? ORDER BY seq", queue, cursor)

    def lane(self, lane: bytes) -> Sequence[Outgoing]:
        """Return every item that belongs to a conversation, in order."""
        return _OUTGOING.select(self, "WHERE lane = ? ORDER BY seq", lane)

    def drop_outgoing(self, seq: int) -> None:
        """Delete the item: acknowledged, or hopeless."""
        _OUTGOING.drop(self, seq)
