"""Blobs as files of one folder, spread over 256 subfolders. Every file operation runs in a thread."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final, Literal

from havre.relay.blobs.base import BlobsFullError, BlobStoreError
from havre.wire.sizes import BlobId

READ_BYTES: Final = 256 * 1024
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class FolderBlobs:
    """A `BlobStore` in a local folder, which is made if it is not there; raises BlobStoreError.

    A file whose descriptor would be `descriptors` or above is not opened: those left are the store's.
    """

    def __init__(self, folder: Path, descriptors: int = 1024 * 1024) -> None:
        self._folder = folder
        self._descriptors = descriptors
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BlobStoreError(f"the folder {folder} cannot be written to: {error.strerror}") from None

    async def resume(self, blob: BlobId, offset: int) -> FileUpload:
        return FileUpload(await asyncio.to_thread(self._open, blob, offset))

    async def read(self, blob: BlobId, start: int, length: int) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(self._open_to_read, blob, start)
        try:
            while length > 0:
                data = await asyncio.to_thread(_read, file, min(length, READ_BYTES))
                if not data:
                    raise BlobStoreError("a file is shorter than it was")
                length -= len(data)
                yield data
        finally:
            file.close()

    async def delete(self, blob: BlobId) -> None:
        await asyncio.to_thread(self._delete, blob)

    def _path(self, blob: BlobId) -> Path:
        name = blob.hex()
        return self._folder / name[:2] / name

    def _delete(self, blob: BlobId) -> None:
        try:
            self._path(blob).unlink(missing_ok=True)
        except OSError as error:
            raise _translate(error) from None

    def _open(self, blob: BlobId, offset: int) -> BinaryIO:
        path = self._path(blob)
        try:
            path.parent.mkdir(exist_ok=True)
            file = self._own(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
            file.truncate(offset)
            file.seek(offset)
            _sync_folder(path.parent)
        except OSError as error:
            raise _translate(error) from None
        return file

    def _open_to_read(self, blob: BlobId, start: int) -> BinaryIO:
        try:
            file = self._own(os.open(self._path(blob), os.O_RDONLY), "rb")
            file.seek(start)
        except OSError as error:
            raise _translate(error) from None
        return file

    def _own(self, descriptor: int, mode: Literal["rb", "r+b"]) -> BinaryIO:
        if descriptor >= self._descriptors:
            os.close(descriptor)
            raise BlobStoreError("too many files are open")
        return os.fdopen(descriptor, mode, buffering=0)


class FileUpload:
    """An `Upload` into an open file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def write(self, data: bytes) -> None:
        await asyncio.to_thread(self._write, data)

    async def sync(self) -> None:
        await asyncio.to_thread(self._sync)

    async def close(self) -> None:
        await asyncio.to_thread(self._file.close)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise _translate(error) from None

    def _sync(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _translate(error) from None


def _read(file: BinaryIO, size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise _translate(error) from None


def _sync_folder(folder: Path) -> None:
    """Make a new file's name as durable as its bytes will be."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _translate(error: OSError) -> BlobStoreError:
    if error.errno in _NO_ROOM:
        return BlobsFullError("the disk is full")
    return BlobStoreError(f"the folder of files failed: {error.strerror}")
