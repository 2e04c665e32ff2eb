"""What newcomers of groups are sent of before they came: whom this device owes it, and what it may be sent itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from havre.client.vault.tables import Connection, Table


@dataclass(frozen=True, slots=True)
class OwedHistory:
    """An account that has come into a conversation by the entry `before`; my turn is `due` (milliseconds)."""

    queue: bytes
    account: bytes
    before: int
    due: int


@dataclass(frozen=True, slots=True)
class AwaitedHistory:
    """This device has come into a conversation; `left` messages of before may yet be sent on to it."""

    queue: bytes
    left: int


_OWED: Final = Table("owed_history", OwedHistory, "queue", "account", calm=True)
_AWAITED: Final = Table("awaited_history", AwaitedHistory, "queue", calm=True)


class HistoryTables(Connection):
    """Keeps to `havre.client.vault.base.HistoryRows`."""

    def put_owed(self, owed: OwedHistory) -> None:
        """Insert or replace by conversation and account."""
        _OWED.put(self, owed)

    def owed(self, queue: bytes) -> Sequence[OwedHistory]:
        """Return whom somebody owes what was said before, the first due first."""
        return _OWED.select(self, "WHERE queue = ? ORDER BY due, account", queue)

    def drop_owed(self, queue: bytes, account: bytes) -> None:
        """Somebody has sent it, or need not any more."""
        _OWED.drop(self, queue, account)

    def put_awaited(self, awaited: AwaitedHistory) -> None:
        """Insert or replace by conversation."""
        _AWAITED.put(self, awaited)

    def awaited(self, queue: bytes) -> AwaitedHistory | None:
        """Return what this device may yet be sent of a conversation."""
        return _AWAITED.get(self, queue)
