"""User names: one form each, look-alikes refused, and a slow hash within bounds that hurt nobody."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st

from havre.client.errors import NameNotAllowed, NamesUnsafe
from havre.client.identity.names import name_hash, normal_name
from havre.wire.directory import Slowness

SLOWNESS = Slowness(salt=b"s" * 16, passes=1, memory_kib=8192, lanes=1)


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("alice", "alice"),
        ("  Alice ", "alice"),
        ("ＡＬＩＣＥ", "alice"),
        ("José.du-Pré_9", "josé.du-pré_9"),
        ("jose\u0301", "josé"),
        ("Straße", "strasse"),
        ("Мария", "мария"),
        ("さくら桜", "さくら桜"),
        ("प्रिया", "प्रिया"),
    ],
)
def test_allowed(name: str, normal: str) -> None:
    assert normal_name(name) == normal


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("al", "3 to 32"),
        ("a" * 33, "3 to 32"),
        ("a" * 100_000, "3 to 32"),
        ("", "3 to 32"),
        ("al ice", "only letters"),
        ("alice!", "only letters"),
        ("alice\u202e", "only letters"),
        ("al\u200dice", "only letters"),
        ("alice\x1b", "only letters"),
        ("ali\u0663ce", "only letters"),
        ("\u0301alice", "only letters"),
        (".alice", "begin and end"),
        ("alice-", "begin and end"),
        ("аlice", "different scripts"),
        ("αlice", "different scripts"),
    ],
)
def test_not_allowed(name: str, rule: str) -> None:
    with pytest.raises(NameNotAllowed, match=rule):
        normal_name(name)


@given(name=st.text(max_size=40))
def test_one_form_stays_as_it_is(name: str) -> None:
    try:
        normal = normal_name(name)
    except NameNotAllowed:
        return
    assert normal_name(normal) == normal
    assert 3 <= len(normal) <= 32


def test_hash_is_the_same_for_the_same_name() -> None:
    one = name_hash("Alice", SLOWNESS, "https://relay.example")
    assert one == name_hash("ＡＬＩＣＥ", SLOWNESS, "https://relay.example")
    assert len(one) == 32
    assert one != name_hash("alicf", SLOWNESS, "https://relay.example")
    assert one != name_hash("alice", Slowness(b"t" * 16, 1, 8192, 1), "https://relay.example")


def test_hash_is_argon2id() -> None:
    other = Argon2id(salt=b"s" * 16, length=32, iterations=1, lanes=1, memory_cost=8192)
    assert name_hash("alice", SLOWNESS, "x") == other.derive(b"alice")


@pytest.mark.parametrize(
    ("passes", "memory", "lanes", "finding"),
    [(0, 8192, 1, "weak"), (1, 64, 1, "weak"), (1, 8192, 0, "weak"), (-1, 8192, 1, "weak"),
     (11, 8192, 1, "busy"), (1, 2**31, 1, "busy"), (1, 8192, 255, "busy")],
)  # fmt: skip
def test_hostile_parameters(passes: int, memory: int, lanes: int, finding: str) -> None:
    with pytest.raises(NamesUnsafe, match=finding):
        name_hash("alice", Slowness(b"s" * 16, passes, memory, lanes), "https://relay.example")
