"""A place on Earth, and somebody's contact link passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import SENT_AT, Reader, private_part, values_of
from havre.content.labels import clean_label
from havre.content.model import Content

LOCATION: Final = "application/vnd.havre.location+cbor"
CARD: Final = "application/vnd.havre.card+cbor"
MAX_LABEL: Final = 200
MAX_LINK: Final = 2048
DEGREE: Final = 10_000_000
"""Parts of a degree in which a place is given: about a centimetre."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place: latitude and longitude in ten-millionths of a degree (WGS 84), and what it is called."""

    latitude: int
    longitude: int
    label: str


@dataclass(frozen=True, slots=True)
class Card:
    """Somebody's name and contact link, passed on by somebody else."""

    name: str
    link: str


def location(salt: bytes, latitude: float, longitude: float, label: str, sent_at: int) -> Content:
    """Return a place, in degrees; raises ContentError when it is not on Earth."""
    values: list[object] = [round(latitude * DEGREE), round(longitude * DEGREE), clean_label(label, MAX_LABEL)]
    content = Content(salt, private_part(LOCATION, values), extensions={SENT_AT: sent_at})
    _location(*values)
    return content


def card(salt: bytes, name: str, link: str, sent_at: int) -> Content:
    """Return somebody's contact link under a name; raises ContentError when it is no link."""
    values: list[object] = [clean_label(name, MAX_LABEL), link]
    content = Content(salt, private_part(CARD, values), extensions={SENT_AT: sent_at})
    _card(*values)
    return content


def _location(latitude: object, longitude: object, label: object) -> Location:
    if not (isinstance(latitude, int) and isinstance(longitude, int) and isinstance(label, str)):
        raise ContentError("a place is not filled in as it should be")
    if abs(latitude) > 90 * DEGREE or abs(longitude) > 180 * DEGREE:
        raise ContentError("the place is not on Earth")
    return Location(int(latitude), int(longitude), clean_label(label, MAX_LABEL))


def _card(name: object, link: object) -> Card:
    if not (isinstance(name, str) and isinstance(link, str)):
        raise ContentError("a contact card is not filled in as it should be")
    if not link.startswith("havre://") or len(link) > MAX_LINK or clean_label(link, MAX_LINK) != link:
        raise ContentError("a contact card's link is none")
    return Card(clean_label(name, MAX_LABEL), link)


READERS: Final[Mapping[str, Reader[Location | Card]]] = {
    LOCATION: lambda _, data: _location(*values_of(data, 3)),
    CARD: lambda _, data: _card(*values_of(data, 2)),
}
