"""Ratchet trees that a Welcome brings (RFC 9420 §7.8, §7.9, §12.4.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from havre import mls
from havre.mls.group_info import GroupInfo
from havre.mls.rules import Rule
from havre.mls.schedule.group_context import GroupContext
from havre.mls.tree.nodes import LeafNode, Node, ParentNode
from havre.mls.tree.ratchet_tree import RatchetTree, decode_ratchet_tree
from havre.mls.tree.validation import GroupRequirements, check_tree
from tests.mls.people import NOW, SUITE, Party, client, party
from tests.mls.rules import forge
from tests.mls.rules.forge import refused


def full_tree(members: int = 8) -> RatchetTree:
    """Give a tree in which every member has committed, but for one who was added at the end."""
    names = [f"member {n}" for n in range(members - 1)]
    group = party(*names)
    for name in names:
        group.commit(name)
    group.commit(names[1], add=["last"], path=False)
    return group[names[0]].state.public.tree


TREE = full_tree()


def changed(index: int, change: Callable[[Node], Node | None]) -> RatchetTree:
    """Change one node of the tree."""
    editor = TREE.edit()
    node = editor.node(index)
    assert node is not None
    editor.set(index, change(node))
    return editor.freeze()


def check(tree: RatchetTree) -> None:
    check_tree(tree, b"a group", GroupRequirements.of(SUITE.id, ()))


def unmerged(*leaves: int) -> Callable[[Node], Node]:
    def change(node: Node) -> Node:
        assert isinstance(node, ParentNode)
        return replace(node, unmerged_leaves=leaves)

    return change


def test_the_honest_tree_is_accepted() -> None:
    check(TREE)
    root = TREE.node(TREE.root)
    assert isinstance(root, ParentNode)
    assert root.unmerged_leaves == (7,)


def test_tree_parent_hash() -> None:
    for index, node in TREE.parents():
        key = SUITE.provider.generate_encryption_key().public
        assert isinstance(node, ParentNode)
        with refused(Rule.TREE_PARENT_HASH):
            check(changed(index, lambda node, key=key: replace(node, encryption_key=key)))  # type: ignore[misc]


def test_tree_unmerged_leaf() -> None:
    with refused(Rule.TREE_UNMERGED_LEAF):
        check(changed(3, unmerged(7)))
    with refused(Rule.TREE_UNMERGED_LEAF):
        check(changed(14, lambda _: None))


def test_tree_unmerged_path() -> None:
    with refused(Rule.TREE_UNMERGED_PATH):
        check(changed(11, unmerged()))


def test_tree_keys_usable() -> None:
    with refused(Rule.TREE_KEYS_USABLE):
        check(changed(5, lambda node: replace(node, encryption_key=bytes(32))))


def test_tree_keys_unique() -> None:
    first = TREE.node(1)
    assert first is not None
    with refused(Rule.TREE_KEYS_UNIQUE):
        check(changed(5, lambda node: replace(node, encryption_key=first.encryption_key)))


def test_tree_last_blank() -> None:
    leaf = TREE.leaf(0)
    assert isinstance(leaf, LeafNode)
    tree = forge.tree_extension([b"\x01" + leaf.encode(), None]).data
    with refused(Rule.TREE_LAST_BLANK):
        decode_ratchet_tree(SUITE, tree)
    with refused(Rule.TREE_LAST_BLANK):
        decode_ratchet_tree(SUITE, b"\x00")


def test_tree_hash() -> None:
    group: Party = party("alice", "bob")
    bundle = client("dave").bundle()
    other = group["bob"].ratchet_tree()

    def with_another_tree(info: GroupInfo) -> GroupInfo:
        return forge.resigned(group["alice"], info, extensions=(mls.Extension(2, other),))

    with refused(Rule.TREE_HASH):
        mls.join(forge.welcomed(group["alice"], bundle, with_another_tree), bundle, NOW)


def test_a_tree_hash_that_was_claimed_does_not_help() -> None:
    group: Party = party("alice", "bob")
    bundle = client("dave").bundle()

    def lying(info: GroupInfo) -> GroupInfo:
        context = info.group_context
        lie = GroupContext(1, context.group_id, context.epoch, bytes(32), b"", ())
        return forge.resigned(group["alice"], info, group_context=lie)

    with refused(Rule.TREE_HASH):
        mls.join(forge.welcomed(group["alice"], bundle, lying), bundle, NOW)
