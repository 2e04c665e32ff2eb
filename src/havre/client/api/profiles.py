"""The accounts of one installation: each is a profile, a folder of its own with a vault of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from havre.client import profiles
from havre.client.vault.keys import opens_by_keyring
from havre.client.vault.lock import is_held


@dataclass(frozen=True, slots=True)
class InstalledProfile:
    """A profile: `open` while a process has its vault open, `keyring` if that needs no passphrase."""

    name: str
    folder: Path
    open: bool
    keyring: bool


def installed_profiles(folder: Path) -> list[InstalledProfile]:
    """Return the profiles in a folder of profiles, by name, without opening any. Raises VaultDamaged."""
    found = sorted(one for one in folder.glob("*") if profiles.exists(one))
    return [
        InstalledProfile(one.name, one, is_held(one / "vault.lock"), opens_by_keyring(one / "vault.key"))
        for one in found
    ]
