"""What others chose is shown as one harmless line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from havre.client.identity.display import showable


@given(text=st.text(), limit=st.integers(1, 50))
def test_one_harmless_line(text: str, limit: int) -> None:
    shown = showable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    assert shown == shown.strip()


def test_examples() -> None:
    assert showable("a\tb\r\nc\x1b[2J\u202edcba\u2028x", 99) == "a b c[2Jdcba x"
    assert showable("Zoë 🦊", 99) == "Zoë 🦊"
