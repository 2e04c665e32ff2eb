"""Encrypted files: reserve, upload in pieces, download in ranges, delete."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from hmac import compare_digest
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from havre.relay.blobs.base import BlobsFullError, BlobStoreError, Upload
from havre.relay.budgets import Thing
from havre.relay.core.batch import NO_ROOM, RETRY_FULL
from havre.relay.core.ledger import RefusalError
from havre.relay.core.requests import Gone, Grown, NewFile
from havre.relay.http import ranges
from havre.relay.http.call import NO_STORE, Call, decoded, empty, refused
from havre.relay.store.rows import BlobRow
from havre.wire.capability import capability_hash
from havre.wire.directory import LENGTH_HEADER, OFFSET_HEADER, UPLOAD_HEADER, NewBlob
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import BLOB_BYTES, SECRET_BYTES, BlobId

WRITE_BYTES: Final = 512 * 1024
SYNC_BYTES: Final = 8 * 1024 * 1024
"""After so many bytes an upload is made durable, so that a crash costs no more than that."""
RETRY_UPLOAD: Final = 5.0


async def reserve(call: Call) -> Response:
    """Reserve a name for a file."""
    form = decoded(await call.body(), NewBlob)
    call.spend(Thing.BLOBS)
    call.spend(Thing.BLOB_BYTES, min(form.size, call.services.config.blob_bytes))
    row: BlobRow = await call.ask(NewFile(form.blob, form.size, form.upload, form.ttl))
    return empty(_progress(row))


async def progress(call: Call) -> Response:
    """Tell how much of a file is here; while more of it arrives nobody can know."""
    blob = call.path_id("blob", BLOB_BYTES)
    _check_quiet(call, blob)
    row = await _row(call, blob)
    return Response(None, 200, NO_STORE | _progress(row) | {"Content-Length": "0"})


async def upload(call: Call) -> Response:
    """Take the next bytes of a file; what arrived is kept, whatever happens to the rest."""
    blob = call.path_id("blob", BLOB_BYTES)
    offset = call.header_number(OFFSET_HEADER)
    with _slot(call), _alone(call, blob):
        row = await _row(call, blob)
        _check_secret(call, row)
        if offset != row.offset:
            refusal = Refusal(Code.OFFSET, f"the upload goes on at byte {row.offset}")
            return refused(refusal, headers=_progress(row))
        _check_room(call, row)
        offset = await _pour(call, blob, row)
    return empty({OFFSET_HEADER: str(offset), LENGTH_HEADER: str(row.size)})


async def download(call: Call) -> Response:
    """Return a file, or the part of it that was asked for."""
    blob = call.path_id("blob", BLOB_BYTES)
    row = await _row(call, blob)
    if row.offset < row.size:
        raise RefusalError(Code.UNKNOWN, "this file is not complete yet")
    part = ranges.parse(call.request.headers.get("Range"), row.size)
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=86400"}
    if isinstance(part, ranges.Beyond):
        refusal = Refusal(Code.OFFSET, f"the file has {row.size} bytes")
        return refused(refusal, 416, {"Content-Range": f"bytes */{row.size}"})
    if isinstance(part, ranges.Whole):
        return await _file(call, blob, ranges.Part(0, row.size), 200, headers)
    headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{row.size}"
    return await _file(call, blob, part, 206, headers)


async def delete(call: Call) -> Response:
    """Forget a file."""
    blob = call.path_id("blob", BLOB_BYTES)
    with _alone(call, blob):
        _check_secret(call, await _row(call, blob))
        await call.services.blobs.delete(blob)
        await call.ask(Gone(blob))
    return empty()


async def _row(call: Call, blob: BlobId) -> BlobRow:
    row = await call.read(lambda store: store.blob(blob))
    if row is None:
        raise RefusalError(Code.UNKNOWN, "there is no such file here, or no longer")
    return row


def _progress(row: BlobRow) -> dict[str, str]:
    return {OFFSET_HEADER: str(row.offset), LENGTH_HEADER: str(row.size)}


def _check_secret(call: Call, row: BlobRow) -> None:
    secret = call.header_bytes(UPLOAD_HEADER, SECRET_BYTES)
    if not compare_digest(capability_hash(secret), row.upload):
        raise RefusalError(Code.CAPABILITY, "this secret does not upload or delete this file")


def _check_room(call: Call, row: BlobRow) -> None:
    length = call.request.headers.get("Content-Length")
    if length is not None and call.header_number("Content-Length") > row.size - row.offset:
        raise RefusalError(Code.OVERSIZED, f"the file was announced with {row.size} bytes")
    if not call.services.has_room():
        raise RefusalError(Code.FULL, NO_ROOM, RETRY_FULL)


@contextmanager
def _slot(call: Call) -> Iterator[None]:
    """Bound the uploads that are under way: each holds a buffer, an open file and a connection."""
    uploads, peer = call.services.budgets.uploads, call.peer
    if len(uploads) >= call.services.config.max_uploads or not uploads.take(peer):
        raise RefusalError(Code.BUSY, "too many uploads are under way; try again in a moment", RETRY_UPLOAD)
    try:
        yield
    finally:
        uploads.give_back(peer)


def _check_quiet(call: Call, blob: BlobId) -> None:
    if blob in call.services.uploads:
        raise RefusalError(Code.BUSY, "another upload of this file is under way; try again in a moment", 1.0)


@contextmanager
def _alone(call: Call, blob: BlobId) -> Iterator[None]:
    """Keep two uploads of one file apart."""
    _check_quiet(call, blob)
    uploads = call.services.uploads
    uploads.add(blob)
    try:
        yield
    finally:
        uploads.discard(blob)


async def _file(call: Call, blob: BlobId, part: ranges.Part, status: int, headers: dict[str, str]) -> Response:
    """Stream a part of a file; its first bytes are read before the status is sent, so that it tells the truth."""
    chunks = call.services.blobs.read(blob, part.start, part.length)
    try:
        first = await anext(aiter(chunks))
    except BlobStoreError:
        raise RefusalError(Code.UNKNOWN, "the bytes of this file are gone") from None
    headers["Content-Length"] = str(part.length)
    return StreamingResponse(_resumed(first, chunks), status, headers, "application/octet-stream")


async def _resumed(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


async def _pour(call: Call, blob: BlobId, row: BlobRow) -> int:
    """Write the body to the file and return how far the file has come; raises RefusalError."""
    try:
        target = await call.services.blobs.resume(blob, row.offset)
        try:
            return await _Pouring(call, blob, row, target).run()
        finally:
            await target.close()
    except BlobsFullError:
        raise RefusalError(Code.FULL, NO_ROOM, RETRY_FULL) from None
    except BlobStoreError:
        raise RefusalError(Code.BUSY, "the relay could not keep the file; try again later", RETRY_FULL) from None


class _Pouring:
    """A body on its way to the disk, in flat memory."""

    def __init__(self, call: Call, blob: BlobId, row: BlobRow, target: Upload) -> None:
        self._call = call
        self._blob = blob
        self._row = row
        self._target = target
        self._buffer = bytearray()
        self._written = row.offset
        self._synced = row.offset

    async def run(self) -> int:
        body = self._call.request.stream()
        try:
            while True:
                async with asyncio.timeout(self._call.services.config.request_seconds):
                    chunk = await anext(body, None)
                if chunk is None:
                    break
                await self._take(chunk)
        except (ClientDisconnect, TimeoutError):
            pass  # what arrived is kept; the client asks for the offset and goes on there
        finally:
            await self._flush()
            await self._sync()
        return self._synced

    async def _take(self, chunk: bytes) -> None:
        room = self._row.size - self._written - len(self._buffer)
        self._buffer += chunk[:room]
        if len(chunk) > room:
            raise RefusalError(Code.OVERSIZED, f"the file was announced with {self._row.size} bytes")
        if len(self._buffer) >= WRITE_BYTES:
            await self._flush()
        if self._written - self._synced >= SYNC_BYTES:
            await self._sync()

    async def _flush(self) -> None:
        data = bytes(self._buffer)
        self._buffer.clear()
        if data:
            await self._target.write(data)
            self._written += len(data)

    async def _sync(self) -> None:
        if self._written > self._synced:
            await self._target.sync()
            await self._call.ask(Grown(self._blob, self._written))
            self._synced = self._written
