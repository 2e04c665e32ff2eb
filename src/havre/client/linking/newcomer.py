"""The new device's side: it shows a code, is taken into an account, and makes its vault of the copy it is given."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from havre import mls
from havre.client import profiles
from havre.client.engine.key_packages import fresh
from havre.client.engine.mls_groups import SUITE, MlsGroups
from havre.client.errors import KeyMismatch, ProfileExists
from havre.client.files.download import Download
from havre.client.identity.address import RelayAddress
from havre.client.linking import papers
from havre.client.linking.code import DeviceCode, encode_code
from havre.client.linking.meeting import Meeting
from havre.client.linking.papers import Hello, Offer, Packages
from havre.client.moving import Home, move_in
from havre.client.profiles import Clock, Entropy, Profile
from havre.client.transport.base import Jitter, Network
from havre.client.vault.rows import KeyPackage
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.mls.crypto.provider import KeyPair
from havre.wire.records import RECORD, SIGNED_RECORD
from havre.wire.sizes import DEVICE_BYTES, QUEUE_BYTES, SECRET_BYTES


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device that wants to be linked: its keys, which are nowhere else, and the code that it shows."""

    code: DeviceCode
    hello: bytes
    device: bytes
    signer: mls.SignatureKeyPair
    sealing: KeyPair

    def __repr__(self) -> str:
        return f"NewDevice({self.device.hex()})"

    @property
    def text(self) -> str:
        """What the other device reads."""
        return encode_code(self.code)

    @property
    def number(self) -> str:
        """What both devices show."""
        return self.code.number


def new_device(relay: RelayAddress, name: str, entropy: Entropy) -> NewDevice:
    """Return a device with fresh keys, and the code by which another meets it at a relay."""
    suite = mls.cipher_suite(SUITE)
    signer, sealing = suite.generate_signature_key(), suite.provider.generate_encryption_key()
    device = entropy(DEVICE_BYTES)
    hello = papers.HELLOS.encode(Hello(device, signer.public, sealing.public, name))
    code = DeviceCode(relay, entropy(QUEUE_BYTES), entropy(SECRET_BYTES), sha256(hello).digest())
    return NewDevice(code, hello, device, signer, sealing)


async def be_linked(
    new: NewDevice, home: Home, network: Network, entropy: Entropy, clock: Clock, jitter: Jitter
) -> Profile:
    """Wait for another device to take this one into its account, and return the profile that it then has.

    Raises ProfileExists, KeyMismatch when what the other says is not the account's, and what the relay raises; then
    nothing is left behind.
    """
    if profiles.exists(home.folder):
        raise ProfileExists(str(home.folder))
    digest = new.code.digest
    async with Meeting(new.code, network, first=True) as meeting:
        await meeting.say(papers.HELLO, new.hello)
        said = papers.open_sealed(new.sealing.private, papers.OFFER, digest, await meeting.hear(papers.OFFER))
        offer = papers.OFFERS.decode(said)
        record = papers.check_offer(offer, new.device, new.signer.public)
        groups = MlsGroups(offer.certificate, new.signer)
        packages = [fresh(groups, clock(), last_resort=False) for _ in range(papers.COUNT)]
        brought = Packages([package.message for package in packages])
        await meeting.say(papers.PACKAGES, papers.PACKETS.encode(brought))
        said = papers.open_sealed(new.sealing.private, papers.SNAPSHOT, digest, await meeting.hear(papers.SNAPSHOT))
        snapshot = papers.SNAPSHOTS.decode(said)
        if RelayAddress.parse(offer.relay) != snapshot.descriptor().relay:
            raise KeyMismatch("the copy of the account lies at another relay than the account")
        path = await _fetched(snapshot, home, network, jitter)
        profile = await asyncio.to_thread(move_in, home, path, lambda: snapshot.database_key, entropy)
    if profile.vault.me().account_key != record.account_key:
        profile.close()
        profiles.wipe(home.folder)
        raise KeyMismatch("the copy is of another account")
    _become(profile.vault, new, offer, record.sequence, packages)
    (home.folder / "vault.new").unlink()
    return profile


async def _fetched(snapshot: papers.Snapshot, home: Home, network: Network, jitter: Jitter) -> Path:
    home.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = snapshot.descriptor()
    provider = mls.cipher_suite(SUITE).provider
    return await Download(file, home.folder, network.blobs(file.relay), provider, jitter).run()


def _become(vault: SqlcipherVault, new: NewDevice, offer: Offer, sequence: int, packages: list[KeyPackage]) -> None:
    """Make the copied vault this device's own."""
    me = replace(
        vault.me(), device=new.device, certificate=offer.certificate, device_secret=new.signer.private,
        record=offer.record, sequence=sequence, account_secret=offer.account_secret, name=offer.name,
        relay=offer.relay, inbox=_inbox_of(offer),
    )  # fmt: skip
    with vault.transaction():
        vault.put_me(me)
        for package in packages:
            vault.put_key_package(package)


def _inbox_of(offer: Offer) -> bytes:
    return RECORD.decode(SIGNED_RECORD.decode(offer.record).record).inbox
