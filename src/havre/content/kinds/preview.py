"""The preview of a link, made by the sender and carried inside the message: no receiver asks the site for anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import private_part, values_of
from havre.content.labels import clean_label
from havre.content.model import Disposition, SinglePart

PREVIEW: Final = "application/vnd.havre.preview+cbor"
MAX_URL: Final = 2048
MAX_TITLE: Final = 200
MAX_DESCRIPTION: Final = 500
MAX_THUMBNAIL: Final = 32 * 1024
"""Bytes of a picture in a message."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a page calls itself; `thumbnail` is a JPEG, or empty."""

    url: str
    title: str
    description: str
    thumbnail: bytes = field(repr=False, default=b"")


def preview_part(preview: Preview) -> SinglePart:
    """Return the part that goes beside the text; raises ContentError when it is too large."""
    values: list[object] = [preview.url, preview.title, preview.description, preview.thumbnail]
    part = private_part(PREVIEW, values, Disposition.PREVIEW)
    read_preview(part.content)
    return part


def read_preview(data: bytes) -> Preview:
    """Return the preview in a part; raises ContentError."""
    url, title, description, thumbnail = values_of(data, 4, MAX_THUMBNAIL + 8192)
    if not all(isinstance(value, str) for value in (url, title, description)) or not isinstance(thumbnail, bytes):
        raise ContentError("a preview is not filled in as it should be")
    if not url.startswith(("https://", "http://")) or len(url) > MAX_URL or len(thumbnail) > MAX_THUMBNAIL:
        raise ContentError("a preview's address or picture is not allowed")
    return Preview(
        clean_label(url, MAX_URL), clean_label(title, MAX_TITLE), clean_label(description, MAX_DESCRIPTION), thumbnail
    )
