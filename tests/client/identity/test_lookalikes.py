"""Names that imitate others."""

from __future__ import annotations

import pytest

from havre.client.identity.lookalikes import skeleton


@pytest.mark.parametrize(
    ("name", "imitation"),
    [
        ("Alice", "Аlice"),
        ("Alice", "ALICE"),
        ("Alice", "Alicе"),
        ("Ian", "lan"),
        ("Marie", "rnarie"),
        ("paypal", "рауреl".replace("ре", "pа")),
        ("Zoé", "Zoe\u0301"),
        ("Bob", "Ｂｏｂ"),
        ("Bob", "B\u200bob"),
        ("Bob", "𝐁𝐨𝐛"),
        ("O2", "02"),
    ],
)
def test_imitations_are_one(name: str, imitation: str) -> None:
    assert skeleton(name) == skeleton(imitation)


@pytest.mark.parametrize(("one", "other"), [("Alice", "Bob"), ("Anna", "Ann"), ("Zoé", "Zora"), ("Миша", "Маша")])
def test_other_names_stay_apart(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)
