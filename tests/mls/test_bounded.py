"""Work stays within what the input's size allows, however hostile it is."""

from __future__ import annotations

from collections import Counter
from unittest.mock import patch

import pytest

from havre import mls
from havre.mls import codec
from havre.mls.codec import vector
from havre.mls.crypto.suite import CipherSuite
from havre.mls.framing.message import decode_message
from havre.mls.tree import math
from havre.mls.tree.nodes import Node, ParentNode
from havre.mls.tree.ratchet_tree import RatchetTree, decode_ratchet_tree
from havre.mls.tree.validation import GroupRequirements, check_tree
from tests.mls.people import SUITE, client
from tests.mls.tree.test_ratchet_tree import leaf


class CountingSuite(CipherSuite):
    """Counts how often it is asked to hash."""

    __slots__ = ("calls",)

    def __init__(self) -> None:
        super().__init__(SUITE.id, SUITE.provider)
        self.calls = Counter[str]()
        self.hash = self._counted

    def _counted(self, data: bytes) -> bytes:
        self.calls["hash"] += 1
        return SUITE.hash(data)


@pytest.mark.parametrize("head", ["0001000140", "00010002bfffffff", "00010003", "00010004ffffffff", "00010005"])
def test_a_claimed_length_costs_nothing(head: str) -> None:
    for tail in (b"", b"\xbf\xff\xff\xff", bytes(64)):
        with pytest.raises(mls.CodecError):
            decode_message(bytes.fromhex(head) + tail)


def test_a_tree_of_blanks_is_hashed_once_a_node() -> None:
    leaves = 1 << 12
    alice = client("alice").bundle().key_package.leaf_node
    blanks = b"\x00" * (2 * leaves - 2)
    suite = CountingSuite()
    tree = decode_ratchet_tree(suite, vector(blanks + b"\x01\x01" + alice.encode()))
    tree.tree_hash()
    assert suite.calls["hash"] == 2 * leaves - 1
    tree.edit().freeze().tree_hash()
    assert suite.calls["hash"] == 2 * leaves - 1, "what did not change is not hashed again"


def test_a_tree_of_unmerged_leaves_is_checked_in_near_linear_time() -> None:
    depth = 9
    leaves = 1 << depth
    nodes: list[Node | None] = [leaf(index // 2) if index % 2 == 0 else None for index in range(2 * leaves - 1)]
    size = 2 * leaves
    for index in range(1, 2 * leaves - 1, 2):
        span = math.leaves_below(index)
        nodes[index] = ParentNode((1000 + index).to_bytes(32, "little"), b"", tuple(span)[1::2])
        size += len(span)
    suite = CountingSuite()
    tree = RatchetTree.of(suite, nodes)
    with pytest.raises(mls.ValidationError, match="tree-parent-hash"):
        check_tree(tree, b"", GroupRequirements.of(SUITE.id, ()))
    assert suite.calls["hash"] <= size * depth


def test_one_change_in_a_large_tree_hashes_one_path() -> None:
    suite = CountingSuite()
    tree = RatchetTree.of(suite, [leaf(0)])
    editor = tree.edit()
    editor.add_leaves([leaf(number) for number in range(1, 1024)])
    tree = editor.freeze()
    tree.tree_hash()
    before = suite.calls["hash"]
    editor = tree.edit()
    editor.update_leaf(500, leaf(5000))
    editor.freeze().tree_hash()
    assert suite.calls["hash"] - before == 11


def test_a_generation_far_ahead_costs_no_derivation() -> None:
    from havre.mls.schedule.secret_tree import RatchetLimits, RatchetType, SecretTree

    tree = SecretTree(SUITE, 2, bytes(32))
    tree, _ = tree.take(0, RatchetType.APPLICATION, 0, RatchetLimits())
    with (
        patch.object(CipherSuite, "derive_tree_secret", side_effect=AssertionError("derived")),
        pytest.raises(mls.StateError),
    ):
        tree.take(0, RatchetType.APPLICATION, 0xFFFF_FFFF, RatchetLimits())


def test_nested_vectors_do_not_recurse() -> None:
    nested = b""
    for _ in range(200):
        nested = vector(nested + b"\x00")
    with pytest.raises(mls.CodecError):
        codec.decode_all(nested * 3, codec.read_opaque)
