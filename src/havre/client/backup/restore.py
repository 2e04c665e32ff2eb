"""A backup becomes an installation again: with the account's key, but as a new device, since a key of the old one that
was used after the backup must not be used again.

Whatever the old device could still use is deleted before anything is sent: its key, its key packages, what it had not
sent yet. The record names the new device in the old one's place, and conversations are entered anew: those with people
by beginning them, groups by their doors, whose states are laid for the backup's own key, too.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from havre import mls
from havre.client import profiles
from havre.client.backup.coming_back import RETURNING
from havre.client.backup.file import Entropy, read_backup
from havre.client.engine.mls_groups import SUITE, MlsGroups
from havre.client.engine.outbox import create_item
from havre.client.engine.terms import GROUP, decode_terms
from havre.client.errors import NoAccountKey, ProfileExists
from havre.client.identity.account import (
    AccountKey,
    certify_device,
    check_record,
    credential_identity,
    sign_record,
)
from havre.client.identity.address import RelayAddress
from havre.client.identity.requests import RequestNumbers, RequestSigner
from havre.client.moving import Home, move_in
from havre.client.profiles import Clock, Profile
from havre.client.transport.base import Network
from havre.client.vault.devices import SeenDevice
from havre.client.vault.keys import Cost, VaultKey
from havre.client.vault.portraits import Portrait
from havre.client.vault.rows import Conversation, Entrance, Me, Queue, QueueRole, Standing
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.wire.capability import Capabilities, inbox_write
from havre.wire.directory import SignUp, Upload
from havre.wire.records import SIGNED_RECORD, AccountRecord, DeviceCertificate
from havre.wire.sizes import DEVICE_BYTES, QUEUE_BYTES, SECRET_BYTES

RESTORED: Final = "vault.restored"
_USED_UP: Final = (
    "key_package", "kept_package", "handed_package", "pending_commit", "outgoing", "wish", "parked_welcome", "entrance",
    "applicant", "applications", "applied", "owed_history", "awaited_history",
)  # fmt: skip
"""Tables with what only the old device could use, or may have used since."""
_END: Final = "UPDATE queue SET role = 'ended', read = x'', write = x'', manage = x'' WHERE role = 'conversation'"


@dataclass(frozen=True, slots=True)
class Restoring:
    """A backup, what opens it, and the installation that it is to become."""

    backup: Path
    secret: str
    folder: Path
    key: VaultKey
    cost: Cost | None = None

    def __repr__(self) -> str:
        return f"Restoring({self.backup}, {self.folder})"


async def restore(wanted: Restoring, network: Network, entropy: Entropy, clock: Clock) -> Profile:
    """Make an installation of a backup, known to the relay as a new device.

    Raises ProfileExists, BackupDamaged, WrongPassphrase, NoAccountKey and what the directory raises; then nothing is
    left but the backup.
    """
    if profiles.exists(wanted.folder):
        raise ProfileExists(str(wanted.folder))
    profile = await asyncio.to_thread(_unpacked, wanted, entropy)
    try:
        await _renew(profile.vault, network, entropy, clock)
    except BaseException:
        profile.close()
        profiles.wipe(wanted.folder)
        raise
    (wanted.folder / "vault.new").unlink()
    return profile


def _unpacked(wanted: Restoring, entropy: Entropy) -> Profile:
    unpacked = wanted.folder / RESTORED

    def read() -> bytes:
        unpacked.unlink(missing_ok=True)
        return read_backup(wanted.backup, wanted.secret, unpacked)

    return move_in(Home(wanted.folder, wanted.key, wanted.cost), unpacked, read, entropy)


async def _renew(vault: SqlcipherVault, network: Network, entropy: Entropy, clock: Clock) -> None:
    """Give the vault a device of its own, and have the relay know it in place of the old one."""
    suite, old = mls.cipher_suite(SUITE), vault.me()
    if not old.account_secret:
        raise NoAccountKey
    directory = network.directory(RelayAddress.parse(old.relay))
    signed = await directory.account(old.account)
    known = check_record(suite.provider, signed, old.account) if signed else None
    account = AccountKey(old.account_key, old.account_secret)
    signer = suite.generate_signature_key()
    certificate = certify_device(suite.provider, account, entropy(DEVICE_BYTES), signer.public, clock() // 1000)
    inbox = _inbox(vault, old, known, entropy)
    record = sign_record(
        suite.provider, account, _above(old, known), inbox.queue, [*_others(old, known), certificate]
    )  # fmt: skip
    me = replace(
        old, device=certificate.device, certificate=credential_identity(certificate), device_secret=signer.private,
        inbox=inbox.queue, sequence=_above(old, known), record=SIGNED_RECORD.encode(record),
    )  # fmt: skip
    _store(vault, old, me, inbox, _doors(vault), clock())
    requests = RequestSigner(me.account, None, suite.provider, me.account_secret, RequestNumbers(clock))
    if signed is not None:
        await directory.publish(record, requests)
        return
    # The relay has forgotten the account (or was put back itself): then it is signed up once more.
    hashes = Capabilities(inbox.read, inbox.write, inbox.manage).hashes()
    await directory.sign_up(SignUp(record.record, record.signature, hashes, Upload()), requests)


def _above(old: Me, known: AccountRecord | None) -> int:
    return max(old.sequence, known.sequence if known else 0) + 1


def _others(old: Me, known: AccountRecord | None) -> list[DeviceCertificate]:
    """Return the certificates of the account's other devices, which stay."""
    return [one for one in known.devices if one.device != old.device] if known else []


