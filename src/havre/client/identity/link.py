"""Contact links: everything that somebody needs to reach a person, and to notice a relay that swaps keys.

    havre://relay.example[:port]/<account id and checksum>?n=<name hint>

The path is 36 bytes in lower-case base32 without padding (58 characters): the account id, which is a hash of the
account key, then the first four bytes of SHA-256 over id and relay URL, so that a slip of the finger in either shows.
`n` is what the person wants to be called until they say so themselves; `http=1` marks a relay on this very machine
that does without TLS. Unknown parameters are passed over. In a QR code the link is in upper case and has no query,
which fits the denser alphanumeric mode.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, urlencode

from havre.client.errors import LinkInvalid
from havre.client.identity.address import RelayAddress, default_port, split_authority
from havre.client.identity.display import showable
from havre.wire.sizes import ACCOUNT_BYTES

SCHEME: Final = "havre://"
HINT_LENGTH: Final = 64
"""Characters of a name hint that are kept."""
_CHECKSUM_BYTES: Final = 4
_CODE_LENGTH: Final = 58
_LINK_LENGTH: Final = 2048


@dataclass(frozen=True, slots=True)
class ContactLink:
    """Where a person is found, and the hash of their account key."""

    relay: RelayAddress
    account: bytes
    hint: str = ""


def encode_link(link: ContactLink) -> str:
    """Return the link as text for a message or a web page."""
    parameters = {}
    if hint := showable(link.hint, HINT_LENGTH):
        parameters["n"] = hint
    if not link.relay.tls:
        parameters["http"] = "1"
    return _bare(link) + (f"?{urlencode(parameters)}" if parameters else "")


def encode_link_for_qr(link: ContactLink) -> str:
    """Return the link as a QR code should carry it: upper case and without the hint, if the relay has TLS."""
    return _bare(link).upper() if link.relay.tls else encode_link(link)


@dataclass(frozen=True, slots=True)
class Place:
    """What links have in common: a relay, what follows it, and parameters."""

    relay: RelayAddress
    path: str
    parameters: dict[str, str]


def decode_link(text: str) -> ContactLink:
    """Return what a contact link says; raises `LinkInvalid`, and nothing else, for every other text."""
    place = link_place(text)
    hint = showable(place.parameters.get("n", ""), HINT_LENGTH)
    return ContactLink(place.relay, _account(place.path, place.relay), hint)


def link_place(text: str) -> Place:
    """Take a link of ours apart; raises `LinkInvalid`."""
    text = text.strip()
    if len(text) > _LINK_LENGTH:
        raise LinkInvalid("it is far too long")
    if text[: len(SCHEME)].lower() != SCHEME:
        raise LinkInvalid(f"it does not begin with {SCHEME}")
    location, _, query = text[len(SCHEME) :].partition("?")
    authority, _, code = location.partition("/")
    parameters = _parameters(query)
    return Place(_relay(authority, tls=parameters.get("http") != "1"), code, parameters)


def _bare(link: ContactLink) -> str:
    code = b32encode(link.account + _checksum(link.account, link.relay)).decode().rstrip("=").lower()
    return f"{SCHEME}{link.relay.authority}/{code}"


def _checksum(account: bytes, relay: RelayAddress) -> bytes:
    return sha256(account + relay.url.encode()).digest()[:_CHECKSUM_BYTES]


def _parameters(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query.partition("#")[0], errors="replace", max_num_fields=16))
    except ValueError:
        raise LinkInvalid("what follows the question mark cannot be read") from None


def _relay(authority: str, tls: bool) -> RelayAddress:
    try:
        host, port = split_authority(authority)
        return RelayAddress(host, default_port(tls) if port is None else port, tls)
    except ValueError as error:
        raise LinkInvalid(str(error)) from None


def _account(code: str, relay: RelayAddress) -> bytes:
    if len(code) < _CODE_LENGTH:
        raise LinkInvalid("it is cut off, characters are missing at the end")
    data = _base32(code)
    account, checksum = data[:ACCOUNT_BYTES], data[ACCOUNT_BYTES:]
    if checksum != _checksum(account, relay):
        raise LinkInvalid("a character in it is wrong")
    return account


def _base32(code: str) -> bytes:
    """Decode strictly: what would not be encoded in exactly this way is refused."""
    try:
        data = b32decode(code.upper() + "=" * (-len(code) % 8))
    except ValueError:
        raise LinkInvalid("there are characters in it that do not belong there") from None
    if len(code) != _CODE_LENGTH or b32encode(data).decode().rstrip("=") != code.upper():
        raise LinkInvalid("there are characters in it that do not belong there")
    return data
