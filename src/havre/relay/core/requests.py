"""What may be asked of the directory. Whoever builds one of these has checked its signatures; the rules do the rest."""

from __future__ import annotations

from dataclasses import dataclass

from havre.wire.directory import Upload
from havre.wire.records import AccountRecord
from havre.wire.sizes import AccountId, BlobId, DeviceId, Hash, PublicKey, Signature
from havre.wire.stream import Hashes


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a request, and its sequence number."""

    account: AccountId
    sequence: int
    device: DeviceId | None = None
    """None: the account key signed."""
    device_key: PublicKey | None = None
    """The key against which the signature was checked; the record must still say so."""

    @property
    def id(self) -> bytes:
        """Under which its last sequence number is kept."""
        return self.account + (self.device or b"")


@dataclass(frozen=True, slots=True)
class Proven:
    """An account record that its key stands for: by its own signature, or by that of the request which brought it."""

    record: AccountRecord
    encoded: bytes
    signature: Signature


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Sign up."""

    signer: Signer
    proven: Proven
    inbox: Hashes
    key_packages: Upload
    name: Hash | None


@dataclass(frozen=True, slots=True)
class PublishRecord:
    """Replace an account's record by a newer one."""

    signer: Signer
    proven: Proven


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """Forget an account, its name, its key packages and its inbox."""

    signer: Signer


@dataclass(frozen=True, slots=True)
class ClaimName:
    """Give an account a user name instead of the one it has."""

    signer: Signer
    name: Hash


@dataclass(frozen=True, slots=True)
class FreeName:
    """Take an account's user name away."""

    signer: Signer
    name: Hash


@dataclass(frozen=True, slots=True)
class StockUp:
    """Add key packages of a device."""

    signer: Signer
    device: DeviceId
    upload: Upload


@dataclass(frozen=True, slots=True)
class TakePackages:
    """Hand out one key package of every device."""

    account: AccountId
    one_time: bool = True
    """If not, the last-resort ones alone: somebody is using the one-time ones up."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """Reserve a blob."""

    blob: BlobId
    size: int
    upload: Hash
    ttl: int


@dataclass(frozen=True, slots=True)
class Grown:
    """So many bytes of a blob are on disk now."""

    blob: BlobId
    offset: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The bytes of a blob are no more."""

    blob: BlobId


Request = (
    OpenAccount | PublishRecord | CloseAccount | ClaimName | FreeName | StockUp | TakePackages | NewFile | Grown | Gone
)
