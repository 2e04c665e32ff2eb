"""Thumbnails and blurs, made by the sender; no receiver decodes more than a small JPEG (`content.kinds.picture`).

A picture to be sent may itself have come from somebody, so decoding is bounded: four formats, no more pixels than
`LARGEST`, and a JPEG is decoded at an eighth of its size where that is enough. What cannot be decoded is sent without.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Final

import blurhash
from PIL import Image, ImageOps

from havre.content import Picture
from havre.content.kinds import MAX_THUMBNAIL

SIDE: Final = 320
"""Pixels of a thumbnail's longer side."""
LARGEST: Final = 48_000_000
"""Pixels that are decoded at most: about 200 MB of memory for a moment."""
ANNOUNCED: Final = 256_000_000
"""Pixels that a file may say it has."""
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITIES: Final = (75, 55, 35, 20)
_BLUR: Final = 32
_DETAILS: Final = 4

Image.MAX_IMAGE_PIXELS = ANNOUNCED
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
_UNREADABLE: Final = (
    OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""What Pillow raises for a file that is none of these formats, is cut short, or is a bomb."""


def look_at(path: Path, blurred: bool = False) -> Picture | None:
    """Return what a message says of a picture, of an animated one's first frame; none: it is no picture.

    `blurred`: without the thumbnail. Blocks, for some tenths of a second with large ones.
    """
    try:
        with Image.open(path, formats=FORMATS) as picture:
            return _look_at(picture, blurred)
    except _UNREADABLE:
        return None


def pixels(path: Path) -> int | None:
    """Return how many pixels a picture says it has, nothing of which is decoded; none: it is no picture, or a bomb."""
    try:
        with Image.open(path, formats=(*FORMATS, "AVIF")) as picture:
            return picture.width * picture.height
    except _UNREADABLE:
        return None


def shrunk(data: bytes, side: int = SIDE, limit: int = MAX_THUMBNAIL) -> bytes:
    """Return a picture as a small JPEG without anything that was hidden in it; empty if it is none, or too large."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            return _jpeg(_small(picture, side), limit)
    except _UNREADABLE:
        return b""


def _look_at(picture: Image.Image, blurred: bool) -> Picture:
    width, height = picture.size
    if picture.getexif().get(_ORIENTATION, 1) >= _TURNED:
        width, height = height, width
    small = _small(picture, SIDE)
    return Picture(width, height, _blur(small), b"" if blurred else _jpeg(small, MAX_THUMBNAIL))


_ORIENTATION: Final = 0x0112
_TURNED: Final = 5
"""Orientations from here on lie on their side (EXIF 2.32 §4.6.4)."""


def _small(picture: Image.Image, side: int) -> Image.Image:
    """Return a picture upright, on white where one could see through it, its longer side no longer than `side`."""
    picture.draft("RGB", (2 * side, 2 * side))
    if picture.width * picture.height > LARGEST:
        raise ValueError("too many pixels")
    picture.thumbnail((side, side))
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    whole = Image.new("RGBA", upright.size, "white")
    whole.alpha_composite(upright)
    return whole.convert("RGB")


def _jpeg(small: Image.Image, limit: int) -> bytes:
    for quality in _QUALITIES:
        written = BytesIO()
        small.save(written, "JPEG", quality=quality, optimize=True)
        if written.tell() <= limit:
            return written.getvalue()
    return b""


def _blur(small: Image.Image) -> str:
    tiny = small.copy()
    tiny.thumbnail((_BLUR, _BLUR))
    rows = [[tiny.getpixel((x, y)) for x in range(tiny.width)] for y in range(tiny.height)]
    return str(blurhash.encode(rows, _DETAILS, 3))
