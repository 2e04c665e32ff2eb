"""Safety numbers: two people compare them, by voice or QR code, to know that nobody sits between them.

Both sides' account keys go into it, so that both see the same digits. For each account:

    h(0)   = SHA-512("havre/1 safety number" || 00 || account key)
    h(n+1) = SHA-512(h(n) || account key)                                 5200 times in all
    half   = the first 30 bytes of the last h, as six numbers of five bytes, big end first, each modulo 100000

The two halves, 30 digits each, stand one after the other, the smaller first: 60 digits in 12 groups of 5. That leaves
about 100 bits against somebody who wants a key with a chosen half, and each of their guesses costs 5200 hashes.
The QR form is a version byte (1), then the first 32 bytes of either last h, the smaller first.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha512
from typing import Final

_LABEL: Final = b"havre/1 safety number"
_ITERATIONS: Final = 5200
_GROUP_BYTES: Final = 5
_GROUPS: Final = 6
_QR_VERSION: Final = b"\x01"
_QR_HALF: Final = 32


@dataclass(frozen=True, slots=True)
class SafetyNumber:
    """What two people compare: `groups` to read aloud, `qr` (65 bytes) to scan and compare byte for byte."""

    groups: tuple[str, ...]
    qr: bytes

    def __str__(self) -> str:
        """Return the digits as people read them: 12 groups of 5."""
        return " ".join(self.groups)


def safety_number(account_key: bytes, other_account_key: bytes) -> SafetyNumber:
    """Return the safety number of two accounts, the same whichever comes first; the keys are 32 bytes each."""
    hashes = [_iterated(account_key), _iterated(other_account_key)]
    halves = sorted(_groups(hash_) for hash_ in hashes)
    return SafetyNumber(halves[0] + halves[1], _QR_VERSION + b"".join(sorted(hash_[:_QR_HALF] for hash_ in hashes)))


def _iterated(account_key: bytes) -> bytes:
    value = sha512(_LABEL + b"\x00" + account_key).digest()
    for _ in range(_ITERATIONS - 1):
        value = sha512(value + account_key).digest()
    return value


def _groups(hash_: bytes) -> tuple[str, ...]:
    pieces = (hash_[start : start + _GROUP_BYTES] for start in range(0, _GROUPS * _GROUP_BYTES, _GROUP_BYTES))
    return tuple(f"{int.from_bytes(piece, 'big') % 100_000:05d}" for piece in pieces)
