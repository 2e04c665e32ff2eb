"""Trees under edits: caches agree with what a fresh tree works out, and old trees stay as they were."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from havre.mls.tree import math
from havre.mls.tree.nodes import LeafNode, ParentNode
from havre.mls.tree.ratchet_tree import RatchetTree, TreeEditor, decode_ratchet_tree
from tests.mls.people import SUITE, client


def leaf_node(number: int) -> LeafNode:
    """Give a leaf node of its own keys; nobody looks at its signature here."""
    model = client("model").bundle().key_package.leaf_node
    key = number.to_bytes(32, "big")
    return replace(model, encryption_key=key, signature_key=key, encoded=model.encoded + key)


STEPS = st.lists(st.tuples(st.sampled_from(["add", "remove", "update", "path"]), st.integers(0, 40)), max_size=40)
MODEL = leaf_node(0)


def leaf(number: int) -> LeafNode:
    key = number.to_bytes(32, "big")
    return replace(MODEL, encryption_key=key, signature_key=key)


def perform(editor: TreeEditor, step: str, at: int, number: int) -> None:
    members = [index for index, _ in editor.leaves()]
    if step == "add" or not members:
        editor.add_leaf(leaf(number))
        return
    member = members[at % len(members)]
    if step == "remove" and len(members) > 1:
        editor.remove_leaf(member)
        editor.truncate()
    elif step == "update":
        editor.update_leaf(member, leaf(number))
    elif step == "path":
        editor.blank_path(member)
        for place, (index, _) in enumerate(editor.filtered_direct_path(member)):
            key = b"path" + number.to_bytes(14, "big") + place.to_bytes(14, "big")
            editor.set(index, ParentNode(key, b"", ()))


def fresh(tree: RatchetTree) -> RatchetTree:
    return RatchetTree.of(SUITE, [tree.node(index) for index in range(2 * tree.leaf_count - 1)])


@given(STEPS)
@settings(deadline=None)
def test_caches_agree_with_a_fresh_tree(steps: list[tuple[str, int]]) -> None:
    tree = RatchetTree.of(SUITE, [leaf(1_000_000)])
    for number, (step, at) in enumerate(steps, start=1):
        before = tree.tree_hash(), tree.leaf_count
        editor = tree.edit()
        perform(editor, step, at, number)
        assert (tree.tree_hash(), tree.leaf_count) == before
        tree = editor.freeze()
        anew = fresh(tree)
        assert tree.tree_hash() == anew.tree_hash()
        assert tree.encryption_keys == anew.encryption_keys
        assert tree.signature_keys == anew.signature_keys
        assert tree.capabilities == anew.capabilities
        assert tree.credentials == anew.credentials
        assert tree.leaf_count == 1 or any(tree.leaf(i) for i in range(tree.leaf_count // 2, tree.leaf_count))


@given(STEPS)
@settings(deadline=None, max_examples=30)
def test_a_tree_survives_its_encoding(steps: list[tuple[str, int]]) -> None:
    editor = RatchetTree.of(SUITE, [client("alice").bundle().key_package.leaf_node]).edit()
    for number, (step, at) in enumerate(steps, start=1):
        if step != "update" and step != "add":
            perform(editor, step, at, number)
        else:
            editor.add_leaf(client(f"member {at}").bundle().key_package.leaf_node)
    tree = editor.freeze()
    again = decode_ratchet_tree(SUITE, tree.encode())
    assert again.tree_hash() == tree.tree_hash()
    assert again.encode() == tree.encode()


def test_resolutions() -> None:
    editor = RatchetTree.of(SUITE, [leaf(0)]).edit()
    for number in range(1, 7):
        editor.add_leaf(leaf(number))
    editor.set(3, ParentNode(b"a key", b"", (2,)))
    editor.remove_leaf(5)
    tree = editor.freeze()
    assert tree.resolution(3) == [3, 4]
    assert tree.resolution(11) == [8, 12]
    assert tree.resolution(13) == [12]
    assert tree.filtered_direct_path(6) == [(11, 9), (7, 3)]


def test_the_leftmost_blank_leaf_is_taken() -> None:
    editor = RatchetTree.of(SUITE, [leaf(0)]).edit()
    assert [editor.add_leaf(leaf(number)) for number in (1, 2, 3, 4)] == [1, 2, 3, 4]
    editor.remove_leaf(1)
    editor.remove_leaf(3)
    assert [editor.add_leaf(leaf(number)) for number in (5, 6, 7)] == [1, 3, 5]
    assert editor.leaf_count == 8


@given(st.integers(0, 500), st.integers(0, 500))
def test_common_ancestors(first: int, second: int) -> None:
    ancestor = math.common_ancestor(2 * first, 2 * second)
    assert math.is_below(2 * first, ancestor)
    assert math.is_below(2 * second, ancestor)
    if first != second:
        assert not math.is_below(2 * first, math.left(ancestor)) or not math.is_below(2 * second, math.left(ancestor))
    assert first in math.leaves_below(ancestor)
    assert second in math.leaves_below(ancestor)
