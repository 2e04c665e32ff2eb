"""MLS state: the part that changes with each commit and the part that changes with each message, apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from havre.client.vault.rows import Entrance, PendingCommit, PendingWish
from havre.client.vault.tables import Connection, Table

_PENDING: Final = Table("pending_commit", PendingCommit, "queue", calm=True)
_ENTRANCES: Final = Table("entrance", Entrance, "door", calm=True)
_WISHES: Final = Table("wish", PendingWish, "seq", calm=True)


class StateTables(Connection):
    """Keeps to `havre.client.vault.base.GroupRows`."""

    def put_epoch(self, queue: bytes, epoch: int, epoch_state: bytes, keys_state: bytes) -> None:
        """Store a new epoch whole."""
        self.execute("INSERT OR REPLACE INTO epoch VALUES (?, ?, ?)", (queue, epoch, epoch_state))
        self.put_keys(queue, epoch, keys_state)

    def put_keys(self, queue: bytes, epoch: int, keys_state: bytes) -> None:
        """Store what a message has changed; keys that were used are overwritten."""
        self.execute("INSERT OR REPLACE INTO epoch_keys VALUES (?, ?, ?)", (queue, epoch, keys_state))

    def epoch(self, queue: bytes, epoch: int) -> tuple[bytes, bytes] | None:
        """Return both parts of an epoch, if it is still kept."""
        found = self.execute(
            "SELECT epoch.state, epoch_keys.state FROM epoch JOIN epoch_keys USING (queue, epoch) "
            "WHERE queue = ? AND epoch = ?",
            (queue, epoch),
        ).fetchone()
        return (found[0], found[1]) if found else None

    def forget_epochs_before(self, queue: bytes, epoch: int) -> None:
        """Delete what is older; secure_delete writes over it."""
        self.execute("DELETE FROM epoch WHERE queue = ? AND epoch < ?", (queue, epoch))

    def put_pending(self, pending: PendingCommit) -> None:
        """Store the one commit that this device has under way in a conversation."""
        _PENDING.put(self, pending)

    def pending(self, queue: bytes) -> PendingCommit | None:
        """Return it, if there is one."""
        return _PENDING.get(self, queue)

    def drop_pending(self, queue: bytes) -> None:
        """Forget it: adopted, or overtaken by another's."""
        _PENDING.drop(self, queue)

    def add_wish(self, wish: PendingWish) -> PendingWish:
        """Store a wish and return it with its `seq`."""
        return replace(wish, seq=_WISHES.add(self, wish).lastrowid)

    def wishes(self, queue: bytes) -> Sequence[PendingWish]:
        """Return what is wanted in a conversation, oldest first."""
        return _WISHES.select(self, "WHERE queue = ? ORDER BY seq", queue)

    def wish(self, seq: int) -> PendingWish | None:
        """Return one wish, if it has not come about yet."""
        return _WISHES.get(self, seq)

    def drop_wish(self, seq: int) -> None:
        """Forget a wish: it has come about, or cannot."""
        _WISHES.drop(self, seq)

    def put_entrance(self, entrance: Entrance) -> None:
        """Insert or replace by door."""
        _ENTRANCES.put(self, entrance)

    def entrance(self, door: bytes) -> Entrance | None:
        """Return what this device is about to enter by a door."""
        return _ENTRANCES.get(self, door)

    def entrances(self) -> Sequence[Entrance]:
        """Return all that this device is about to enter."""
        return _ENTRANCES.select(self, "ORDER BY door")

    def drop_entrance(self, door: bytes) -> None:
        """Forget it: entered, or given up."""
        _ENTRANCES.drop(self, door)
