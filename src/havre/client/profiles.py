"""A profile is a folder with one vault: opening it, and signing up in it so that no moment leaves half an account.

vault.db      the vault (SQLCipher)
vault.key     its key, under a passphrase or in the system's keyring
vault.lock    held while a process has it open
vault.new     there until the relay has taken the sign-up; holds the ticket of whoever waits in line. A sign-up that
              was cut off goes on with the same keys
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from havre import mls
from havre.client.engine.key_packages import fresh
from havre.client.engine.mls_groups import SUITE, MlsGroups
from havre.client.errors import HavreError, NameTaken, NoProfile, ProfileExists, RelayRefused, WrongPassphrase
from havre.client.identity.account import AccountKey, certify_device, credential_identity, sign_record
from havre.client.identity.address import RelayAddress
from havre.client.identity.display import showable
from havre.client.identity.names import name_hash
from havre.client.identity.requests import RequestNumbers, RequestSigner
from havre.client.sentences import said
from havre.client.transport.base import InLine, Network, Waiting, unseen_line
from havre.client.vault.keys import Cost, VaultKey, find_key, keep_key
from havre.client.vault.lock import VaultLock
from havre.client.vault.rows import KeyPackage, Me, Queue, QueueRole
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.wire.capability import Capabilities, inbox_write
from havre.wire.directory import SignUp, Upload
from havre.wire.records import CERTIFICATE, SIGNED_RECORD
from havre.wire.refusals import Code
from havre.wire.sizes import DEVICE_BYTES, KEY_BYTES, QUEUE_BYTES, SECRET_BYTES

ONE_TIME: Final = 20
"""Key packages that a sign-up publishes, beside the last resort."""

Entropy = Callable[[int], bytes]
Clock = Callable[[], int]
"""Unix milliseconds."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An open vault, and the lock on it."""

    folder: Path
    vault: SqlcipherVault
    lock: VaultLock

    def close(self) -> None:
        """Let go of both."""
        self.vault.close()
        self.lock.release()


SENDING: Final = "sending-"
"""How folders in the profile begin that hold what is about to be encrypted: pictures without metadata, recordings."""


def exists(folder: Path) -> bool:
    """Tell whether somebody has signed up in this folder."""
    return (folder / "vault.key").exists() and not (folder / "vault.new").exists()


def open_profile(folder: Path, key: VaultKey) -> Profile:
    """Open the vault in `folder`. Raises NoProfile, VaultBusy, WrongPassphrase, VaultDamaged."""
    if not exists(folder):
        raise NoProfile(str(folder))
    profile = _open(folder, key)
    for left in folder.glob(f"{SENDING}*"):  # by a process that was killed; the vault is ours now
        shutil.rmtree(left, ignore_errors=True)
    return profile


def _open(folder: Path, key: VaultKey) -> Profile:
    lock = VaultLock(folder / "vault.lock")
    try:
        return Profile(folder, SqlcipherVault(folder / "vault.db", find_key(folder / "vault.key", key)), lock)
    except BaseException:
        lock.release()
        raise


def signer_of(vault: SqlcipherVault, clock: Clock) -> RequestSigner:
    """Return what signs this device's requests to its relay."""
    me = vault.me()
    provider = mls.cipher_suite(SUITE).provider
    return RequestSigner(me.account, me.device, provider, me.device_secret, RequestNumbers(clock))


def groups_of(vault: SqlcipherVault) -> MlsGroups:
    """Return what makes and opens this device's groups."""
    me = vault.me()
    public = CERTIFICATE.decode(me.certificate).device_key
    return MlsGroups(me.certificate, mls.SignatureKeyPair(me.device_secret, public))


# --- signing up -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who wants to sign up, and where; `user_name` also stands in the relay's directory, for who knows it."""

    folder: Path
    key: VaultKey
    relay: RelayAddress
    name: str
    user_name: str | None
    cost: Cost | None = None


async def sign_up(
    newcomer: Newcomer, network: Network, entropy: Entropy, clock: Clock, waiting: Waiting = unseen_line
) -> Profile:
    """Make an account and its vault; where new accounts wait in line, wait and tell `waiting`.

    Raises ProfileExists, NameTaken, NameNotAllowed, and what the relay's directory raises; a refused sign-up leaves
    nothing behind, one that was cut off goes on with the same keys, and place in line, when it is tried again.
    """
    folder = newcomer.folder
    if exists(folder):
        raise ProfileExists(str(folder))
    name = await _hashed_name(newcomer, network)
    profile = await asyncio.to_thread(_prepared, newcomer, entropy, clock)
    try:
        await _register(profile, newcomer, network, name, clock, waiting)
    except RelayRefused as error:
        profile.close()
        wipe(folder)
        if error.code is Code.TAKEN and newcomer.user_name is not None:
            raise NameTaken(newcomer.user_name) from None
        raise
    except BaseException:
        profile.close()
        raise
    (folder / "vault.new").unlink()
    return profile


