"""User names: what may be one, and the slow hash under which a relay knows it.

A name is compared in one form (NFKC, case folded), so that no two people's names look the same but for their case or
encoding. It has 3 to 32 characters: letters of one script, the digits 0-9, and `.`, `_`, `-` between them.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from argon2.low_level import Type, hash_secret_raw

from havre.client.errors import NameNotAllowed, NamesUnsafe
from havre.wire.directory import Slowness
from havre.wire.sizes import HASH_BYTES

SHORTEST: Final = 3
LONGEST: Final = 32
_PUNCTUATION: Final = frozenset("._-")
_DIGITS: Final = frozenset("0123456789")
_LETTERS: Final = frozenset({"Ll", "Lo"})
_MARKS: Final = frozenset({"Mn", "Mc"})
_WRITTEN_TOGETHER: Final = (
    frozenset({"HIRAGANA", "KATAKANA", "CJK"}),
    frozenset({"HANGUL", "CJK"}),
)
"""Scripts that one language mixes; a mixture of any others is how one name imitates another."""

MEMORY_KIB: Final = range(8 * 1024, 256 * 1024 + 1)
PASSES: Final = range(1, 11)
LANES: Final = range(1, 9)


def normal_name(name: str) -> str:
    """Return the one form of a user name, or raise `NameNotAllowed` with the rule that it breaks."""
    normal = _folded(name.strip()) if len(name) <= 4 * LONGEST else name
    rule = _broken_rule(normal)
    if rule is not None:
        raise NameNotAllowed(name, rule)
    return normal


def name_hash(name: str, slowness: Slowness, address: str) -> bytes:
    """Return the slow hash (32 bytes) of a user name at the relay of this address: Argon2id under its public salt.

    Takes about as long as the relay asks for (a fraction of a second, 64 MiB or so). Raises `NameNotAllowed`, and
    `NamesUnsafe` when the relay asks for so little that names could be guessed, or so much that it would hurt.
    """
    normal = normal_name(name)
    _check_slowness(slowness, address)
    return hash_secret_raw(
        normal.encode(),
        slowness.salt,
        time_cost=slowness.passes,
        memory_cost=slowness.memory_kib,
        parallelism=slowness.lanes,
        hash_len=HASH_BYTES,
        type=Type.ID,
    )


def _folded(name: str) -> str:
    """Fold until nothing changes: folding can undo the normal form, and the other way round."""
    while (folded := unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())) != name:
        name = folded
    return name


def _broken_rule(name: str) -> str | None:
    if not SHORTEST <= len(name) <= LONGEST:
        return f"it must have {SHORTEST} to {LONGEST} characters"
    if not all(_may_stand(name, position) for position in range(len(name))):
        return "only letters, the digits 0-9 and the characters . _ - may stand in it"
    if name[0] in _PUNCTUATION or name[-1] in _PUNCTUATION:
        return "it must begin and end with a letter or a digit"
    if not _is_one_script({_script(c) for c in name if unicodedata.category(c) in _LETTERS}):
        return "it mixes letters of different scripts"
    return None


def _may_stand(name: str, position: int) -> bool:
    character = name[position]
    category = unicodedata.category(character)
    if category in _MARKS:
        return position > 0 and unicodedata.category(name[position - 1]) in _LETTERS | _MARKS
    return character in _DIGITS or character in _PUNCTUATION or category in _LETTERS


def _script(letter: str) -> str:
    """Return the first word of a letter's Unicode name, which is its script for every script in common use."""
    return unicodedata.name(letter, "UNNAMED").partition(" ")[0]


def _is_one_script(scripts: set[str]) -> bool:
    return len(scripts) <= 1 or any(scripts <= together for together in _WRITTEN_TOGETHER)


def _check_slowness(slowness: Slowness, address: str) -> None:
    bounds = ((slowness.memory_kib, MEMORY_KIB), (slowness.passes, PASSES), (slowness.lanes, LANES))
    for value, bound in bounds:
        if value < bound.start:
            raise NamesUnsafe(address, "its protection of names is too weak")
        if value not in bound:
            raise NamesUnsafe(address, "its protection of names would keep this machine too busy")
