"""Text that somebody else chose, made fit to be shown: one line, no control and no direction-changing characters."""

from __future__ import annotations

import unicodedata

_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls (a terminal obeys them), format characters (they reorder or hide text), unpaired, private and unassigned."""


def showable(text: str, limit: int) -> str:
    """Return `text` in NFC as one line of at most `limit` characters, with what no font can honestly show taken out."""
    kept = "".join(_showable_character(character) for character in unicodedata.normalize("NFC", text))
    return " ".join(kept.split())[:limit].strip()


def _showable_character(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _UNSHOWABLE else character
