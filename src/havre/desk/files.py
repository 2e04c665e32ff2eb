"""Decrypted files of this run of the app, and which of them may be shown in place.

They lie in a folder that this person alone can read, emptied when the app ends and when it begins. What the page may
show in place is decided by the first bytes, never by the sender's word; nothing is ever a document of our origin.
"""

from __future__ import annotations

import shutil
from collections import OrderedDict
from pathlib import Path
from typing import Final

CACHE_BYTES: Final = 512 << 20
"""Decrypted files that are kept at once, but always the last one."""

_SHOWN: Final[tuple[tuple[bytes, int, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"ftypavif", 4, "image/avif"),
    (b"ftyp", 4, "video/mp4"),
    (b"\x1aE\xdf\xa3", 0, "video/webm"),
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    *((bytes((0xFF, second)), 0, "audio/mpeg") for second in (0xFB, 0xFA, 0xF3, 0xF2)),
    *((bytes((0xFF, second)), 0, "audio/aac") for second in (0xF1, 0xF9)),
    (b"fLaC", 0, "audio/flac"),
    (b"WAVE", 8, "audio/wav"),
)
"""Leading bytes, where they stand, and the type as which a browser may show them. SVG and HTML can run: not here."""

OPAQUE: Final = "application/octet-stream"


SHOWN_PIXELS: Final = 128_000_000
"""Pixels of a picture that a browser is handed to show: half a gigabyte of its memory."""


def shown_as(path: Path) -> str:
    """Return the media type under which a file may be shown in place; OPAQUE: only saved."""
    with path.open("rb") as file:
        kind = shown_type(file.read(64))
    return OPAQUE if kind.startswith("image/") and not _is_within_bounds(path) else kind


def _is_within_bounds(path: Path) -> bool:
    from havre.client.pictures.thumbnail import pixels  # only who looks at pictures needs it

    found = pixels(path)
    return found is not None and found <= SHOWN_PIXELS


def shown_type(head: bytes) -> str:
    """Return the media type that a file's first bytes are those of; OPAQUE: of none that is shown in place."""
    for magic, at, kind in _SHOWN:
        if head[at : at + len(magic)] == magic:
            return kind
    return OPAQUE


class Cache:
    """Decrypted files of this run, by message; the one that was unused for longest goes first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[str, Path] = OrderedDict()
        self.empty()

    def empty(self) -> None:
        """Delete everything, also what an earlier run that was killed has left."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._kept.clear()

    def find(self, key: str) -> Path | None:
        """Return a file that is here already."""
        path = self._kept.get(key)
        if path is not None:
            self._kept.move_to_end(key)
        return path

    def place(self, key: str) -> Path:
        """Return an empty folder of its own for a file that is about to be fetched."""
        folder = self._folder / key
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        return folder

    def keep(self, key: str, path: Path) -> None:
        """Keep a file, and let go of old ones."""
        self._kept[key] = path
        self._kept.move_to_end(key)
        sizes = {name: kept.stat().st_size for name, kept in self._kept.items() if kept.exists()}
        while sum(sizes.values()) > CACHE_BYTES and len(self._kept) > 1:
            oldest, _ = self._kept.popitem(last=False)
            sizes.pop(oldest, None)
            self.forget(oldest)

    def forget(self, key: str) -> None:
        """Delete a file, for one because its message is gone."""
        self._kept.pop(key, None)
        shutil.rmtree(self._folder / key, ignore_errors=True)
