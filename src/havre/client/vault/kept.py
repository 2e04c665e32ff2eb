"""Key packages that contacts have handed over, those that were handed to them, and where contacts are reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from havre.client.vault.tables import Connection, Table


@dataclass(frozen=True, slots=True)
class KeptPackage:
    """A key package of another device, for this one to use once; `until` in milliseconds."""

    digest: bytes
    account: bytes
    device: bytes
    until: int
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandedPackage:
    """A key package of this device (its reference) that another device alone was given, and when."""

    ref: bytes
    account: bytes
    device: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Where an account's Welcomes go, as it says itself."""

    account: bytes
    relay: str
    inbox: bytes


_KEPT: Final = Table("kept_package", KeptPackage, "digest")
_HANDED: Final = Table("handed_package", HandedPackage, "ref")
_REACH: Final = Table("reach", Reach, "account", calm=True)


class KeptTables(Connection):
    """Keeps to `havre.client.vault.base.KeptRows`."""

    def put_kept(self, package: KeptPackage) -> None:
        """Insert or replace by digest."""
        _KEPT.put(self, package)

    def kept(self, account: bytes, device: bytes) -> Sequence[KeptPackage]:
        """Return the key packages of a device, those that end first before the others."""
        return _KEPT.select(self, "WHERE account = ? AND device = ? ORDER BY until, digest", account, device)

    def drop_kept(self, digest: bytes) -> None:
        """Delete it: used, or too old."""
        _KEPT.drop(self, digest)

    def put_handed(self, package: HandedPackage) -> None:
        """Insert or replace by reference."""
        _HANDED.put(self, package)

    def handed(self, account: bytes, device: bytes, since: int) -> int:
        """Return how many key packages a device was given since a time and has not used."""
        sql = "SELECT count(*) FROM handed_package WHERE account = ? AND device = ? AND at > ?"
        found = self.execute(sql, (account, device, since)).fetchone()
        return int(found[0]) if found else 0

    def take_handed(self, ref: bytes) -> HandedPackage | None:
        """Return to whom a key package was given, if it was, and forget it: it has been used."""
        found = _HANDED.get(self, ref)
        _HANDED.drop(self, ref)
        return found

    def put_reach(self, reach: Reach) -> None:
        """Insert or replace by account."""
        _REACH.put(self, reach)

    def reach(self, account: bytes) -> Reach | None:
        """Return where an account is reached, if it was ever said."""
        return _REACH.get(self, account)
