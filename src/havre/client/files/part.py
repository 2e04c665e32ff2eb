"""A file that is arriving: it grows by proven chunks under a name of its own, and gets its real name when complete."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from havre.client.errors import FileNotWritten, NoSpace
from havre.client.files.layout import CHUNK
from havre.client.files.safe_name import free_names

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_FLAGS: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""A link that somebody put there is not followed."""


class PartFile:
    """An open partial file of a download; all methods block, and raise `NoSpace` or `FileNotWritten`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = sha256()
        with _written(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _unlink_finished(path)
            self._file: BinaryIO = os.fdopen(os.open(path, _FLAGS, 0o600), "r+b", buffering=0)

    def resume(self, size: int) -> int:
        """Keep the whole chunks that are there, of a file of `size` bytes, and return how many.

        What follows them, half a chunk that a crash left, is cut off. The chunks are believed for now: the hash over
        everything tells in the end.
        """
        with _written(self._path):
            length = os.fstat(self._file.fileno()).st_size
            kept = 0 if length > size else length // CHUNK
            self._hash = sha256()
            self._file.seek(0)
            for _ in range(kept):
                self._hash.update(_read_chunk(self._file))
            self._file.truncate(kept * CHUNK)
            self._file.seek(kept * CHUNK)
        return kept

    def check_room(self, needed: int) -> None:
        """Raise `NoSpace` unless so many bytes more will fit."""
        with _written(self._path):
            if shutil.disk_usage(self._path.parent).free < needed:
                raise NoSpace(str(self._path.parent))

    def add(self, data: bytes) -> None:
        """Append proven bytes."""
        self._hash.update(data)
        view = memoryview(data)
        with _written(self._path):
            while view:
                view = view[self._file.write(view) :]

    def digest(self) -> bytes:
        """Return the SHA-256 of all that was added or kept."""
        return self._hash.digest()

    def finish(self, name: str) -> Path:
        """Make the file durable, give it the first free form of its name, and return its path.

        Nothing that is there already is ever overwritten.
        """
        with _written(self._path):
            os.fsync(self._file.fileno())
            self._file.close()
            for free in free_names(name):
                target = self._path.with_name(free)
                if _moved(self._path, target):
                    return target
        raise FileNotWritten(str(self._path.with_name(name)), "there are too many files of this name")

    def close(self) -> None:
        """Let go of the file; it stays, for another attempt."""
        self._file.close()

    def discard(self) -> None:
        """Let go of the file and remove it."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _unlink_finished(path: Path) -> None:
    """Begin anew where a crash came right after the file got its real name: both names mean the same bytes then."""
    with suppress(FileNotFoundError):
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
            path.unlink()


def _moved(source: Path, target: Path) -> bool:
    """Rename without overwriting; return False when the name is taken.

    A hard link is the one way that is atomic everywhere it exists; elsewhere (FAT, some network folders) the name is
    taken first and the file moved over it.
    """
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        return False
    except (OSError, NotImplementedError):
        return _moved_over(source, target)
    source.unlink()
    return True


def _moved_over(source: Path, target: Path) -> bool:
    try:
        target.open("xb").close()
    except FileExistsError:
        return False
    source.replace(target)
    return True


def _read_chunk(file: BinaryIO) -> bytes:
    data = bytearray()
    while len(data) < CHUNK and (piece := file.read(CHUNK - len(data))):
        data += piece
    return bytes(data)


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Translate what the system says about writing."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NoSpace(str(path.parent)) from None
        raise FileNotWritten(str(path), (error.strerror or type(error).__name__).lower()) from None
