"""Receiving a file: chunk by chunk, proven before it is written, taken up again wherever it stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from havre.client.errors import FileDamaged, FileExpired, NoRelay, RelayRefused
from havre.client.files.chunks import Aead, ChunkCipher, ChunkError
from havre.client.files.descriptor import FileDescriptor
from havre.client.files.layout import CHUNK, SEALED_CHUNK, TAG, chunk_count, chunk_size
from havre.client.files.part import PartFile
from havre.client.files.persistence import Persistence, Progress, Tries, unseen
from havre.client.files.safe_name import part_path, safe_name
from havre.client.transport.base import Blobs, Jitter
from havre.wire.refusals import Code


class CutShort(NoRelay):
    """The relay ended a download before the file did."""


class Download:
    """One file on its way into a folder."""

    def __init__(
        self,
        descriptor: FileDescriptor,
        folder: Path,
        blobs: Blobs,
        aead: Aead,
        jitter: Jitter,
        *,
        progress: Progress = unseen,
        tries: Tries | None = None,
    ) -> None:
        self._descriptor = descriptor
        self._folder = folder
        self._blobs = blobs
        self._cipher = ChunkCipher(aead, descriptor.file_key)
        self._progress = progress
        self._persistence = Persistence(jitter, tries or Tries())
        self._chunks = chunk_count(descriptor.size)
        self._done = 0

    async def run(self) -> Path:
        """Fetch what is missing, and return where the file lies now.

        Raises `FileDamaged` or `FileExpired`, after which nothing is kept; `NoSpace`, `FileNotWritten` and what
        `Blobs` raises, after which what has arrived is kept and it can be run again.
        """
        path = part_path(self._folder, self._descriptor.name, self._descriptor.blob)
        part = await asyncio.to_thread(PartFile, path)
        try:
            await self._fill(part)
            return await asyncio.to_thread(part.finish, safe_name(self._descriptor.name))
        except (FileDamaged, FileExpired):
            await asyncio.to_thread(part.discard)
            raise
        finally:
            part.close()

    async def _fill(self, part: PartFile) -> None:
        """Receive until the file is complete and its hash right; what was there before gets one chance."""
        descriptor = self._descriptor
        kept = self._done = await asyncio.to_thread(part.resume, descriptor.size)
        await self._receive(part)
        if part.digest() != descriptor.sha256 and kept:
            self._done = await asyncio.to_thread(part.resume, 0)
            await self._receive(part)
        if part.digest() != descriptor.sha256:
            raise FileDamaged(descriptor.name, "its content is not what its sender sent")

    async def _receive(self, part: PartFile) -> None:
        part.check_room(max(0, self._descriptor.size - self._done * CHUNK))
        while self._done < self._chunks:
            try:
                await self._attempt(part)
            except CutShort as error:
                await self._bear_cut(error)
            except RelayRefused as error:
                await self._bear_refusal(error)
            except NoRelay as error:
                await self._persistence.bear(error, self._done)

    async def _attempt(self, part: PartFile) -> None:
        """Receive from the first missing chunk on, as far as it goes."""
        self._show()
        incoming = Incoming(self._descriptor.size, self._done)
        async with self._blobs.download(self._descriptor.blob, self._done * SEALED_CHUNK) as pieces:
            async for piece in pieces:
                for sealed in incoming.feed(piece):
                    await asyncio.to_thread(self._take, part, sealed)
                    self._done += 1
                    self._show()
                if incoming.excess:
                    raise FileDamaged(self._descriptor.name, "there is more of it than its sender sent")
        if self._done < self._chunks:
            raise CutShort(self._descriptor.relay.url, "it ended the file early")

    def _take(self, part: PartFile, sealed: bytes) -> None:
        """Open a chunk and write what of it is content; the padding has to be zeros."""
        index, size = self._done, self._descriptor.size
        try:
            chunk = self._cipher.open(index, index == self._chunks - 1, sealed)
        except ChunkError:
            raise FileDamaged(self._descriptor.name, "it was changed on the way") from None
        content = chunk[: max(0, size - index * CHUNK)]
        if chunk[len(content) :] != bytes(len(chunk) - len(content)):
            raise FileDamaged(self._descriptor.name, "its padding is not empty")
        if content:
            part.add(content)

    async def _bear_cut(self, error: CutShort) -> None:
        try:
            await self._persistence.bear(error, self._done)
        except CutShort:
            raise FileDamaged(self._descriptor.name, "the relay has only a part of it") from None

    async def _bear_refusal(self, error: RelayRefused) -> None:
        if error.code is Code.UNKNOWN:
            raise FileExpired(self._descriptor.name, self._descriptor.relay.url)
        if error.code is Code.OFFSET:
            raise FileDamaged(self._descriptor.name, "the relay has only a part of it")
        await self._persistence.bear(error, self._done)

    def _show(self) -> None:
        self._progress(min(self._done * CHUNK, self._descriptor.size), self._descriptor.size)


class Incoming:
    """Cuts what arrives, in pieces of any size, into the sealed chunks of a file of `size` bytes."""

    def __init__(self, size: int, first: int) -> None:
        self._size = size
        self._index = first
        self._chunks = chunk_count(size)
        self._buffer = bytearray()

    @property
    def excess(self) -> bool:
        """Whether something came after the last chunk."""
        return self._index == self._chunks and bool(self._buffer)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the chunks that are complete now; to be exhausted before the next call."""
        self._buffer += piece
        while self._index < self._chunks:
            wanted = chunk_size(self._size, self._index) + TAG
            if len(self._buffer) < wanted:
                return
            sealed = bytes(self._buffer[:wanted])
            del self._buffer[:wanted]
            self._index += 1
            yield sealed
