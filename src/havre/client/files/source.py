"""A local file that is read chunk by chunk, and must stay what it was."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from havre.client.errors import FileChanged, FileGone
from havre.client.files.layout import CHUNK, chunk_size


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What shows, without reading it, that a file has changed: bytes, and nanoseconds since 1970."""

    size: int
    modified: int


class SourceFile:
    """An open local file; raises `FileGone` when it cannot be opened or is not a plain file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise FileGone(str(path), "it is not a file")
            self._file: BinaryIO = path.open("rb", buffering=0)
        except OSError as error:
            raise FileGone(str(path), _reason(error)) from None
        self.fingerprint = self._look()

    def __enter__(self) -> SourceFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def check(self, expected: Fingerprint) -> None:
        """Raise `FileChanged` or `FileGone` unless the file is, by its name and when open, what it was."""
        try:
            now = self._path.stat()
        except OSError as error:
            raise FileGone(str(self._path), _reason(error)) from None
        if {_fingerprint(now), self._look()} != {expected}:
            raise FileChanged(str(self._path))

    def chunk(self, index: int) -> bytes:
        """Return a chunk of the padded file; raises `FileChanged` or `FileGone`."""
        size = self.fingerprint.size
        wanted = min(CHUNK, max(0, size - index * CHUNK))
        try:
            self._file.seek(index * CHUNK)
            data = self._read(wanted)
        except OSError as error:
            raise FileGone(str(self._path), _reason(error)) from None
        if self._look() != self.fingerprint:
            raise FileChanged(str(self._path))
        return data + bytes(chunk_size(size, index) - wanted)

    def _read(self, wanted: int) -> bytes:
        pieces: list[bytes] = []
        while wanted:
            piece = self._file.read(wanted)
            if not piece:
                raise FileChanged(str(self._path))
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def _look(self) -> Fingerprint:
        return _fingerprint(os.fstat(self._file.fileno()))


def _fingerprint(result: os.stat_result) -> Fingerprint:
    return Fingerprint(result.st_size, result.st_mtime_ns)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
