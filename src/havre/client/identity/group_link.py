"""Invitation links: the door of a group, and the secret by which it opens.

    havre://relay.example[:port]/g/<secret part>?n=<title>

The secret part is 100 bytes in lower-case base32 without padding (160 characters): the door's queue id (16 bytes), its
secret (32), the invitation's secret (32), the MLS group id (16), then the first four bytes of SHA-256 over these and
the relay URL. `n` is what the group was called when the link was made; `http=1` as in a contact link.

In a link by approval the name of the key under which to ask stands in place of the invitation's secret; another label
under the SHA-256 tells the one kind from the other.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from havre.client.errors import LinkInvalid
from havre.client.identity.address import RelayAddress
from havre.client.identity.display import showable
from havre.client.identity.link import SCHEME, link_place

MARK: Final = "g/"
TITLE_LENGTH: Final = 128
_PARTS: Final = (16, 32, 32, 16, 4)
_CODE_LENGTH: Final = 160


@dataclass(frozen=True, slots=True)
class GroupLink:
    """Where a group's door is, what opens it, and which group it is."""

    relay: RelayAddress
    door: bytes
    group: bytes
    title: str
    secret: bytes = field(repr=False)
    link: bytes = field(repr=False)
    asks: bool = False
    """By approval: `link` is the name of the key under which to ask."""


def encode_group_link(link: GroupLink) -> str:
    """Return the link as text."""
    body = link.door + link.secret + link.link + link.group
    code = b32encode(body + _checksum(body, link.relay, link.asks)).decode().rstrip("=").lower()
    parameters = {"n": link.title} if link.title else {}
    if not link.relay.tls:
        parameters["http"] = "1"
    query = f"?{urlencode(parameters)}" if parameters else ""
    return f"{SCHEME}{link.relay.authority}/{MARK}{code}{query}"


def decode_group_link(text: str) -> GroupLink:
    """Return what an invitation link says; raises `LinkInvalid`, and nothing else, for every other text."""
    place = link_place(text)
    if not place.path.lower().startswith(MARK):
        raise LinkInvalid("it is no invitation to a group")
    code = place.path[len(MARK) :]
    if len(code) != _CODE_LENGTH:
        raise LinkInvalid("it is cut off, or longer than it should be")
    try:
        data = b32decode(code.upper())
    except ValueError:
        raise LinkInvalid("there are characters in it that do not belong there") from None
    door, secret, link, group, checksum = _cut(data)
    sums = [_checksum(data[: -_PARTS[-1]], place.relay, asks) for asks in (False, True)]
    if checksum not in sums:
        raise LinkInvalid("a character in it is wrong")
    title = showable(place.parameters.get("n", ""), TITLE_LENGTH)
    asks = checksum == sums[True]
    return GroupLink(place.relay, door, group, title, secret=secret, link=link, asks=asks)


def _cut(data: bytes) -> list[bytes]:
    found, start = [], 0
    for size in _PARTS:
        found.append(data[start : start + size])
        start += size
    return found


def _checksum(body: bytes, relay: RelayAddress, asks: bool) -> bytes:
    label = b"havre group by approval" if asks else b"havre group"
    return sha256(label + body + relay.url.encode()).digest()[: _PARTS[-1]]
