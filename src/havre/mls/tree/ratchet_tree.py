"""The public ratchet tree as a value (RFC 9420 §4.1, §7.7, §7.8).

A `RatchetTree` never changes once made; `edit` gives a copy that may change until it is frozen.
Nodes are shared between the epochs' trees, and so are tree hashes of subtrees that did not
change: an edit forgets only the hashes on the path above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from havre.mls import codec
from havre.mls.codec import optional, vector
from havre.mls.crypto.suite import CipherSuite
from havre.mls.errors import CodecError, ValidationError
from havre.mls.rules import Rule
from havre.mls.tree import math
from havre.mls.tree.nodes import Capabilities, LeafNode, Node, ParentNode, read_node

__all__ = ["RatchetTree", "TreeEditor", "decode_ratchet_tree"]


class RatchetTree:
    """A group's members and the public keys of their subtrees."""

    __slots__ = (
        "_hashes",
        "_nodes",
        "capabilities",
        "credentials",
        "encryption_keys",
        "readers",
        "signature_keys",
        "suite",
    )

    def __init__(self, suite: CipherSuite, nodes: list[Node | None], hashes: list[bytes | None]) -> None:
        self.suite = suite
        self._nodes = nodes
        self._hashes = hashes
        # How often each stands in the tree: validation asks for it with every new leaf.
        self.encryption_keys: dict[bytes, int] = {}
        self.signature_keys: dict[bytes, int] = {}
        self.capabilities: dict[Capabilities, int] = {}
        self.credentials: dict[int, int] = {}
        # By credential type, how many members can read it.
        self.readers: dict[int, int] = {}

    @staticmethod
    def of(suite: CipherSuite, nodes: list[Node | None]) -> RatchetTree:
        """Make a tree of a node list of full width, leaves at even places."""
        tree = RatchetTree(suite, nodes, [None] * len(nodes))
        for node in nodes:
            if node is not None:
                tree._count(node, 1)
        return tree

    def _count(self, node: Node, step: int) -> None:
        _count(self.encryption_keys, node.encryption_key, step)
        if isinstance(node, LeafNode):
            _count(self.signature_keys, node.signature_key, step)
            _count(self.capabilities, node.capabilities, step)
            _count(self.credentials, node.credential.type, step)
            for kind in set(node.capabilities.credentials):
                _count(self.readers, kind, step)

    # --- Reading

    @property
    def leaf_count(self) -> int:
        """The number of leaves, blank ones included: a power of two."""
        return (len(self._nodes) + 1) // 2

    @property
    def member_count(self) -> int:
        """The number of leaves that are not blank."""
        return sum(self.credentials.values())

    @property
    def root(self) -> int:
        """The root's node index."""
        return self.leaf_count - 1

    def node(self, index: int) -> Node | None:
        """Give a node, `None` if it is blank."""
        return self._nodes[index]

    def leaf(self, leaf: int) -> LeafNode | None:
        """Give a leaf node by its leaf index, `None` if it is blank or outside."""
        if not 0 <= leaf < self.leaf_count:
            return None
        node = self._nodes[2 * leaf]
        return node if isinstance(node, LeafNode) else None

    def leaves(self) -> Iterator[tuple[int, LeafNode]]:
        """List the members: leaf index and leaf node."""
        for leaf, node in enumerate(self._nodes[::2]):
            if isinstance(node, LeafNode):
                yield leaf, node

    def parents(self) -> Iterator[tuple[int, ParentNode]]:
        """List the non-blank parents, lowest first within each subtree: node index and node."""
        for index in range(1, len(self._nodes), 2):
            node = self._nodes[index]
            if isinstance(node, ParentNode):
                yield index, node

    def find(self, leaf_node: LeafNode) -> int | None:
        """Give the leaf index of a leaf node, if it is a member."""
        return next((leaf for leaf, node in self.leaves() if node == leaf_node), None)

    def find_signature_key(self, key: bytes) -> int | None:
        """Give the leaf index of the member with a signature key, if there is one."""
        if key not in self.signature_keys:
            return None
        return next((leaf for leaf, node in self.leaves() if node.signature_key == key), None)

    def signature_keys_by_leaf(self) -> tuple[bytes | None, ...]:
        """List the members' signature keys, `None` for a blank leaf."""
        leaves = self._nodes[::2]
        return tuple([node.signature_key if isinstance(node, LeafNode) else None for node in leaves])

    def resolution(self, index: int) -> list[int]:
        """Give the nodes that together cover the subtree's members (RFC 9420 §4.1.1)."""
        found = []
        waiting = [index]
        while waiting:
            index = waiting.pop()
            node = self._nodes[index]
            if isinstance(node, ParentNode):
                found.append(index)
                found += [2 * leaf for leaf in node.unmerged_leaves]
            elif node is not None:
                found.append(index)
            elif index & 1:
                waiting += (math.right(index), math.left(index))
        return found

    def is_empty(self, index: int) -> bool:
        """Tell whether a subtree's resolution is empty.

        In a valid tree a parent is blank if all leaves below it are, so only those are looked at.
        """
        if self._nodes[index] is not None:
            return False
        leaves = math.leaves_below(index)
        return not any(self._nodes[2 * leaves.start : 2 * leaves.stop : 2])

    def filtered_direct_path(self, leaf: int) -> list[tuple[int, int]]:
        """Give the nodes that a path from a leaf covers, each with its child off it (RFC 9420 §4.1.2)."""
        path = []
        child = 2 * leaf
        for node in math.direct_path(child, self.leaf_count):
            copath = math.sibling(child)
            if not self.is_empty(copath):
                path.append((node, copath))
            child = node
        return path

    def tree_hash(self, index: int | None = None) -> bytes:
        """Give a subtree's tree hash, the whole tree's by default (RFC 9420 §7.8)."""
        index = self.root if index is None else index
        known = self._hashes[index]
        if known is None:
            known = self._hashes[index] = self.suite.hash(self._tree_hash_input(index))
        return known

    def _tree_hash_input(self, index: int) -> bytes:
        node = self._nodes[index]
        if not index & 1:
            body = b"\x00" if node is None else b"\x01" + node.encode()
            return b"\x01" + (index >> 1).to_bytes(4, "big") + body
        left, right = self.tree_hash(math.left(index)), self.tree_hash(math.right(index))
        return b"\x02" + optional(None if node is None else node.encode()) + vector(left) + vector(right)

    def encode(self) -> bytes:
        """Encode as the ratchet_tree extension has it, without trailing blanks (RFC 9420 §12.4.3.3)."""
        parts = []
        for index, node in enumerate(self._nodes):
            if node is None:
                parts.append(b"\x00")
            else:
                parts.append((b"\x01\x02" if index & 1 else b"\x01\x01") + node.encode())
        while parts and parts[-1] == b"\x00":
            parts.pop()
        return vector(b"".join(parts))

    def edit(self) -> TreeEditor:
        """Give a copy that may be changed."""
        return TreeEditor(self)


