"""What a secret tree gave out is gone from it (RFC 9420 §9.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.mls import codec
from havre.mls.errors import StateError
from havre.mls.schedule.secret_tree import RatchetLimits, RatchetType, SecretTree, read_secret_tree
from tests.mls.people import SUITE

LIMITS = RatchetLimits(forward=20, kept=20)
APPLICATION = RatchetType.APPLICATION


def secrets_above(root: bytes, leaf: int, leaves: int) -> list[bytes]:
    """Work out by hand all secrets from the root to a leaf."""
    found = [root]
    for depth in reversed(range(leaves.bit_length() - 1)):
        side = b"right" if leaf >> depth & 1 else b"left"
        found.append(SUITE.expand_with_label(found[-1], "tree", side, 32))
    return found


def test_consumed_secrets_are_absent() -> None:
    root = SUITE.random(32)
    tree = SecretTree(SUITE, 8, root)
    tree, key = tree.take(5, APPLICATION, 2, LIMITS)
    encoded = tree.encode()
    above = secrets_above(root, 5, 8)
    for secret in (*above, key.key, key.nonce):
        assert secret not in encoded
    ratchet = SUITE.expand_with_label(above[-1], "application", b"", 32)
    assert ratchet not in encoded
    assert SUITE.expand_with_label(above[-1], "handshake", b"", 32) in encoded
    skipped = SUITE.derive_tree_secret(ratchet, "key", 0, SUITE.key_length)
    assert skipped in encoded, "generation 0 may still come"
    assert secrets_above(root, 0, 8)[1] in encoded, "the left half is untouched"
    assert skipped not in tree.take(5, APPLICATION, 0, LIMITS)[0].encode()


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 15)), max_size=30))
def test_each_key_is_given_once_in_any_order(takes: list[tuple[int, int]]) -> None:
    root = b"r" * 32
    tree = SecretTree(SUITE, 8, root)
    seen: set[tuple[int, int]] = set()
    for leaf, generation in takes:
        before = tree.encode()
        if (leaf, generation) in seen:
            with pytest.raises(StateError):
                tree.take(leaf, APPLICATION, generation, LIMITS)
            continue
        following, key = tree.take(leaf, APPLICATION, generation, LIMITS)
        assert key == SecretTree(SUITE, 8, root).take(leaf, APPLICATION, generation, LIMITS)[1]
        assert tree.encode() == before
        tree = following
        seen.add((leaf, generation))
        again = codec.decode_all(tree.encode(), lambda data, at: read_secret_tree(SUITE, data, at))
        assert again.encode() == tree.encode()


def test_the_last_generation_is_the_last() -> None:
    tree = SecretTree(SUITE, 1, bytes(32))
    with pytest.raises(StateError):
        tree.take(0, APPLICATION, 0xFFFF_FFFF, RatchetLimits())


def test_nothing_secret_is_shown() -> None:
    tree, key = SecretTree(SUITE, 2, b"k" * 32).take(0, APPLICATION, 1, LIMITS)
    assert repr(key) == "MessageKey(generation=1)"
    assert repr(tree) == "SecretTree(2 leaves)"
