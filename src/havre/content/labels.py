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


def clean_text(text: str) -> str:
    """Return a text of several lines without what a terminal or a page would obey: controls, bidi overrides."""
    if all(line.isprintable() for line in text.split("\n")):
        return text  # there is nothing to take out of most texts, and this is seen far quicker
    return "".join(character for character in text if character in _KEPT or _is_harmless(character))


_KEPT: Final = "\n\t\u200c\u200d\u200e\u200f\u061c"
"""Line breaks, joiners, and marks that only say which way a word runs."""


def _is_harmless(character: str) -> bool:
    # Tag characters are part of the flags of Scotland and others.
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs") or "\U000e0020" <= character <= "\U000e007f"
