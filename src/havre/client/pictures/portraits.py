"""Pictures of people and groups: a file of one's own becomes a small JPEG without anything that was hidden in it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from havre.client.errors import FileGone, HavreError
from havre.client.sentences import said
from havre.content import is_portrait
from havre.content.kinds import MAX_PORTRAIT

SIDES: Final = (256, 192, 128, 64)
"""Pixels of the longer side, as many as there is room for."""
LARGEST: Final = 64 << 20
"""Bytes of a file that is looked at."""


def portrait(path: Path) -> bytes:
    """Return a picture file as a JPEG of at most 16 KiB; blocks. Raises FileGone, HavreError for what is no picture."""
    from havre.client.pictures.thumbnail import shrunk  # only who gives a picture needs what decodes it

    data = _read(path)
    for side in SIDES:
        small = shrunk(data, side, MAX_PORTRAIT)
        if is_portrait(small):
            return small
    told = f"{path.name} is no JPEG, PNG, WebP or GIF picture, or one that is far too large."
    raise HavreError(said("NoPicture", told))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise FileGone(str(path), error.strerror or "it cannot be read") from None
    if len(data) > LARGEST:
        told = f"{path.name} has more than {LARGEST >> 20} MiB; use a smaller picture."
        raise HavreError(said("PictureTooLarge", told))
    return data
