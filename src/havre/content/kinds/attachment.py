"""Files that lie encrypted on a relay, voice notes among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import SENT_AT, is_number
from havre.content.kinds.picture import PICTURE, Picture, check_thumbnail, read_picture, taken_apart, with_thumbnail
from havre.content.model import Content, ExternalPart, MultiPart

VOICE: Final = "havre.voice"
"""Extension: the file is a voice note; `[milliseconds, waveform]`."""
VOICE_TYPE: Final = "audio/ogg;codecs=opus"
WAVEFORM_BARS: Final = 64
"""Bars of a waveform at most, one byte each: 0 silent, 255 as loud as it gets."""

_LONGEST: Final = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Voice:
    """What a player shows of a voice note before it is fetched."""

    milliseconds: int
    waveform: bytes


@dataclass(frozen=True, slots=True)
class File:
    """A file that lies encrypted on a relay; with `voice` it is a voice note, with `picture` a picture."""

    part: ExternalPart
    voice: Voice | None = None
    picture: Picture | None = None


def file(
    salt: bytes,
    part: ExternalPart,
    sent_at: int,
    in_reply_to: bytes | None = None,
    voice: Voice | None = None,
    picture: Picture | None = None,
) -> Content:
    """Return a message that carries a file; `sent_at` in milliseconds since 1970.

    Raises ContentError for a thumbnail that nobody would show.
    """
    extensions: dict[int | str, object] = {SENT_AT: sent_at}
    if voice is not None:
        extensions[VOICE] = [voice.milliseconds, voice.waveform]
    if picture is None:
        return Content(salt, part, in_reply_to=in_reply_to, extensions=extensions)
    check_thumbnail(picture.thumbnail)
    extensions[PICTURE] = [picture.width, picture.height, picture.blurhash]
    return Content(salt, with_thumbnail(part, picture.thumbnail), in_reply_to=in_reply_to, extensions=extensions)


def read_file(content: Content, part: ExternalPart, thumbnail: bytes = b"") -> File:
    """Return the file that a message carries; raises ContentError for a voice note without sense."""
    voice = _read_voice(content.extensions[VOICE]) if VOICE in content.extensions else None
    picture = read_picture(content.extensions[PICTURE], thumbnail) if PICTURE in content.extensions else None
    return File(part, voice, picture)


def read_picture_file(content: Content, part: MultiPart) -> File | None:
    """Return the file of a multipart that is a file and its thumbnail; none: it is something else."""
    found = taken_apart(part)
    return None if found is None else read_file(content, *found)


def _read_voice(value: object) -> Voice:
    match value:
        case [milliseconds, bytes() as waveform] if is_number(milliseconds, _LONGEST):
            if len(waveform) <= WAVEFORM_BARS:
                return Voice(milliseconds, waveform)
    raise ContentError("a voice note's length or waveform is none")
