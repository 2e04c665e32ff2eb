"""Parts of commits that are larger than an entry, kept until the commit itself comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from havre.client.vault.tables import Connection, Table


@dataclass(frozen=True, slots=True)
class Parcel:
    """One part, the number counted from 0; `lot` tells the parts of one commit from those of another."""

    queue: bytes
    lot: bytes
    number: int
    data: bytes = field(repr=False)


_PARCELS: Final = Table("parcel", Parcel, "queue", "lot", "number")


class ParcelTables(Connection):
    """Keeps to `havre.client.vault.base.ParcelRows`."""

    def put_parcel(self, parcel: Parcel) -> None:
        """Insert or replace."""
        _PARCELS.put(self, parcel)

    def parcels(self, queue: bytes, lot: bytes) -> Sequence[Parcel]:
        """Return the parts of a lot, in order."""
        return _PARCELS.select(self, "WHERE queue = ? AND lot = ? ORDER BY number", queue, lot)

    def count_parcels(self, queue: bytes) -> int:
        """Return how many parts a queue has brought."""
        found = self.execute("SELECT count(*) FROM parcel WHERE queue = ?", (queue,)).fetchone()
        return int(found[0]) if found else 0

    def drop_parcels(self, queue: bytes) -> None:
        """Forget what a queue has brought."""
        self.execute("DELETE FROM parcel WHERE queue = ?", (queue,))
