"""Key packages that one device hands to another inside their conversation, so that no directory need be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import Reader, is_number, private_part, values_of
from havre.content.model import Content, Disposition

KEY_PACKAGES: Final = "application/vnd.havre.key-packages+cbor"
MAX_PACKAGES: Final = 64
"""Key packages in one message."""
_MAX_PACKAGE: Final = 16384
_MAX_BYTES: Final = 256 * 1024
_MAX_TIME: Final = 1 << 53
_DEVICE: Final = 16
_QUEUE: Final = 16
_MAX_RELAY: Final = 300


@dataclass(frozen=True, slots=True)
class KeyPackages:
    """Key packages of the sender's device, each for one device alone, which uses it once and before `until` (ms).

    `relay` and `inbox` are where the Welcome goes. `packages` are pairs of a device (16 bytes) and a key package.
    """

    relay: str
    inbox: bytes
    until: int
    packages: tuple[tuple[bytes, bytes], ...] = field(repr=False)


def key_packages(salt: bytes, relay: str, inbox: bytes, until: int, packages: Sequence[tuple[bytes, bytes]]) -> Content:
    """Return key packages for the devices of a conversation; `until` in milliseconds since 1970."""
    pairs = [[device, package] for device, package in packages]
    return Content(salt, private_part(KEY_PACKAGES, [relay, inbox, until, pairs], Disposition.UNSPECIFIED))


def _read(_: Content, data: bytes) -> KeyPackages:
    relay, inbox, until, pairs = values_of(data, 4, _MAX_BYTES)
    if not isinstance(relay, str) or len(relay) > _MAX_RELAY or not _is_bytes(inbox, _QUEUE):
        raise ContentError("key packages do not say where their Welcome goes")
    if not is_number(until, _MAX_TIME) or not isinstance(pairs, list) or len(pairs) > MAX_PACKAGES:
        raise ContentError("key packages are not for so long, or not so many")
    return KeyPackages(relay, inbox, until, tuple(_pair(pair) for pair in pairs))


def _pair(pair: object) -> tuple[bytes, bytes]:
    match pair:
        case [bytes() as device, bytes() as package] if len(device) == _DEVICE and 0 < len(package) <= _MAX_PACKAGE:
            return device, package
        case _:
            raise ContentError("a key package is none, or for no device")


def _is_bytes(value: object, size: int) -> bool:
    return isinstance(value, bytes) and len(value) == size


READERS: Final[Mapping[str, Reader[KeyPackages]]] = {KEY_PACKAGES: _read}
