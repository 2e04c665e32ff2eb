"""The old device's side: it reads the code, its owner says yes, and the new device becomes one of the account's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from havre import mls
from havre.client.engine.mls_groups import SUITE
from havre.client.errors import HavreError, KeyMismatch, NoAccountKey
from havre.client.files.upload import Upload, plan_upload
from havre.client.identity.account import (
    AccountKey,
    certify_device,
    check_record,
    credential_identity,
    sign_record,
)
from havre.client.identity.address import RelayAddress
from havre.client.identity.display import showable
from havre.client.identity.requests import RequestNumbers, RequestSigner
from havre.client.linking import papers
from havre.client.linking.code import DeviceCode
from havre.client.linking.meeting import Meeting
from havre.client.linking.papers import Hello, Offer, Snapshot
from havre.client.linking.snapshot import strip_snapshot
from havre.client.profiles import Clock, Entropy
from havre.client.sentences import said
from havre.client.transport.base import Jitter, Network
from havre.client.vault.rows import Me
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.wire.frames import WireError
from havre.wire.records import SIGNED_RECORD, AccountRecord, DeviceCertificate, SignedRecord
from havre.wire.sizes import KEY_BYTES, MAX_DEVICES

COPY: Final = "linking.copy"
COPY_LIFE: Final = 3600
"""Seconds for which the relay keeps the copy that a new device fetches."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the new device gets: history, and the account's key, with which it may link and revoke others."""

    history: bool
    may_link: bool
    inbox_cursor: int = 0
    """Where the inbox was read to before the new device was linked."""


async def read_hello(meeting: Meeting, code: DeviceCode) -> Hello:
    """Return what the new device says of itself; raises KeyMismatch for what its code does not vouch for."""
    said = await meeting.hear(papers.HELLO)
    if sha256(said).digest() != code.digest:
        raise KeyMismatch("what arrived is not from the device that shows this code")
    try:
        hello = papers.HELLOS.decode(said)
    except WireError:
        raise KeyMismatch("what arrived is from no device of this version") from None
    return Hello(hello.device, hello.device_key, hello.sealing_key, showable(hello.name, 64) or "New device")


def account_signer(me: Me, clock: Clock) -> RequestSigner:
    """Return what signs requests for the account itself; raises NoAccountKey."""
    if not me.account_secret:
        raise NoAccountKey
    provider = mls.cipher_suite(SUITE).provider
    return RequestSigner(me.account, None, provider, me.account_secret, RequestNumbers(clock))


async def current_record(me: Me, network: Network) -> AccountRecord:
    """Return the account's record as the directory has it, proven, and no older than the one that is known here."""
    directory = network.directory(RelayAddress.parse(me.relay))
    signed = await directory.account(me.account) or SIGNED_RECORD.decode(me.record)
    return check_record(mls.cipher_suite(SUITE).provider, signed, me.account, me.sequence)


def next_record(me: Me, known: AccountRecord, devices: list[DeviceCertificate]) -> SignedRecord:
    """Return the account's next record, signed."""
    account = AccountKey(me.account_key, me.account_secret)
    return sign_record(mls.cipher_suite(SUITE).provider, account, known.sequence + 1, known.inbox, devices)


def certified(me: Me, known: AccountRecord, hello: Hello, clock: Clock) -> DeviceCertificate:
    """Return the account's certificate for a new device; raises HavreError when it has too many devices already."""
    if len(known.devices) >= MAX_DEVICES:
        raise HavreError(said("TooManyDevices", f"An account has at most {MAX_DEVICES} devices; revoke one first."))
    provider, account = mls.cipher_suite(SUITE).provider, AccountKey(me.account_key, me.account_secret)
    return certify_device(provider, account, hello.device, hello.device_key, clock() // 1000)


async def make_offer(
    meeting: Meeting, code: DeviceCode, hello: Hello, me: Me, record: SignedRecord, wishes: Wishes
) -> tuple[bytes, ...]:
    """Tell the new device what the account gives it, and return the key packages that it brings."""
    certificate = next(
        one for one in papers.record_of(record).devices if one.device == hello.device
    )  # fmt: skip
    secret = me.account_secret if wishes.may_link else b""
    offer = Offer(credential_identity(certificate), SIGNED_RECORD.encode(record), me.relay, me.name, secret)
    sealed = papers.seal_to(hello.sealing_key, papers.OFFER, code.digest, papers.OFFERS.encode(offer))
    await meeting.say(papers.OFFER, sealed)
    try:
        return tuple(papers.PACKETS.decode(await meeting.hear(papers.PACKAGES)).packages)
    except WireError:
        raise HavreError(
            said("DeviceNotLinked", "What the new device says cannot be read; begin again on it.")
        ) from None


async def hand_over(
    meeting: Meeting,
    code: DeviceCode,
    hello: Hello,
    vault: SqlcipherVault,
    network: Network,
    jitter: Jitter,
    entropy: Entropy,
    wishes: Wishes,
) -> Callable[[], Awaitable[None]]:
    """Lay a copy of the vault at the account's relay and say where; returns what has the relay forget it."""
    key = entropy(KEY_BYTES)
    path = vault.path.with_name(COPY)
    try:
        await asyncio.to_thread(_copied, vault, path, key, wishes)
        relay = RelayAddress.parse(vault.me().relay)
        plan = await plan_upload(path, entropy)
        provider = mls.cipher_suite(SUITE).provider
        upload = Upload(plan, relay, network.blobs(relay), provider, jitter, ttl=COPY_LIFE)
        file = await upload.run()
    finally:
        path.unlink(missing_ok=True)
    snapshot = Snapshot(file.url, file.file_key.key, file.file_key.prefix, file.size, file.sha256, key)
    sealed = papers.seal_to(hello.sealing_key, papers.SNAPSHOT, code.digest, papers.SNAPSHOTS.encode(snapshot))
    await meeting.say(papers.SNAPSHOT, sealed)
    return upload.forget


def _copied(vault: SqlcipherVault, path: Path, key: bytes, wishes: Wishes) -> None:
    path.unlink(missing_ok=True)
    vault.copy_to(path, key)
    strip_snapshot(path, key, wishes.history, wishes.inbox_cursor)
