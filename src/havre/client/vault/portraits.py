"""What people look like, this account included, and by which key each comes back into groups after a restore."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from havre.client.vault.tables import Connection, Table


@dataclass(frozen=True, slots=True)
class Portrait:
    """An account's picture (a small JPEG; empty: none), and `since` when its profile is as it is, in milliseconds.

    `back`: the public key of its last backup's way back into groups; empty: none is known.
    """

    account: bytes
    since: int
    picture: bytes = field(repr=False)
    back: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class _WayBack:
    one: int
    private: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Pictured:
    account: bytes


_PORTRAITS: Final = Table("portrait", Portrait, "account")
_WAY_BACK: Final = Table("way_back", _WayBack, "one")
_PICTURED: Final = Table("portrait", _Pictured, "account", calm=True)


class PortraitTables(Connection):
    """Keeps to `havre.client.vault.base.PortraitRows`."""

    def put_portrait(self, portrait: Portrait) -> None:
        """Insert or replace by account."""
        _PORTRAITS.put(self, portrait)

    def portrait(self, account: bytes) -> Portrait | None:
        """Return what is known of an account's looks; none: it has not said anything of itself yet."""
        return _PORTRAITS.get(self, account)

    def picture_of(self, account: bytes) -> bytes | None:
        """Return an account's picture, if it has one; most have none, and that costs no look into the file."""
        found = self.portrait(account) if _Pictured(account) in self._pictured() else None
        return found.picture if found else None

    def put_way_back(self, private: bytes) -> None:
        """Keep the private key of a backup, in the backup."""
        _WAY_BACK.put(self, _WayBack(1, private))

    def way_back(self) -> bytes:
        """Return the private key of the backup that this vault was restored of; empty: it was not, or is back."""
        found = _WAY_BACK.get(self, 1)
        return found.private if found else b""

    def drop_way_back(self) -> None:
        """Forget the private key."""
        _WAY_BACK.drop(self, 1)

    def _pictured(self) -> list[_Pictured]:
        return list(_PICTURED.select(self, "WHERE picture <> x'' ORDER BY account"))
