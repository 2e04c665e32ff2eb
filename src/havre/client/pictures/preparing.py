"""What is done with a file of one's own before it is encrypted: nothing, unless it is a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from havre.client.pictures import bare
from havre.content import Picture

_HEADS: Final = ((0, b"\xff\xd8\xff"), (0, b"\x89PNG\r\n\x1a\n"), (0, b"GIF8"), (8, b"WEBP"))


@dataclass(frozen=True, slots=True)
class Ready:
    """A file to be sent, and what is said of it if it is a picture; `own`: where it lies is where its owner has it."""

    path: Path
    own: bool = True
    picture: Picture | None = None


def prepare(path: Path, folder: Path, exact: bool, blurred: bool) -> Ready:
    """Return what is sent in a file's place: a picture goes into `folder` without its metadata, unless `exact`.

    `blurred`: nothing but a blur is said of what it shows. Blocks; raises OSError where `folder` cannot be written.
    """
    if not _begins_as_picture(path):
        return Ready(path)
    from havre.client.pictures.thumbnail import look_at  # few commands send pictures

    picture = look_at(path, blurred)
    data = b"" if exact or path.stat().st_size > bare.LARGEST else path.read_bytes()
    bared = bare.bared(data)
    if bared is None or bared == data:
        return Ready(path, picture=picture)
    target = folder / path.name
    target.write_bytes(bared)
    return Ready(target, own=False, picture=picture)


def _begins_as_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False  # whoever reads it next says what is wrong
    return any(head[at : at + len(magic)] == magic for at, magic in _HEADS)
