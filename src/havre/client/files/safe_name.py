"""File names that others chose, made fit for the disk of any system."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from havre.client.identity.display import showable

LONGEST: Final = 180
"""Bytes of a name in UTF-8; file systems take 255, and ` (2)` and `.part` must still fit."""
_LONGEST_SUFFIX: Final = 20
_NAMELESS: Final = "file"
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """Return a name without path parts, hidden or reversing characters, or a meaning of its own to any system."""
    name = showable(name.replace("\\", "/"), 4096).rpartition("/")[2]
    name = _FORBIDDEN.sub("_", name).strip(". ")
    if name.startswith(("-", "~")):
        name = f"_{name}"
    if _RESERVED.fullmatch(name.partition(".")[0].rstrip()):
        name = f"_{name}"
    return _shortened(name) or _NAMELESS


def free_names(name: str) -> Iterator[str]:
    """Yield a safe name, then `name (2).ext`, `name (3).ext` and so on."""
    yield name
    path = PurePosixPath(name)
    for number in range(2, 10_000):
        yield f"{path.stem} ({number}){path.suffix}"


def part_path(folder: Path, name: str, blob: bytes) -> Path:
    """Return where a file grows until it is complete; the blob's id keeps files of the same name apart."""
    return folder / f"{safe_name(name)}.{blob.hex()[:8]}.part"


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    path = PurePosixPath(name)
    suffix = path.suffix if len(path.suffix.encode()) <= _LONGEST_SUFFIX else ""
    stem = name.removesuffix(suffix).encode()[: LONGEST - len(suffix.encode())].decode(errors="ignore")
    return stem.rstrip(". ") + suffix
