"""The recovery key: 64 characters that open a backup, made to be written on paper and typed again.

32 random bytes and the first eight of their SHA-256, in base32 without the characters that look like others
(Crockford's alphabet): 64 characters. A slip of the pen shows before anything is tried.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from havre.client.errors import HavreError
from havre.client.sentences import said

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE: Final = str.maketrans("OIL", "011")
_SECRET: Final = 32
_CHECK: Final = 8
LENGTH: Final = 64
_GROUP: Final = 4


def new_recovery_key(entropy: Callable[[int], bytes]) -> str:
    """Return a fresh recovery key, in groups of four characters."""
    secret = entropy(_SECRET)
    number = int.from_bytes(secret + sha256(secret).digest()[:_CHECK], "big")
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))
    return " ".join(letters[start : start + _GROUP] for start in range(0, LENGTH, _GROUP))


def normal_recovery_key(text: str) -> str:
    """Return the one form of a recovery key that was typed; raises HavreError when it is cut or mistyped."""
    letters = "".join(text.upper().split()).replace("-", "").translate(_ALIKE)
    if len(letters) != LENGTH:
        raise HavreError(
            said("RecoveryKeyWrong", f"A recovery key has {LENGTH} characters, and this one {len(letters)}; check it.")
        )
    if not set(letters) <= set(_ALPHABET):
        raise HavreError(said("RecoveryKeyWrong", "There is a character in this recovery key that none has; check it."))
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    data = number.to_bytes(_SECRET + _CHECK, "big")
    if sha256(data[:_SECRET]).digest()[:_CHECK] != data[_SECRET:]:
        raise HavreError(said("RecoveryKeyWrong", "A character of this recovery key is wrong; check it."))
    return letters
