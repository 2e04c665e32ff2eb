"""Parent hashes: who put the keys of a tree there (RFC 9420 §7.9)."""

from __future__ import annotations

from havre.mls.codec import vector
from havre.mls.crypto.suite import CipherSuite
from havre.mls.errors import ValidationError
from havre.mls.rules import Rule
from havre.mls.tree import math
from havre.mls.tree.nodes import FromCommit, LeafNode, Node, ParentNode
from havre.mls.tree.ratchet_tree import RatchetTree

__all__ = ["check_parent_hashes", "parent_hash"]


def parent_hash(suite: CipherSuite, encryption_key: bytes, above: bytes, sibling_tree_hash: bytes) -> bytes:
    """Hash ParentHashInput (RFC 9420 §7.9)."""
    return suite.hash(vector(encryption_key) + vector(above) + vector(sibling_tree_hash))


def original_tree_hash(tree: RatchetTree, index: int, removed: frozenset[int]) -> bytes:
    """Give a subtree's tree hash as it was before some leaves were added (RFC 9420 §7.9).

    Only the paths to those leaves are hashed anew.
    """
    leaves = math.leaves_below(index)
    if not any(leaf in leaves for leaf in removed):
        return tree.tree_hash(index)
    if not index & 1:
        return tree.suite.hash(b"\x01" + (index >> 1).to_bytes(4, "big") + b"\x00")
    below = frozenset(leaf for leaf in removed if leaf in leaves)
    left = original_tree_hash(tree, math.left(index), below)
    right = original_tree_hash(tree, math.right(index), below)
    node = _without(tree.node(index), below)
    return tree.suite.hash(b"\x02" + node + vector(left) + vector(right))


def _without(node: Node | None, removed: frozenset[int]) -> bytes:
    if not isinstance(node, ParentNode):
        return b"\x00"
    unmerged = tuple(leaf for leaf in node.unmerged_leaves if leaf not in removed)
    return b"\x01" + ParentNode(node.encryption_key, node.parent_hash, unmerged).encode()


def check_parent_hashes(tree: RatchetTree) -> None:
    """Check that every parent node was put there by one of the members below it (RFC 9420 §7.9.2).

    For each parent exactly one node below has to name it by its hash. Walking down from a parent
    stops at the next non-blank nodes, so that all walks together visit each node once.
    """
    for index, node in tree.parents():
        named = _is_named_from(tree, index, node, math.left(index), math.right(index))
        named += _is_named_from(tree, index, node, math.right(index), math.left(index))
        if named != 1:
            raise ValidationError(Rule.TREE_PARENT_HASH, f"parent node {index} is named by {named} nodes below")


def _is_named_from(tree: RatchetTree, index: int, parent: ParentNode, child: int, sibling: int) -> int:
    unmerged = frozenset(parent.unmerged_leaves)
    below = [2 * leaf for leaf in parent.unmerged_leaves if leaf in math.leaves_below(child)]
    resolution = tree.resolution(child)
    if len(resolution) != len(below) + 1:
        return 0
    (candidate,) = set(resolution).difference(below) or {-1}
    if candidate < 0 or _named_parent_hash(tree.node(candidate)) is None:
        return 0
    original = original_tree_hash(tree, sibling, unmerged)
    expected = parent_hash(tree.suite, parent.encryption_key, parent.parent_hash, original)
    return int(_named_parent_hash(tree.node(candidate)) == expected)


def _named_parent_hash(node: Node | None) -> bytes | None:
    if isinstance(node, ParentNode):
        return node.parent_hash
    if isinstance(node, LeafNode) and isinstance(node.source, FromCommit):
        return node.source.parent_hash
    return None
