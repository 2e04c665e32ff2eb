"""Backups, and leaving: the whole account in one file, and everything gone in one call."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from havre.client import profiles
from havre.client.api.core import Part
from havre.client.backup.file import write_backup
from havre.client.backup.recovery_key import new_recovery_key, normal_recovery_key
from havre.client.engine.device_intents import ChangeProfile
from havre.client.errors import NoAccountKey
from havre.client.vault.keys import Cost
from havre.client.vault.portraits import Portrait
from havre.client.vault.sqlcipher import SqlcipherVault


class Backup(Part):
    """`me.backup`: write what `Havre.restore` brings back."""

    async def write(self, target: Path, passphrase: str | None = None, *, cost: Cost | None = None) -> str:
        """Write an encrypted backup of everything to a new file, and read it again to be sure.

        A passphrase of mine opens it; without one a recovery key does, which is returned, to be written down: it is
        kept nowhere. What of it leads back into groups is told to these; of two backups the later one's holds. Raises
        FileNotWritten, NoSpace, VaultDamaged, and NoAccountKey on a device that may not restore.
        """
        vault = self._core.vault
        if not vault.me().account_secret:
            raise NoAccountKey
        shown = "" if passphrase else new_recovery_key(profiles.random_bytes)
        secret = passphrase or normal_recovery_key(shown)
        pair = self._core.provider.generate_encryption_key()

        def prepare(copy: SqlcipherVault) -> None:
            account = copy.me().account
            copy.put_way_back(pair.private)
            copy.put_portrait(replace(copy.portrait(account) or Portrait(account, 0, b""), back=pair.public))

        await asyncio.to_thread(write_backup, vault.copy_to, target, secret, profiles.random_bytes, cost, prepare)
        # Only now: an account that has a backup elsewhere comes back by that until this one is there.
        await self._core.driver.do(lambda ticket: ChangeProfile(ticket, back=pair.public))
        return shown
