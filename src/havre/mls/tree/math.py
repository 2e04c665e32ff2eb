"""The arithmetic of trees in arrays (RFC 9420 appendix C).

Leaf i is node 2·i, parents are the odd nodes; a tree of 2^d leaves has 2^(d+1) - 1 nodes. All
trees are perfect, so relations between nodes depend on the node alone, and only the root depends
on the size.
"""

from __future__ import annotations

from collections.abc import Iterator


def node_count(leaves: int) -> int:
    """Give the number of nodes of a tree with so many leaves."""
    return 2 * leaves - 1


def root(leaves: int) -> int:
    """Give the root of a tree with so many leaves, a power of two."""
    return leaves - 1


def left(node: int) -> int:
    """Give a parent node's left child."""
    return node - ((~node & (node + 1)) >> 1)


def right(node: int) -> int:
    """Give a parent node's right child."""
    return node + ((~node & (node + 1)) >> 1)


def parent(node: int) -> int:
    """Give the parent; a root's is outside of its tree."""
    bit = ~node & (node + 1)
    return (node | bit) & ~(bit << 1)


def sibling(node: int) -> int:
    """Give the other child of a node's parent."""
    return node ^ ((~node & (node + 1)) << 1)


def direct_path(node: int, leaves: int) -> Iterator[int]:
    """List a node's ancestors, the root last."""
    top = root(leaves)
    while node != top:
        node = parent(node)
        yield node


def is_below(node: int, ancestor: int) -> bool:
    """Tell whether a node is within the subtree of another, which may be itself."""
    span = ~ancestor & (ancestor + 1)
    return ancestor - span < node < ancestor + span


def leaves_below(node: int) -> range:
    """Give the indices of the leaves of a node's subtree."""
    span = ~node & (node + 1)
    return range((node - span + 1) // 2, (node + span + 1) // 2)


def common_ancestor(first: int, second: int) -> int:
    """Give the lowest node whose subtree has both."""
    while not is_below(second, first):
        first = parent(first)
    return first


def leaves_for(count: int) -> int:
    """Give the number of leaves, a power of two, of the smallest tree with `count` nodes or more."""
    return 1 << ((count + 2) // 2 - 1).bit_length()
