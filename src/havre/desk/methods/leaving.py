"""Backups, exports, and leaving: nobody is locked in, nobody is locked out."""

from __future__ import annotations

import asyncio
import shutil
from typing import Final, Literal

from havre.client.api import Havre, Language, Passphrase, normal_recovery_key
from havre.desk import views
from havre.desk.contract import method
from havre.desk.desk import Desk

RECOVERY_KEY: Final = 64
"""Characters of a recovery key."""


@method
async def restore(desk: Desk, upload: str, secret: str, passphrase: str) -> views.Profile:
    """Make this installation of an uploaded backup, which `secret` opens; the new vault opens by `passphrase`."""
    try:
        return await desk.restore(Passphrase(passphrase), desk.parcels.find(upload), _secret(secret))
    finally:
        desk.parcels.drop(upload)


def _secret(typed: str) -> str:
    """Return what opens a backup: what was typed may be a passphrase, or a recovery key with any spaces and dashes."""
    letters = "".join(typed.replace("-", "").split())
    return normal_recovery_key(typed) if len(letters) == RECOVERY_KEY and letters.isalnum() else typed


@method
async def write_backup(desk: Desk, passphrase: str | None = None) -> views.Written:
    """Write an encrypted backup of everything, opened by a passphrase or by a recovery key that is shown once."""
    parcel, path = desk.parcels.place("havre-backup.havre")
    shown = await desk.me.backup.write(path, passphrase)
    return views.Written(views.Download(parcel, path.name), shown)


@method
async def export(desk: Desk, chat: str | None, language: Literal["en", "fr"], files: bool) -> views.Download:
    """Write one chat or all of them as HTML and JSON into one archive, which is not encrypted any more."""
    chats = desk.me.chats() if chat is None else [desk.me.chat(chat)]
    parcel, path = desk.parcels.place("havre-export.zip")
    folder = path.with_suffix("")
    await desk.me.export(folder, chats, language=Language(language), files=files)
    await asyncio.to_thread(shutil.make_archive, str(folder), "zip", folder)
    await asyncio.to_thread(shutil.rmtree, folder)
    return views.Download(parcel, path.name)


@method
async def change_passphrase(desk: Desk, old: str, new: str) -> None:
    """Have another passphrase open the vault."""
    await asyncio.to_thread(Havre.change_passphrase, desk.folder, Passphrase(old), Passphrase(new))


@method
async def delete_account(desk: Desk) -> None:
    """Leave for good: the relay forgets the account, and this vault is destroyed."""
    await desk.delete_account()