class TreeEditor(RatchetTree):
    """A ratchet tree in the making."""

    __slots__ = ("_first_blank",)

    def __init__(self, tree: RatchetTree) -> None:
        super().__init__(tree.suite, tree._nodes.copy(), tree._hashes.copy())
        self.encryption_keys = tree.encryption_keys.copy()
        self.signature_keys = tree.signature_keys.copy()
        self.capabilities = tree.capabilities.copy()
        self.credentials = tree.credentials.copy()
        self.readers = tree.readers.copy()
        self._first_blank = 0

    def freeze(self) -> RatchetTree:
        """Give the tree as it is now; the editor is not to be used any more."""
        tree = RatchetTree(self.suite, self._nodes, self._hashes)
        tree.encryption_keys = self.encryption_keys
        tree.signature_keys = self.signature_keys
        tree.capabilities = self.capabilities
        tree.credentials = self.credentials
        tree.readers = self.readers
        return tree

    def set(self, index: int, node: Node | None) -> None:
        """Replace a node, and forget the hashes above it."""
        old = self._nodes[index]
        if old is not None:
            self._count(old, -1)
        if node is not None:
            self._count(node, 1)
        self._nodes[index] = node
        self._forget_hashes(index)

    def _forget_hashes(self, index: int) -> None:
        # A node's hash is known only if those below are, so nothing is known above an unknown one.
        while index < len(self._hashes) and self._hashes[index] is not None:
            self._hashes[index] = None
            index = math.parent(index)

    def add_leaf(self, leaf_node: LeafNode) -> int:
        """Put a member on the leftmost blank leaf, as an unmerged one (RFC 9420 §12.1.1); gives its index."""
        return self.add_leaves([leaf_node])[0]

    def add_leaves(self, leaf_nodes: Iterable[LeafNode]) -> list[int]:
        """Put members on the leftmost blank leaves, each parent's list being written once for all."""
        added = []
        unmerged: dict[int, list[int]] = {}
        for leaf_node in leaf_nodes:
            leaf = self.leftmost_blank()
            self.set(2 * leaf, leaf_node)
            added.append(leaf)
            for index in math.direct_path(2 * leaf, self.leaf_count):
                if self._nodes[index] is not None:
                    unmerged.setdefault(index, []).append(leaf)
        for index, leaves in unmerged.items():
            node = self._nodes[index]
            assert isinstance(node, ParentNode), "parents are above leaves"
            listed = tuple(sorted((*node.unmerged_leaves, *leaves)))
            self.set(index, ParentNode(node.encryption_key, node.parent_hash, listed))
        return added

    def leftmost_blank(self) -> int:
        """Give the leftmost blank leaf; without one the tree is extended (RFC 9420 §7.7)."""
        leaf = self._first_blank
        while leaf < self.leaf_count and self._nodes[2 * leaf] is not None:
            leaf += 1
        self._first_blank = leaf
        if leaf == self.leaf_count:
            blanks = len(self._nodes) + 1
            self._nodes += [None] * blanks
            self._hashes += [None] * blanks
        return leaf

    def update_leaf(self, leaf: int, leaf_node: LeafNode) -> None:
        """Replace a member's leaf node and blank the path above it (RFC 9420 §12.1.2)."""
        self.set(2 * leaf, leaf_node)
        self.blank_path(leaf)

    def remove_leaf(self, leaf: int) -> None:
        """Blank a member's leaf and the path above it (RFC 9420 §12.1.3)."""
        self.set(2 * leaf, None)
        self.blank_path(leaf)
        self._first_blank = min(self._first_blank, leaf)

    def blank_path(self, leaf: int) -> None:
        """Blank all parents of a leaf."""
        for index in math.direct_path(2 * leaf, self.leaf_count):
            if self._nodes[index] is not None:
                self.set(index, None)

    def truncate(self) -> None:
        """Drop the right half as long as all its leaves are blank (RFC 9420 §7.7)."""
        while self.leaf_count > 1 and not any(self._nodes[self.leaf_count :: 2]):
            for node in self._nodes[self.root :]:
                if node is not None:
                    self._count(node, -1)
            del self._nodes[self.root :]
            del self._hashes[len(self._nodes) :]
        self._first_blank = 0


def _count(counts: dict[Any, int], key: Any, step: int) -> None:
    count = counts.get(key, 0) + step
    if count:
        counts[key] = count
    else:
        del counts[key]


def _read_optional_node(data: bytes, at: int) -> tuple[Node | None, int]:
    return codec.read_optional(data, at, read_node)


def decode_ratchet_tree(suite: CipherSuite, data: bytes) -> RatchetTree:
    """Decode a ratchet_tree extension; raises `CodecError` or `ValidationError` (RFC 9420 §12.4.3.3)."""
    listed = codec.decode_all(data, lambda d, at: codec.read_vector(d, at, _read_optional_node))
    if not listed or listed[-1] is None:
        raise ValidationError(Rule.TREE_LAST_BLANK)
    for index, node in enumerate(listed):
        if node is not None and isinstance(node, ParentNode) != bool(index & 1):
            raise CodecError(f"node {index} of a ratchet tree is of the wrong type")
    width = math.node_count(math.leaves_for(len(listed)))
    return RatchetTree.of(suite, [*listed, *[None] * (width - len(listed))])
