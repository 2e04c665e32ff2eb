"""Names from elsewhere cannot reorder, hide or smear what stands around them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.content import clean_label


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("  Zoé\t Dupont ", "Zoé Dupont"),
        ("invoice\u202etxt.exe", "invoicetxt.exe"),
        ("a\u200bb\ufeffc", "abc"),
        ("line\nline\u2028line", "line line line"),
        ("مریم\u200cسا", "مریم\u200cسا"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("e" + "\u0301" * 50, "é" + "\u0301" * 4),
        ("\u200d\u200d", ""),
        ("\x1b[31mred", "[31mred"),
    ],
)
def test_examples(given_name: str, shown: str) -> None:
    assert clean_label(given_name, 40) == shown


@given(st.text(max_size=200), st.integers(1, 64))
def test_any_name_becomes_one_short_harmless_line(name: str, limit: int) -> None:
    shown = clean_label(name, limit)
    assert len(shown) <= limit
    assert shown == shown.strip()
    assert not {"Cc", "Zl", "Zp", "Cs"} & {unicodedata.category(character) for character in shown}
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f") & set(shown)
