"""The contract of a blob store: bytes under names, written from an offset on, read in ranges."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from havre.wire.sizes import BlobId


class BlobStoreError(Exception):
    """The bytes cannot be written or read; the message is one sentence for an operator."""


class BlobsFullError(BlobStoreError):
    """There is no room for more bytes; those that were synced are safe."""


class Upload(Protocol):
    """A blob that is being written."""

    async def write(self, data: bytes) -> None:
        """Add bytes; raises BlobsFullError, BlobStoreError."""

    async def sync(self) -> None:
        """Return once all that was written is on disk; raises BlobStoreError."""

    async def close(self) -> None:
        """Let go of it."""


class BlobStore(Protocol):
    """Where the bytes of blobs lie."""

    async def resume(self, blob: BlobId, offset: int) -> Upload:
        """Write on at `offset`; bytes that lie beyond it are forgotten."""

    def read(self, blob: BlobId, start: int, length: int) -> AsyncIterator[bytes]:
        """Yield `length` bytes from `start` on; raises BlobStoreError if they are not there."""

    async def delete(self, blob: BlobId) -> None:
        """Forget the bytes; those of an unknown blob are forgotten already. Raises BlobStoreError."""
