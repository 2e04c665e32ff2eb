"""Second homes, what came over them before the first home had it, and who asks to manage the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from havre.client.vault.rows import Outgoing
from havre.client.vault.tables import Connection, Table
from havre.wire.sizes import MAX_CURSOR


@dataclass(frozen=True, slots=True)
class SecondHome:
    """Where a conversation, named by its `home` queue, goes on while that is away: a queue on another relay.

    `secret` is of the epoch that last rotated the capabilities; queue and capabilities follow from it.
    """

    home: bytes
    queue: bytes
    relay: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Early:
    """A message that went over the second home; `digest` is of its ciphertext, `mine` that this device sent it.

    `cursor`: where it stands there, 0: not known. `place`: its cursor in the first home, 0: not there yet. `since`:
    when this was noted, in unix milliseconds. `body`: the ciphertext, as long as it may have to be laid into the first.
    """

    home: bytes
    digest: bytes
    id: bytes
    cursor: int
    place: int
    mine: bool
    since: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EarlyAt:
    """That anything went over the second home of a conversation: asked of every entry, and seldom so."""

    home: bytes


@dataclass(frozen=True, slots=True)
class AskedManage:
    """Somebody in a conversation has asked, by the entry under `cursor`, for what manages its queue.

    My turn to answer is `due` (milliseconds).
    """

    queue: bytes
    cursor: int
    due: int


_ASKED: Final = Table("asked_manage", AskedManage, "queue", calm=True)
_HOMES: Final = Table("second_home", SecondHome, "home", calm=True)
_EARLY: Final = Table("early", Early, "home", "digest")
_ANY_EARLY: Final = Table("early", EarlyAt, "home", calm=True)
_OUTGOING: Final = Table("outgoing", Outgoing, "seq")


class HomeTables(Connection):
    """Keeps to `havre.client.vault.base.HomeRows`."""

    def put_second_home(self, second: SecondHome) -> None:
        """Insert or replace by home."""
        _HOMES.put(self, second)

    def second_home(self, home: bytes) -> SecondHome | None:
        """Return the second home of a conversation, if this device uses one."""
        return _HOMES.get(self, home)

    def second_homes(self) -> Sequence[SecondHome]:
        """Return all of them, by home."""
        return _HOMES.select(self, "ORDER BY home")

    def second_home_at(self, queue: bytes) -> SecondHome | None:
        """Return the second home that a queue is, if it is one."""
        found = _HOMES.select(self, "WHERE queue = ?", queue)
        return found[0] if found else None

    def drop_second_home(self, home: bytes) -> None:
        """Delete it and its queue's row."""
        there = "DELETE FROM queue WHERE role = 'second' AND queue IN (SELECT queue FROM second_home WHERE home = ?)"
        self.execute(there, (home,))
        _HOMES.drop(self, home)

    def put_asked(self, asked: AskedManage) -> None:
        """Insert or replace by conversation."""
        _ASKED.put(self, asked)

    def asked(self, queue: bytes) -> AskedManage | None:
        """Return the last that was asked in a conversation and is not answered."""
        return _ASKED.get(self, queue)

    def drop_asked(self, queue: bytes) -> None:
        """Somebody has answered, or nobody need any more."""
        _ASKED.drop(self, queue)

    def put_early(self, early: Early) -> None:
        """Insert or replace by home and digest."""
        _EARLY.put(self, early)

    def early(self, home: bytes, digest: bytes) -> Early | None:
        """Return what is known of a ciphertext that went over the second home."""
        return _EARLY.get(self, home, digest) if self._has_early(home) else None

    def early_of(self, home: bytes, message: bytes) -> Sequence[Early]:
        """Return every ciphertext of a message that went over the second home."""
        return _EARLY.select(self, "WHERE home = ? AND id = ?", home, message) if self._has_early(home) else ()

    def _has_early(self, home: bytes) -> bool:
        return bool(_ANY_EARLY.select(self, "WHERE home = ? LIMIT 1", home))

    def early_waiting(self, home: bytes) -> Sequence[Early]:
        """Return what others sent that has no place in the first home yet, in the order of the second."""
        tail = "WHERE home = ? AND place = 0 AND mine = 0 ORDER BY cursor"
        return _EARLY.select(self, tail, home) if self._has_early(home) else ()

    def early_placed(self, home: bytes, limit: int) -> Sequence[Early]:
        """Return what has a place in the first home, the latest places first."""
        return _EARLY.select(self, "WHERE home = ? AND place > 0 ORDER BY place DESC LIMIT ?", home, limit)

    def stands_back(self, home: bytes, digest: bytes) -> bool:
        """Tell whether another's message stands before this one in the second home, and has no place in the first.

        What did not go over the second home stands behind all that did.
        """
        if not self._has_early(home):
            return False
        sql = (
            "SELECT 1 FROM early other WHERE other.home = ?1 AND other.mine = 0 AND other.place = 0 AND other.cursor < "
            "coalesce((SELECT cursor FROM early own WHERE own.home = ?1 AND own.digest = ?2 AND own.cursor > 0), ?3)"
        )
        return self.execute(f"{sql} LIMIT 1", (home, digest, MAX_CURSOR)).fetchone() is not None

    def forget_early(self, before: int) -> None:
        """Delete what was noted before a time: its entries have expired everywhere."""
        self.execute("DELETE FROM early WHERE since < ?", (before,))

    def uncopied(self, home: bytes, limit: int) -> Sequence[Outgoing]:
        """Return messages that the first home has not acknowledged and that did not go over the second, in order."""
        tail = (
            "WHERE queue = ? AND cursor = 0 AND purpose IN ('message', 'amendment') AND NOT EXISTS "
            "(SELECT 1 FROM early WHERE early.home = outgoing.queue AND early.digest = outgoing.digest) "
            "ORDER BY seq LIMIT ?"
        )
        return _OUTGOING.select(self, tail, home, limit)

    def copies(self, relay: str, limit: int) -> Sequence[Outgoing]:
        """Return the first copies for a second home on a relay, in order, whose queue is there."""
        tail = (
            "WHERE relay = ? AND purpose = 'copy' "
            "AND NOT EXISTS (SELECT 1 FROM outgoing first WHERE first.seq = outgoing.after) ORDER BY seq LIMIT ?"
        )
        return _OUTGOING.select(self, tail, relay, limit)
