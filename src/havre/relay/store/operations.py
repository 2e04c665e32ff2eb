"""What can be changed in the store. A batch of these is applied as a whole or not at all."""

from __future__ import annotations

import msgspec

from havre.relay.store.rows import AccountRow, BlobRow, Keys, Stock, StoredPackage, Tail
from havre.wire.sizes import AccountId, BlobId, DeviceId, Hash, QueueId
from havre.wire.stream import Entry


class _Operation(msgspec.Struct, frozen=True, gc=False):
    """One change."""


class SetKeys(_Operation, frozen=True):
    """A queue's capabilities: it was created or rotated."""

    queue: QueueId
    keys: Keys


class SetTail(_Operation, frozen=True):
    """A queue's cursors."""

    queue: QueueId
    tail: Tail


class AddEntry(_Operation, frozen=True):
    """An entry, and the dedupe id under which it came; both go when `expires` (seconds) has passed."""

    queue: QueueId
    dedupe: bytes
    entry: Entry
    expires: int


class Forget(_Operation, frozen=True):
    """The entries after `above`, up to and with `through`; their dedupe ids stay."""

    queue: QueueId
    above: int
    through: int


class Bury(_Operation, frozen=True):
    """A queue with all of its entries; a tombstone stays."""

    queue: QueueId


class SetAccount(_Operation, frozen=True):
    """An account's row."""

    account: AccountId
    row: AccountRow


class DropAccount(_Operation, frozen=True):
    """An account's row."""

    account: AccountId


class SetName(_Operation, frozen=True):
    """A user name's slow hash belongs to an account."""

    name: Hash
    account: AccountId


class DropName(_Operation, frozen=True):
    """A user name is free again."""

    name: Hash


class SetSequence(_Operation, frozen=True):
    """The last sequence number that a signer (account id, or account id and device id) has used."""

    signer: bytes
    sequence: int


class SetStock(_Operation, frozen=True):
    """Which one-time key packages a device has left."""

    account: AccountId
    device: DeviceId
    stock: Stock


class AddPackage(_Operation, frozen=True):
    """A one-time key package under its number."""

    account: AccountId
    device: DeviceId
    number: int
    package: StoredPackage


class DropPackage(_Operation, frozen=True):
    """A one-time key package that was handed out."""

    account: AccountId
    device: DeviceId
    number: int


class SetLastResort(_Operation, frozen=True):
    """A device's key package of last resort."""

    account: AccountId
    device: DeviceId
    key_package: bytes


class DropDevice(_Operation, frozen=True):
    """All key packages of a device."""

    account: AccountId
    device: DeviceId


class SetBlob(_Operation, frozen=True):
    """A blob's row."""

    blob: BlobId
    row: BlobRow


class DropBlob(_Operation, frozen=True):
    """A blob's row."""

    blob: BlobId
    expires: int


Operation = (
    SetKeys
    | SetTail
    | AddEntry
    | Forget
    | Bury
    | SetAccount
    | DropAccount
    | SetName
    | DropName
    | SetSequence
    | SetStock
    | AddPackage
    | DropPackage
    | SetLastResort
    | DropDevice
    | SetBlob
    | DropBlob
)
