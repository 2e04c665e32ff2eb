"""Names from others are harmless on every system."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.client.files.safe_name import LONGEST, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("Été 2024 🏖.jpg", "Été 2024 🏖.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\evil.exe", "evil.exe"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        (".bashrc", "bashrc"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("com1 .txt", "_com1 .txt"),
        ("-rf", "_-rf"),
        ("~root", "_~root"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\nb\x1b[2J.txt", "a b[2J.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("trailing. . .", "trailing"),
    ],
)
def test_examples(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(name=st.text(max_size=400) | st.text("./\\ -~con\x00\u202e", max_size=60))
def test_any_name(name: str) -> None:
    safe = safe_name(name)
    assert safe == safe_name(safe)
    assert 0 < len(safe.encode()) <= LONGEST
    assert safe.isprintable()
    assert not set(safe) & set('/\\<>:"|?*')
    assert safe[0] not in ".-~ "
    assert safe[-1] not in ". "


def test_long_names_keep_their_ending() -> None:
    assert safe_name("é" * 300 + ".jpeg").endswith("é.jpeg")
