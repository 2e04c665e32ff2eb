"""The contract of a store, in the relay's own nouns; tests/relay/conformance runs against each one.

One thread at a time changes a store (`apply`, `expire`); reads may come from other threads meanwhile.

    StoreError              the store cannot do its work; the message is one sentence for an operator
    ├── StoreBusyError      another process has it open
    ├── StoreDamagedError   what is on disk cannot be read
    └── StoreFullError      there is no room; nothing of the batch was applied
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from havre.relay.store.operations import Operation
from havre.relay.store.rows import AccountRow, BlobRow, Head, Stock, StoredPackage, Tombstone
from havre.wire.sizes import AccountId, BlobId, DeviceId, Hash, QueueId
from havre.wire.stream import Entry


class StoreError(Exception):
    """The store cannot do its work; the message is one sentence for an operator."""


class StoreBusyError(StoreError):
    """Another process has the store open."""


class StoreDamagedError(StoreError):
    """What is on disk cannot be read."""


class StoreFullError(StoreError):
    """There is no room; nothing of the batch was applied."""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in cursor order, and whether there are further ones within what was asked for."""

    entries: list[Entry]
    more: bool


class Directory(Protocol):
    """What the rules of accounts, key packages and blobs read."""

    def account(self, account: AccountId) -> AccountRow | None:
        """Return an account's row."""

    def name(self, name: Hash) -> AccountId | None:
        """Return whose name this is."""

    def sequence(self, signer: bytes) -> int:
        """Return the last sequence number that a signer has used, -1 if none."""

    def stock(self, account: AccountId, device: DeviceId) -> Stock:
        """Return which one-time key packages a device has left."""

    def package(self, account: AccountId, device: DeviceId, number: int) -> StoredPackage | None:
        """Return a one-time key package."""

    def last_resort(self, account: AccountId, device: DeviceId) -> bytes | None:
        """Return a device's key package of last resort."""

    def blob(self, blob: BlobId) -> BlobRow | None:
        """Return a blob's row."""


class Store(Directory, Protocol):
    """Queues, directory and blob rows on disk."""

    failure: StoreError | None
    """Why nothing is applied until `recover` has worked; None: all is well."""

    def apply(self, operations: Sequence[Operation]) -> None:
        """Apply all of them, in order and durably, or none; raises StoreFullError, StoreError.

        After a failure nothing more is applied until `recover` has worked.
        """

    def recover(self) -> None:
        """Make ready for changes after an `apply` that failed; raises StoreError, and reads work on regardless.

        The failed batch may turn out to be stored after all (written, but not known to be safe): whatever was read
        before this call is to be read again.
        """

    def heads(self, queues: Collection[QueueId]) -> dict[QueueId, Head | Tombstone]:
        """Return the heads of those queues that exist or have existed."""

    def seen(self, dedupes: Collection[bytes]) -> dict[bytes, int]:
        """Return the cursor of each known pair of queue id and dedupe id (32 bytes, one after the other)."""

    def entries(self, queue: QueueId, after: int, through: int, limit: int, size: int) -> Page:
        """Return entries with after < cursor <= through: at most `limit`, and `size` bytes, but one if there is any."""

    def due_blobs(self, now: int, limit: int) -> list[BlobId]:
        """Return blobs whose time is over by `now` (seconds), at most `limit`."""

    def expire(self, now: int, limit: int) -> bool:
        """Forget entries whose time is over, about `limit` of them; return whether there are more."""

    def salt(self) -> bytes:
        """Return the relay's public salt (16 bytes), made once."""

    def close(self) -> None:
        """Let go of the store; a second time does nothing."""
