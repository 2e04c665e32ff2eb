"""What the relay remembers: the rows of its store, one struct a noun."""

from __future__ import annotations

from typing import Final

import msgspec

from havre.wire.sizes import Hash, QueueId, Signature
from havre.wire.stream import Hashes

MAX_PAST: Final = 32
"""Former generations of capabilities that a queue remembers; older read secrets stop reading."""


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Stored as a MessagePack array, so that a field added at the end still reads old rows."""


class Generation(Row, frozen=True):
    """Capabilities that a rotation replaced: what they could read and write ends with cursor `through`."""

    read: Hash
    write: Hash
    through: int


class Keys(Row, frozen=True):
    """Who may do what in a queue; changes only by rotation."""

    hashes: Hashes
    ttl: int
    """Seconds that an entry is kept."""
    past: tuple[Generation, ...] = ()
    """Oldest first, at most MAX_PAST."""


class Stretch(Row, frozen=True):
    """What some time (core.fill) has brought to a queue, as far as it may still be there."""

    number: int
    """The relay's clock, in stretches."""
    last: int
    """The cursor of its last entry."""
    entries: int
    size: int
    """Bytes of their bodies."""


class Tail(Row, frozen=True):
    """Where a queue stands; changes with every entry."""

    last: int = 0
    """The last cursor given out."""
    commit: int = 0
    """The last commit's cursor."""
    floor: int = 0
    """Entries up to and with this cursor are trimmed."""
    lost_after: int = 0
    lost_through: int = 0
    """After a restore: cursors above the one, up to and with the other, are used up and their entries lost."""
    stretches: tuple[Stretch, ...] = ()
    """Oldest first; a handful."""


class Head(Row, frozen=True):
    """Everything about a queue but its entries."""

    keys: Keys
    tail: Tail


class Tombstone(Row, frozen=True):
    """The queue was deleted; its id stays used up."""


class AccountRow(Row, frozen=True):
    """An account as its owner published it."""

    record: bytes
    signature: Signature
    name: Hash | None
    """The slow hash of its user name."""
    inbox: QueueId
    devices: tuple[bytes, ...]
    """Their ids, as in the record, so that those who left are found."""


class Stock(Row, frozen=True):
    """A device's one-time key packages: numbers `first` to `next - 1` are still there."""

    first: int = 0
    next: int = 0


class StoredPackage(Row, frozen=True):
    """A one-time key package and when it came (seconds)."""

    at: int
    key_package: bytes


class BlobRow(Row, frozen=True):
    """An encrypted file: its bytes lie in the blob store, what counts of them stands here."""

    size: int
    """Bytes that were announced."""
    offset: int
    """Bytes that are on disk; readable once it reaches `size`."""
    upload: Hash
    """SHA-256 of the secret that uploads and deletes."""
    expires: int
