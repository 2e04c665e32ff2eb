"""Names that other people chose, made safe to show: what could imitate or reorder the text around them is taken out."""

from __future__ import annotations

import unicodedata
from typing import Final

_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, bidi and zero-width formatting, surrogates, private use, unassigned, line and paragraph separators."""
_JOINERS: Final = "\u200c\u200d"
"""Needed inside words of Persian, Hindi and others, and in emoji."""
_MARKS: Final = 4
"""Combining marks in a row; more only serve to smear over neighbouring lines."""


def clean_label(text: str, limit: int) -> str:
    """Return `text` on one line without unshown characters, at most `limit` characters; may be empty."""
    shown: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text[: limit * 8]):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS:
            shown.append(_shown(character))
    return " ".join("".join(shown).split())[:limit].strip(_JOINERS + " ")


def _shown(character: str) -> str:
    if character in "\t\n\r\x0b\x0c\x85\u2028\u2029":
        return " "
    if unicodedata.category(character) in _UNSHOWN and character not in _JOINERS:
        return ""
    return character
