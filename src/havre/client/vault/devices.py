"""My own devices, other people's as far as they were seen, and a change of the inbox's capabilities under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from havre.client.vault.tables import Connection, Table


@dataclass(frozen=True, slots=True)
class DeviceName:
    """What I call a device of mine; `at`: when it was linked, in unix milliseconds."""

    device: bytes
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class SeenDevice:
    """A device that was seen as a member for an account; `gone`: it has been removed since."""

    account: bytes
    device: bytes
    gone: bool


@dataclass(frozen=True, slots=True)
class InboxRotation:
    """New capabilities of the inbox: asked for, or (`done`) in force and to be told to the other devices."""

    one: int
    done: bool
    dedupe: bytes
    read: bytes = field(repr=False)
    manage: bytes = field(repr=False)


_NAMES: Final = Table("device_name", DeviceName, "device", calm=True)
_SEEN: Final = Table("seen_device", SeenDevice, "account", "device", calm=True)
_ROTATION: Final = Table("inbox_rotation", InboxRotation, "one", calm=True)


class DeviceTables(Connection):
    """Keeps to `havre.client.vault.base.DeviceRows`."""

    def put_device_name(self, name: DeviceName) -> None:
        """Insert or replace by device."""
        _NAMES.put(self, name)

    def device_name(self, device: bytes) -> DeviceName | None:
        """Return what a device of mine is called."""
        return _NAMES.get(self, device)

    def put_seen(self, seen: SeenDevice) -> None:
        """Insert or replace by account and device."""
        _SEEN.put(self, seen)

    def seen(self, account: bytes) -> Sequence[SeenDevice]:
        """Return the devices of an account that were seen."""
        return _SEEN.select(self, "WHERE account = ? ORDER BY device", account)

    def put_inbox_rotation(self, rotation: InboxRotation) -> None:
        """Insert or replace; there is one."""
        _ROTATION.put(self, rotation)

    def inbox_rotation(self) -> InboxRotation | None:
        """Return the change that is under way, if one is."""
        return _ROTATION.get(self, 1)

    def drop_inbox_rotation(self) -> None:
        """It is in force, and told."""
        _ROTATION.drop(self, 1)

    def mark_seen_to(self, queue: bytes, cursor: int) -> int:
        """Mark what others sent in a queue up to a cursor as seen; returns how many that changed."""
        sql = "UPDATE message SET seen = 1 WHERE queue = ? AND seen = 0 AND cursor > 0 AND cursor <= ?"
        return self.execute(sql, (queue, cursor)).rowcount
