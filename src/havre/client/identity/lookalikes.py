"""Names that look the same in most fonts, so that nobody is shown under a name that imitates another's.

A small part of Unicode's confusables (UTS #39): the letters of Cyrillic, Greek, Armenian and Cherokee, and the digits,
that stand in for Latin ones. What Unicode itself calls compatible (full width, mathematical ...) falls to NFKC.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_PAIRS: Final = (
    "аa" "вb" "сc" "ԁd" "еe" "ҽe" "һh" "іi" "їi" "јj" "кk" "ӏl" "мm" "оo" "рp" "ԛq" "ѕs" "тt" "ѵv" "ԝw" "хx" "уy"
    "αa" "βb" "εe" "ηn" "ιi" "κk" "νv" "οo" "ρp" "σo" "τt" "υu" "χx" "γy" "ζz"
    "օo" "սu" "ոn" "հh" "ցg" "յj" "զq" "ѡw" "ᴀa" "ʙb" "ɑa" "ɡg" "ɩi" "ıi"
    "0o" "1l" "|l" "іi" "ƨs" "ⅼl"
)  # fmt: skip
_LATIN: Final = {ord(strange): plain for strange, plain in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)}
_RUNS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("i", "l"))


def skeleton(name: str) -> str:
    """Return a form that is equal for names that a reader cannot tell apart; it is for comparing only."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    kept = (character for character in plain if unicodedata.category(character) not in ("Mn", "Cf"))
    looks = " ".join("".join(kept).translate(_LATIN).split())
    for run, letter in _RUNS:
        looks = looks.replace(run, letter)
    return looks
