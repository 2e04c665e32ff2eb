"""Moving into a copy of a vault: it becomes the vault of an installation, under a key of that installation's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from havre.client import profiles
from havre.client.profiles import Profile
from havre.client.vault.keys import Cost, VaultKey, keep_key
from havre.client.vault.lock import VaultLock
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.wire.sizes import KEY_BYTES

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Home:
    """Where an installation is to live, and what opens it."""

    folder: Path
    key: VaultKey
    cost: Cost | None = None


def move_in(home: Home, copy: Path, fetched: Callable[[], bytes], entropy: Entropy) -> Profile:
    """Return the profile made of a copy, which is deleted. Its `vault.new` goes once the account is this device's.

    `fetched` has the copy lie at its place, once the folder is nobody else's, and returns its key (32 bytes). Raises
    what it raises, VaultBusy, VaultDamaged, NoSpace; then nothing is left.
    """
    folder = home.folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = VaultLock(folder / "vault.lock")
    try:
        profiles.wipe(folder)
        (folder / "vault.new").touch(mode=0o600)
        old_key, key = fetched(), entropy(KEY_BYTES)
        _copy(copy, old_key, folder / "vault.db", key)
        keep_key(folder / "vault.key", key, home.key, entropy, home.cost)
        return Profile(folder, SqlcipherVault(folder / "vault.db", key), lock)
    except BaseException:
        profiles.wipe(folder)
        lock.release()
        raise
    finally:
        for left in (copy, copy.with_name(f"{copy.name}-wal"), copy.with_name(f"{copy.name}-shm")):
            left.unlink(missing_ok=True)


def _copy(source: Path, old_key: bytes, target: Path, key: bytes) -> None:
    copied = SqlcipherVault(source, old_key)
    try:
        copied.check()
        copied.copy_to(target, key)
    finally:
        copied.close()