def _inbox(vault: SqlcipherVault, old: Me, known: AccountRecord | None, entropy: Entropy) -> Queue:
    """Return the inbox: a fresh one if no other device reads the old, which a thief of the old device could."""
    row = vault.queue(old.inbox)
    if row is not None and _others(old, known):
        return row
    read, manage = entropy(SECRET_BYTES), entropy(SECRET_BYTES)
    name = entropy(QUEUE_BYTES)
    return Queue(name, old.relay, QueueRole.INBOX, 0, 0, read, inbox_write(old.account_key), manage)


def _doors(vault: SqlcipherVault) -> list[Entrance]:
    """Return where the device of the backup was a member of groups: by their doors the new one comes in."""
    if not vault.way_back():
        return []
    groups = profiles.groups_of(vault)
    found = (_door(vault, groups, row) for row in vault.conversations() if row.kind == GROUP)
    return [entrance for entrance in found if entrance is not None]


def _door(vault: SqlcipherVault, groups: MlsGroups, conversation: Conversation) -> Entrance | None:
    states, queue = vault.epoch(conversation.queue, conversation.epoch), vault.queue(conversation.queue)
    chat = vault.chat(conversation.chat)
    door = decode_terms(groups.load(*states).terms).door if states is not None else None
    if door is None or queue is None or chat is None or chat.standing is not Standing.ACCEPTED:
        return None
    return Entrance(door.queue, queue.relay, chat.chat, queue.queue, 0, 0, secret=door.secret, link=b"")


def _store(vault: SqlcipherVault, old: Me, me: Me, inbox: Queue, doors: list[Entrance], now: int) -> None:
    with vault.transaction():
        for table in _USED_UP:
            vault.execute(f"DELETE FROM {table}")  # noqa: S608  # names from the code
        vault.execute("UPDATE message SET state = 'failed' WHERE state = 'waiting'")
        # No key of the old device is used again: its conversations are over, and begun anew with the new one.
        vault.execute("DELETE FROM epoch")
        vault.execute("DELETE FROM queue WHERE role IN ('door', 'applications')")
        vault.execute(_END)
        vault.execute("UPDATE chat SET standing = 'removed' WHERE kind = 'group' AND standing <> 'left'")
        for entrance in doors:
            vault.put_entrance(entrance)
            vault.execute("UPDATE chat SET standing = 'waiting' WHERE chat = ?", (entrance.chat,))
        vault.put_seen(SeenDevice(old.account, old.device, gone=True))
        if inbox.queue != old.inbox:
            vault.execute("DELETE FROM queue WHERE queue = ?", (old.inbox,))
            vault.add_outgoing(create_item(inbox))
            # No other device knows a later profile; whatever people have seen since, this one is told them anew.
            mine = vault.portrait(old.account) or Portrait(old.account, 0, b"")
            vault.put_portrait(replace(mine, since=max(mine.since, now)))
        vault.put_me(me)
        vault.put_queue(inbox)
        vault.put_setting(RETURNING, "yes")
