"""Sending a file: planned, sealed while it is read, uploaded, and taken up again wherever it stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

from havre.client.errors import FileChanged, FileGone, FileTooLarge, HavreError, NoRelay, RelayRefused
from havre.client.files.chunks import Aead, ChunkCipher
from havre.client.files.descriptor import FileDescriptor
from havre.client.files.layout import SEALED_CHUNK, chunk_count
from havre.client.files.persistence import Persistence, Progress, Tries, unseen
from havre.client.files.plan import Planning, Random, UploadPlan
from havre.client.files.source import SourceFile
from havre.client.identity.address import RelayAddress
from havre.client.transport.base import Blobs, Jitter
from havre.wire.capability import capability_hash
from havre.wire.directory import NewBlob
from havre.wire.refusals import Code

_STEPS: Final = 16
"""Chunks that are planned in one go, outside the event loop."""


async def plan_upload(
    path: Path,
    random: Random,
    *,
    name: str | None = None,
    media_type: str | None = None,
    progress: Progress = unseen,
) -> UploadPlan:
    """Read a file once and fix what will be sent; store the plan before `Upload.run`, to go on after a crash.

    Raises `FileGone`, `FileChanged`.
    """
    planning = Planning(path, random, name, media_type)
    steps = planning.steps()
    while (done := await asyncio.to_thread(_advance, steps)) is not None:
        progress(*done)
    return planning.plan()


class Upload:
    """One planned file on its way to a relay; `ttl` in seconds, 0 for the relay's maximum."""

    def __init__(
        self,
        plan: UploadPlan,
        relay: RelayAddress,
        blobs: Blobs,
        aead: Aead,
        jitter: Jitter,
        *,
        ttl: int = 0,
        progress: Progress = unseen,
        tries: Tries | None = None,
    ) -> None:
        self._plan = plan
        self._relay = relay
        self._blobs = blobs
        self._cipher = ChunkCipher(aead, plan.file_key)
        self._ttl = ttl
        self._progress = progress
        self._persistence = Persistence(jitter, tries or Tries())
        self._chunks = chunk_count(plan.size)
        self._arrived = 0

    async def run(self) -> FileDescriptor:
        """Upload what is missing, and return what the message says about the file.

        Raises `FileChanged` or `FileGone`, after which nothing of it is left on the relay; `FileTooLarge`; and what
        `Blobs` raises, after which it can be run again.
        """
        plan = self._plan
        try:
            await self._send()
        except (FileChanged, FileGone):
            await self.forget()
            raise
        self._progress(plan.size, plan.size)
        return FileDescriptor(self._relay, plan.blob, plan.file_key, plan.size, plan.sha256, plan.media_type, plan.name)

    async def forget(self) -> None:
        """Have the relay forget what has arrived; if that fails, it expires by itself."""
        with suppress(HavreError):
            await self._blobs.delete(self._plan.blob, self._plan.upload)

    async def _send(self) -> None:
        source = await asyncio.to_thread(SourceFile, self._plan.source)
        with source:
            await asyncio.to_thread(source.check, self._plan.fingerprint)
            while not await self._attempt(source):
                pass
            await asyncio.to_thread(source.check, self._plan.fingerprint)

    async def _attempt(self, source: SourceFile) -> bool:
        """Go on from where the relay is; return whether all has arrived."""
        size = self._plan.sealed_size
        try:
            self._arrived = await self._offset()
            if self._arrived < size:
                pieces = self._sealed(source, self._arrived)
                left = size - self._arrived
                await self._blobs.append(self._plan.blob, self._plan.upload, self._arrived, left, pieces)
                self._arrived = await self._offset()
        except (NoRelay, RelayRefused) as error:
            await self._persistence.bear(error, self._arrived)
        return self._arrived == size

    async def _offset(self) -> int:
        try:
            state = await self._blobs.state(self._plan.blob)
        except RelayRefused as error:
            if error.code is not Code.UNKNOWN:
                raise
            await self._reserve()
            return 0
        return state.offset

    async def _reserve(self) -> None:
        plan = self._plan
        try:
            await self._blobs.reserve(NewBlob(plan.blob, plan.sealed_size, capability_hash(plan.upload), self._ttl))
        except RelayRefused as error:
            if error.code is Code.OVERSIZED:
                raise FileTooLarge(str(plan.source), plan.size) from None
            raise

    async def _sealed(self, source: SourceFile, offset: int) -> AsyncIterator[bytes]:
        """Yield the sealed file from an offset on; while one chunk is on its way the next is sealed in a thread."""
        first, skip = divmod(offset, SEALED_CHUNK)
        coming = self._begin_seal(source, first)
        try:
            for index in range(first, self._chunks):
                sealed = await coming
                if index + 1 < self._chunks:
                    coming = self._begin_seal(source, index + 1)
                # Some chunks may be padding: all of the file is said to be there only when these are there, too.
                self._progress(index * self._plan.size // self._chunks, self._plan.size)
                yield sealed[skip:] if skip else sealed
                skip = 0
        finally:
            # The thread must have let go of the file before anybody closes it or begins anew.
            await asyncio.gather(coming, return_exceptions=True)

    def _begin_seal(self, source: SourceFile, index: int) -> asyncio.Future[bytes]:
        return asyncio.ensure_future(asyncio.to_thread(self._seal, source, index))

    def _seal(self, source: SourceFile, index: int) -> bytes:
        chunk = source.chunk(index)
        self._plan.check_chunk(index, chunk)
        return self._cipher.seal(index, index == self._chunks - 1, chunk)


def _advance(steps: Iterator[tuple[int, int]]) -> tuple[int, int] | None:
    """Take some steps and return the last one's result; None when there was none left."""
    results = list(islice(steps, _STEPS))
    return results[-1] if results else None
