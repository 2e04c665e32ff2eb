"""Pictures without what cameras and programs write into them: place, time, owner, small earlier versions.

As Signal does, a picture goes out without them unless its sender says otherwise; unlike there, nothing is encoded
again: parts of the file are left out, and the picture's own bytes stay as they were. What remains besides them is what
it takes to show it: colours, transparency, animation, and which side is up.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from havre.client.pictures.orientation import orientation, orientation_only

LARGEST: Final = 64 << 20
"""Bytes of a picture that is taken apart; larger ones go out as they are."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD",
     b"pHYs", b"acTL", b"fcTL", b"fdAT"}
)  # fmt: skip
_WEBP_DROPPED: Final = frozenset({b"EXIF", b"XMP "})
_WEBP_FLAGS: Final = 0x08 | 0x04
"""Of the VP8X chunk: there is EXIF, there is XMP."""
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_APP1: Final = 0xE1
_OPTIONAL: Final = frozenset({*range(0xE0, 0xF0), 0xFE})
"""Segments of applications, and comments."""
_JPEG_KEPT: Final = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
_SCAN, _END = 0xDA, 0xD9


class NotAsItSays(ValueError):
    """The bytes do not follow the format that they begin as."""


def bared(data: bytes) -> bytes | None:
    """Return a picture without what it says of where, when, by whom and with what it was taken.

    None: it is none of the formats that are known here, or does not follow its own.
    """
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return b"".join(_jpeg(data))
        if data.startswith(_PNG):
            return _PNG + b"".join(_png(data))
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (NotAsItSays, struct.error):
        pass
    return None


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Yield what is kept of a JPEG (ITU-T T.81 annex B); what comes after its end, films for one, is not of it."""
    yield data[:2]
    exif = next((body for marker, body, _ in _segments(data) if marker == _APP1 and body[:6] == b"Exif\0\0"), b"")
    side = orientation(exif[6:])
    if side > 1:
        kept = b"Exif\0\0" + orientation_only(side)
        yield b"\xff\xe1" + struct.pack(">H", len(kept) + 2) + kept
    for marker, body, whole in _segments(data):
        if marker not in _OPTIONAL or any(marker == kept and body.startswith(name) for kept, name in _JPEG_KEPT):
            yield whole


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield marker, body and all bytes of each segment; a scan's compressed data belong to it."""
    place = 2
    while True:
        if place + 2 > len(data) or data[place] != 0xFF:
            raise NotAsItSays
        marker = data[place + 1]
        if marker == _END:
            yield marker, b"", data[place : place + 2]
            return
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        if marker in _STANDALONE:
            end = body = place + 2
        else:
            body = place + 4
            end = place + 2 + struct.unpack_from(">H", data, place + 2)[0]
            if end < body or end > len(data):
                raise NotAsItSays
        stop = _end_of_scan(data, end) if marker == _SCAN else end
        yield marker, data[body:end], data[place:stop]
        place = stop


def _end_of_scan(data: bytes, place: int) -> int:
    """Return where the next marker is that is not part of compressed data: neither a stuffed zero nor a restart."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 2 > len(data):
            raise NotAsItSays
        if data[place + 1] != 0 and data[place + 1] not in _STANDALONE:
            return place
        place += 2


def _png(data: bytes) -> Iterator[bytes]:
    """Yield the chunks that are kept of a PNG (ISO 15948 §5); what follows its end is not of it."""
    place, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise NotAsItSays
        if kind in _PNG_KEPT:
            yield data[place:end]
        elif kind == b"eXIf" and (side := orientation(data[place + 8 : end - 4])) > 1:
            kept = orientation_only(side)
            yield struct.pack(">I4s", len(kept), kind) + kept + struct.pack(">I", zlib.crc32(kind + kept))
        place = end


def _webp(data: bytes) -> bytes:
    """Return a WebP without metadata (RFC 9649 §2.7)."""
    kept = []
    place, whole = 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while place < whole:
        kind, length = struct.unpack_from("<4sI", data, place)
        end = place + 8 + length + length % 2
        if end > len(data):
            raise NotAsItSays
        if kind == b"VP8X":
            kept.append(data[place : place + 8] + bytes([data[place + 8] & ~_WEBP_FLAGS]) + data[place + 9 : end])
        elif kind not in _WEBP_DROPPED:
            kept.append(data[place:end])
        place = end
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body
