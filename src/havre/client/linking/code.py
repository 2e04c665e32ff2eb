"""The code that a new device shows and an old one reads, as text or QR code; no relay sees it.

    havre-device://relay.example[:port]/<queue, secret, digest and checksum>[?http=1]

The path is 84 bytes in lower-case base32 without padding: where the two meet (a queue id, 16), a secret between them
(32), SHA-256 of the new device's first message (32), and four bytes of SHA-256 over all of it and the relay's URL.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from havre.client.errors import LinkInvalid
from havre.client.identity.address import RelayAddress, default_port, split_authority

SCHEME: Final = "havre-device://"
_LENGTH: Final = 135
_LONGEST: Final = 1024


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """Where two devices meet, and what only they know."""

    relay: RelayAddress
    queue: bytes
    secret: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @property
    def number(self) -> str:
        """Six digits that both devices show, to compare."""
        value = int.from_bytes(sha256(b"havre/1 device number" + self.secret + self.digest).digest()[:8], "big")
        digits = f"{value % 1_000_000:06}"
        return f"{digits[:3]} {digits[3:]}"


def encode_code(code: DeviceCode) -> str:
    """Return the code as text."""
    data = code.queue + code.secret + code.digest
    path = b32encode(data + _checksum(data, code.relay)).decode().rstrip("=").lower()
    return f"{SCHEME}{code.relay.authority}/{path}" + ("" if code.relay.tls else "?http=1")


def decode_code(text: str) -> DeviceCode:
    """Return what a code says; raises LinkInvalid for every other text."""
    text = text.strip()
    if len(text) > _LONGEST or text[: len(SCHEME)].lower() != SCHEME:
        raise LinkInvalid(f"a device's code begins with {SCHEME}")
    location, _, query = text[len(SCHEME) :].partition("?")
    authority, _, path = location.partition("/")
    relay = _relay(authority, tls=query != "http=1")
    data = _base32(path)
    if data[80:] != _checksum(data[:80], relay):
        raise LinkInvalid("a character in it is wrong")
    return DeviceCode(relay, data[:16], data[16:48], data[48:80])


def _checksum(data: bytes, relay: RelayAddress) -> bytes:
    return sha256(data + relay.url.encode()).digest()[:4]


def _relay(authority: str, tls: bool) -> RelayAddress:
    try:
        host, port = split_authority(authority)
        return RelayAddress(host, default_port(tls) if port is None else port, tls)
    except ValueError as error:
        raise LinkInvalid(str(error)) from None


def _base32(path: str) -> bytes:
    try:
        data = b32decode(path.upper() + "=" * (-len(path) % 8))
    except ValueError:
        raise LinkInvalid("there are characters in it that do not belong there") from None
    if len(path) != _LENGTH or b32encode(data).decode().rstrip("=") != path.upper():
        raise LinkInvalid("it is cut off, or too long")
    return data
