"""What the two devices tell each other: who the new one is, what the account gives it, and where the rest lies.

What the old device says is sealed to the new one's HPKE key (X-Wing), which the code's digest vouches for. So neither
the relay nor somebody who has photographed the code can read it.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from havre import mls
from havre.client.engine.mls_groups import SUITE
from havre.client.errors import HavreError, KeyMismatch
from havre.client.files.chunks import FileKey
from havre.client.files.descriptor import FileDescriptor, parse_blob_url
from havre.client.identity.account import check_record, device_of_credential
from havre.client.sentences import said
from havre.wire.capability import account_id
from havre.wire.frames import Frame, WireError
from havre.wire.records import RECORD, SIGNED_RECORD, AccountRecord, SignedRecord
from havre.wire.sizes import DeviceId, Hash, PublicKey, Secret

HELLO: Final = "hello"
OFFER: Final = "offer"
PACKAGES: Final = "packages"
SNAPSHOT: Final = "snapshot"
COUNT: Final = 40
"""Key packages that the new device brings: so many conversations are entered at once, the others little by little."""
_INFO: Final = b"havre/1 device link "
_PROVIDER: Final = mls.cipher_suite(SUITE).provider


class _Paper(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Travels as an array."""


class Hello(_Paper, frozen=True):
    """The new device: its id, its Ed25519 key, the HPKE key that answers are sealed to, and what it is called."""

    device: DeviceId
    device_key: PublicKey
    sealing_key: Annotated[bytes, Meta(max_length=4096)]
    name: Annotated[str, Meta(max_length=64)]


class Offer(_Paper, frozen=True):
    """The account: the new device's certificate, the record that will name it, and its key if it may link others."""

    certificate: Annotated[bytes, Meta(max_length=1024)]
    record: Annotated[bytes, Meta(max_length=8192)]
    relay: Annotated[str, Meta(max_length=300)]
    name: Annotated[str, Meta(max_length=256)]
    account_secret: Annotated[bytes, Meta(max_length=32)]

    def __repr__(self) -> str:
        return f"Offer({self.name!r})"


class Packages(_Paper, frozen=True):
    """Key packages of the new device, each for one conversation."""

    packages: Annotated[list[bytes], Meta(max_length=COUNT)]


class Snapshot(_Paper, frozen=True):
    """Where a copy of the vault lies, without what is the old device's alone, and what opens it."""

    url: Annotated[str, Meta(max_length=500)]
    file_key: Secret
    prefix: Annotated[bytes, Meta(min_length=7, max_length=7)]
    size: int
    sha256: Hash
    database_key: Secret

    def __repr__(self) -> str:
        return f"Snapshot(size={self.size})"

    def descriptor(self) -> FileDescriptor:
        """Return what is to be fetched; raises HavreError."""
        try:
            relay, blob = parse_blob_url(self.url)
        except ValueError:
            raise HavreError(
                said("LinkingFailed", "The other device did not say where its data lies; begin again.")
            ) from None
        return FileDescriptor(relay, blob, FileKey(self.file_key, self.prefix), self.size, self.sha256)


HELLOS: Final[Frame[Hello]] = Frame(Hello)
OFFERS: Final[Frame[Offer]] = Frame(Offer)
PACKETS: Final[Frame[Packages]] = Frame(Packages)
SNAPSHOTS: Final[Frame[Snapshot]] = Frame(Snapshot)


class _Sealed(_Paper, frozen=True):
    kem_output: bytes
    ciphertext: bytes


_SEALED: Final[Frame[_Sealed]] = Frame(_Sealed)


def record_of(signed: SignedRecord) -> AccountRecord:
    """Return what a record of my own making says."""
    return RECORD.decode(signed.record)


def seal_to(public: bytes, label: str, digest: bytes, data: bytes) -> bytes:
    """Seal something to the new device, bound to the meeting that the digest names."""
    return _SEALED.encode(_Sealed(*_PROVIDER.hpke_seal(public, _INFO + label.encode() + digest, data)))


def open_sealed(private: bytes, label: str, digest: bytes, data: bytes) -> bytes:
    """Open what was sealed to this device; raises HavreError."""
    try:
        sealed = _SEALED.decode(data)
        return _PROVIDER.hpke_open(private, _INFO + label.encode() + digest, sealed.kem_output, sealed.ciphertext)
    except (WireError, mls.MlsError):
        raise HavreError(said("LinkingFailed", "What the other device said cannot be opened; begin again.")) from None


def check_offer(offer: Offer, device: bytes, device_key: bytes) -> AccountRecord:
    """Return the account's record, proven, in which this device is named by its own key; raises KeyMismatch."""
    certificate = device_of_credential(_PROVIDER, offer.certificate, device_key)
    try:
        signed = SIGNED_RECORD.decode(offer.record)
    except WireError:
        raise KeyMismatch("the account's record cannot be read") from None
    record = check_record(_PROVIDER, signed, account_id(certificate.account_key))
    if certificate.device != device or certificate not in record.devices:
        raise KeyMismatch("the account's record does not name this device")
    return record
