"""What is shown of a picture before it is fetched: its size, a blur, and a thumbnail that travels inside the message.

All of it is the sender's word. A receiver's decoder is handed only what is checked here: a JPEG of few bytes that says
itself to be small, so that it cannot be made to unfold something huge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import is_number
from havre.content.model import Disposition, ExternalPart, MultiPart, PartSemantics, SinglePart

PICTURE: Final = "havre.picture"
"""Extension: the file is a picture; `[width, height, blurhash]`, in pixels."""
THUMBNAIL: Final = "image/jpeg"
MAX_THUMBNAIL: Final = 24 * 1024
"""Bytes of a thumbnail."""
MAX_SIDE: Final = 512
"""Pixels of a thumbnail's longer side."""

_LARGEST: Final = 1 << 20
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_BASELINE, _PROGRESSIVE, _SCAN = 0xC0, 0xC2, 0xDA
_OTHER_FRAMES: Final = frozenset({*range(0xC1, 0xD0)} - {0xC2, 0xC4, 0xC8, 0xCC})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's size in pixels, its blurhash, and its thumbnail, a JPEG; either may be empty."""

    width: int
    height: int
    blurhash: str = ""
    thumbnail: bytes = field(repr=False, default=b"")


def with_thumbnail(part: ExternalPart, thumbnail: bytes) -> ExternalPart | MultiPart:
    """Return the part of a picture with its thumbnail beside it; without one, the part alone."""
    if not thumbnail:
        return part
    beside = SinglePart(THUMBNAIL, thumbnail, Disposition.PREVIEW)
    return MultiPart(PartSemantics.SINGLE_UNIT, (part, beside))


def taken_apart(part: MultiPart) -> tuple[ExternalPart, bytes] | None:
    """Return file and thumbnail of a multipart that is these two; none: it is something else."""
    match part.parts:
        case (ExternalPart() as file, SinglePart(kind, thumbnail, Disposition.PREVIEW)) if kind == THUMBNAIL:
            return file, thumbnail
        case _:
            return None


def read_picture(value: object, thumbnail: bytes) -> Picture | None:
    """Return what is known of a picture; what makes no sense of it is left out, the file is there all the same."""
    try:
        check_thumbnail(thumbnail)
    except ContentError:
        thumbnail = b""
    match value:
        case [width, height, str() as blur] if is_number(width, _LARGEST) and is_number(height, _LARGEST):
            if width and height:
                return Picture(width, height, blur if is_blurhash(blur) else "", thumbnail)
    return None


def is_blurhash(words: str) -> bool:
    """Tell whether a text is a blurhash: as many digits as its first one says, at most 166."""
    if not 6 <= len(words) <= 166 or not set(words) <= set(_DIGITS):
        return False
    size = _DIGITS.index(words[0])
    return size < 81 and len(words) == 4 + 2 * (size % 9 + 1) * (size // 9 + 1)


def check_thumbnail(data: bytes, limit: int = MAX_THUMBNAIL) -> None:
    """Raise ContentError unless it is a JPEG within bounds, or empty."""
    if not data:
        return
    if len(data) > limit:
        raise ContentError(f"a thumbnail is larger than {limit} bytes")
    width, height = jpeg_size(data)
    if not 0 < width <= MAX_SIDE or not 0 < height <= MAX_SIDE:
        raise ContentError(f"a thumbnail has more than {MAX_SIDE} pixels a side")


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return width and height that a JPEG's one frame header says (ITU-T T.81 §B.2.2); raises ContentError."""
    sizes: list[tuple[int, int]] = []
    place = 2
    while data[:2] == b"\xff\xd8" and place + 9 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == _SCAN and len(sizes) == 1:
            return sizes[0]
        if marker in _OTHER_FRAMES or length < 2:
            break
        if marker in (_BASELINE, _PROGRESSIVE):
            height, width = (int.from_bytes(data[place + at : place + at + 2], "big") for at in (5, 7))
            sizes.append((width, height))
        place += 2 + length
    raise ContentError("a thumbnail is no JPEG")
