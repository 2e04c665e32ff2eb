"""Who is on the other end, without knowing it: a hash that tells two peers apart for an hour and says nothing else.

An address is hashed the moment its connection opens, under a salt that is drawn anew every hour and never leaves this
module. What goes on from here is the hash alone; nobody, the operator included, can turn one of last hour's back.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

SALT_SECONDS: Final = 3600.0
KEY_BYTES: Final = 16
_MAPPED: Final = bytes(10) + b"\xff\xff"
"""The start of an IPv4 address that is written as an IPv6 one."""


class Peer:
    """Somebody's hash. It shows nothing, so that it can stand in no log line and no traceback."""

    __slots__ = ("key",)

    def __init__(self, key: bytes) -> None:
        self.key = key

    def __repr__(self) -> str:
        return "Peer()"


class Peers:
    """Gives peers their hashes; the clock (seconds, never set back) and the salts are handed in."""

    def __init__(self, clock: Callable[[], float], draw: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._clock = clock
        self._draw = draw
        self._salt = draw(KEY_BYTES)
        self._until = clock() + SALT_SECONDS

    def name(self, address: str | None) -> Peer:
        """Return the hash of an address; whatever is none (a local socket) is one peer."""
        now = self._clock()
        if now >= self._until:
            self._salt, self._until = self._draw(KEY_BYTES), now + SALT_SECONDS
        return Peer(blake2b(_network(address), digest_size=KEY_BYTES, key=self._salt).digest())


def _network(address: str | None) -> bytes:
    """Return what belongs to one subscriber: an IPv4 address, or an IPv6 /64."""
    try:
        return socket.inet_pton(socket.AF_INET, address) if _is_v4(address := address or "") else _of_v6(address)
    except OSError:
        return b""


def _is_v4(address: str) -> bool:
    return "." in address and ":" not in address


def _of_v6(address: str) -> bytes:
    packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    return packed[12:] if packed.startswith(_MAPPED) else packed[:8]
