"""What an account is called and looks like: told inside conversations only, whole each time; the latest one holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import Reader, is_number, private_part, values_of
from havre.content.kinds.picture import check_thumbnail
from havre.content.labels import clean_label
from havre.content.model import Content, Disposition

PROFILE: Final = "application/vnd.havre.profile+cbor"
MAX_NAME: Final = 64
"""Characters of a profile name."""
MAX_PORTRAIT: Final = 16 * 1024
"""Bytes of a profile's picture, or a group's."""
MAX_BACK: Final = 2048
_MAX_BYTES: Final = MAX_PORTRAIT + MAX_BACK + 4096
_LATEST: Final = 1 << 53


@dataclass(frozen=True, slots=True)
class Profile:
    """What the sender wants to be called and look like, `since` when (milliseconds); an empty picture: none.

    `back`: the public key under which the states of groups are laid for an installation that is restored of the
    sender's last backup; empty: there is none.
    """

    name: str
    picture: bytes = field(default=b"", repr=False)
    since: int = 0
    back: bytes = field(default=b"", repr=False)


def profile(salt: bytes, name: str, picture: bytes = b"", since: int = 0, back: bytes = b"") -> Content:
    """Return the sender's profile, which travels only inside conversations; `picture` is a JPEG, or empty."""
    values: list[object] = [clean_label(name, MAX_NAME), picture, since, back]
    return Content(salt, private_part(PROFILE, values, Disposition.PROFILE))


def is_portrait(picture: bytes) -> bool:
    """Tell whether bytes are a small JPEG, which is all that anybody is shown as a picture of somebody."""
    try:
        check_thumbnail(picture, MAX_PORTRAIT)
    except ContentError:
        return False
    return bool(picture)


def _read(_: Content, data: bytes) -> Profile:
    name, picture, since, back = values_of(data, 4, _MAX_BYTES)
    if not isinstance(name, str) or not is_number(since, _LATEST):
        raise ContentError("a profile's name is no text, or its time none")
    if not isinstance(picture, bytes) or (picture and not is_portrait(picture)):
        raise ContentError("a profile's picture is no small JPEG")
    if not isinstance(back, bytes) or len(back) > MAX_BACK:
        raise ContentError("what leads back after a restore is no key")
    return Profile(clean_label(name, MAX_NAME), picture, since, back)


READERS: Final[Mapping[str, Reader[Profile]]] = {PROFILE: _read}
