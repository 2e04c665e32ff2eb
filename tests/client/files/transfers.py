"""A file, a blob store that misbehaves on demand, and everything a transfer needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import shake_128
from os import urandom
from pathlib import Path

from havre.client.errors import NoRelay
from havre.client.files.descriptor import FileDescriptor
from havre.client.files.download import Download
from havre.client.files.persistence import Progress, Tries, unseen
from havre.client.files.plan import UploadPlan
from havre.client.files.upload import Upload, plan_upload
from havre.client.identity.address import RelayAddress
from havre.client.transport.backoff import Bounds
from havre.client.transport.memory_store import MemoryBlobs, Stored
from havre.mls import cipher_suite

AEAD = cipher_suite(1).provider
RELAY = RelayAddress("relay.example", 443, tls=True)
ONCE = Tries(failures=0)
"""As a process that is killed at the first break."""
QUICK = Tries(failures=3, bounds=Bounds(0.0001, 0.0002))


def half() -> float:
    return 0.5


def content(size: int) -> bytes:
    """Return bytes that no chunk repeats."""
    return shake_128(b"content").digest(size)


class Shaky(MemoryBlobs):
    """Loses the connection after `breaks` bytes of every transfer, as often as `times` says."""

    def __init__(self) -> None:
        self.stored = Stored()
        super().__init__(RELAY.url, self.stored)
        self.breaks = 0
        self.times = 0
        self.sent = 0

    async def append(self, blob: bytes, upload: bytes, offset: int, size: int, data: AsyncIterator[bytes]) -> int:
        return await super().append(blob, upload, offset, size, self._broken(data))

    @asynccontextmanager
    async def download(self, blob: bytes, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        async with super().download(blob, offset) as pieces:
            yield self._broken(pieces)

    async def _broken(self, data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        left = self.breaks
        async for piece in data:
            if self.times and len(piece) > left:
                yield piece[:left]
                self.times -= 1
                raise NoRelay(RELAY.url, "the connection broke")
            left -= len(piece)
            self.sent += len(piece)
            yield piece

    def bytes_of(self, descriptor: FileDescriptor) -> bytearray:
        """Return the stored ciphertext itself, for changing."""
        return self.stored.blobs[descriptor.blob][1]


@dataclass
class Transfer:
    """One file, one relay, one folder for what arrives."""

    root: Path
    size: int = 1000
    name: str = "a file.bin"
    blobs: Shaky = field(default_factory=Shaky)

    def __post_init__(self) -> None:
        self.path = self.root / self.name
        self.path.write_bytes(content(self.size))
        self.inbox = self.root / "inbox"

    async def plan(self) -> UploadPlan:
        return await plan_upload(self.path, urandom)

    def upload(self, plan: UploadPlan, progress: Progress = unseen, tries: Tries = QUICK) -> Upload:
        return Upload(plan, RELAY, self.blobs, AEAD, half, progress=progress, tries=tries)

    async def send(self) -> FileDescriptor:
        return await self.upload(await self.plan()).run()

    def download(self, descriptor: FileDescriptor, progress: Progress = unseen, tries: Tries = QUICK) -> Download:
        return Download(descriptor, self.inbox, self.blobs, AEAD, half, progress=progress, tries=tries)

    def arrived(self) -> list[str]:
        return sorted(path.name for path in self.inbox.iterdir())