async def _hashed_name(newcomer: Newcomer, network: Network) -> bytes | None:
    info = await network.directory(newcomer.relay).relay_info()
    if newcomer.user_name is None:
        return None
    return await asyncio.to_thread(name_hash, newcomer.user_name, info.names, newcomer.relay.url)


def _prepared(newcomer: Newcomer, entropy: Entropy, clock: Clock) -> Profile:
    """Return the vault with all that a new account needs, fresh or as a cut-off sign-up left it."""
    folder = newcomer.folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / "vault.key").exists():
        profile = _left_over(newcomer)
        if profile is not None:
            return profile
    lock = VaultLock(folder / "vault.lock")
    try:
        wipe(folder)
        (folder / "vault.new").touch(mode=0o600)
        key = entropy(KEY_BYTES)
        vault = SqlcipherVault(folder / "vault.db", key)
        _fill(vault, newcomer, entropy, clock)
        keep_key(folder / "vault.key", key, newcomer.key, entropy, newcomer.cost)
        return Profile(folder, vault, lock)
    except BaseException:
        lock.release()
        raise


def _left_over(newcomer: Newcomer) -> Profile | None:
    try:
        profile = _open(newcomer.folder, newcomer.key)
    except WrongPassphrase:
        return None
    me = profile.vault.me()
    if me.relay != newcomer.relay.url:
        profile.close()
        return None
    with profile.vault.transaction():
        profile.vault.put_me(replace(me, name=newcomer.name))
    return profile


def wipe(folder: Path) -> None:
    """Delete what a vault consists of, its key first: what is then left anywhere opens for nobody."""
    for name in ("vault.key", "vault.db", "vault.db-wal", "vault.db-shm", "vault.new"):
        (folder / name).unlink(missing_ok=True)


def _fill(vault: SqlcipherVault, newcomer: Newcomer, entropy: Entropy, clock: Clock) -> None:
    suite = mls.cipher_suite(SUITE)
    account, signer = AccountKey.of(suite.generate_signature_key()), suite.generate_signature_key()
    device, inbox, now = entropy(DEVICE_BYTES), entropy(QUEUE_BYTES), clock()
    certificate = certify_device(suite.provider, account, device, signer.public, now // 1000)
    record = sign_record(suite.provider, account, 1, inbox, [certificate])
    identity = credential_identity(certificate)
    me = Me(
        account=account.id, account_key=account.public, device=device, certificate=identity,
        relay=newcomer.relay.url, inbox=inbox, name=newcomer.name, sequence=1, record=SIGNED_RECORD.encode(record),
        account_secret=account.private, device_secret=signer.private,
    )  # fmt: skip
    opens = Capabilities(entropy(SECRET_BYTES), inbox_write(account.public), entropy(SECRET_BYTES))
    groups = MlsGroups(identity, signer)
    packages = [fresh(groups, now, last_resort=False) for _ in range(ONE_TIME)]
    packages.append(fresh(groups, now, last_resort=True))
    with vault.transaction():
        vault.put_me(me)
        vault.put_queue(
            Queue(inbox, me.relay, QueueRole.INBOX, 0, 0, opens.read, opens.write, opens.manage)
        )  # fmt: skip
        for package in packages:
            vault.put_key_package(replace(package, published=True))


async def _register(
    profile: Profile, newcomer: Newcomer, network: Network, name: bytes | None, clock: Clock, waiting: Waiting
) -> None:
    vault = profile.vault
    me = vault.me()
    queue = vault.queue(me.inbox)
    assert queue is not None
    signed = SIGNED_RECORD.decode(me.record)
    hashes = Capabilities(queue.read, queue.write, queue.manage).hashes()
    upload = upload_of(list(vault.key_packages()))
    body = SignUp(signed.record, signed.signature, hashes, upload, name)
    provider = mls.cipher_suite(SUITE).provider
    signer = RequestSigner(me.account, None, provider, me.account_secret, RequestNumbers(clock))
    kept = profile.folder / "vault.new"

    def keep(line: InLine) -> None:
        with suppress(OSError):  # without it, only a sign-up that is cut off loses its place
            kept.write_text(line.ticket or "")
        waiting(line)

    await network.directory(newcomer.relay).sign_up(body, signer, keep, kept.read_text().strip() or None)


def upload_of(packages: list[KeyPackage]) -> Upload:
    """Return key packages as the directory is handed them."""
    one_time = [package.message for package in packages if not package.last_resort]
    last_resort = next(package.message for package in packages if package.last_resort)
    return Upload(one_time=one_time, last_resort=last_resort)


def parse_relay(text: str) -> RelayAddress:
    """Return a relay's address; raises HavreError with a sentence for what is none."""
    try:
        return RelayAddress.parse(text)
    except ValueError as error:
        raise HavreError(said("RelayAddress", f"The relay {text!r} cannot be used: {error}.")) from None


def random_bytes(size: int) -> bytes:
    """Return random bytes of the operating system."""
    return os.urandom(size)


def machine_name() -> str:
    """Return what this machine calls itself, as a first name for the device."""
    return showable(platform.node().split(".")[0], 64) or "This device"
