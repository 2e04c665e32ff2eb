"""When a leaf node or a whole tree is valid (RFC 9420 §7.3, §12.4.3.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from havre.mls import registries as iana
from havre.mls.crypto.suite import CipherSuite
from havre.mls.errors import ValidationError
from havre.mls.extensions import Extension, RequiredCapabilities, required_capabilities_of
from havre.mls.rules import Rule
from havre.mls.tree import math
from havre.mls.tree.nodes import Capabilities, FromKeyPackage, LeafNode, LeafNodeSource, ParentNode
from havre.mls.tree.parent_hash import check_parent_hashes
from havre.mls.tree.ratchet_tree import RatchetTree

__all__ = [
    "GroupRequirements",
    "check_leaf_key_fresh",
    "check_leaf_node",
    "check_leaf_signature",
    "check_leaf_source",
    "check_leaf_unique",
    "check_tree",
    "lists",
    "supports",
]


MAX_LIFETIME = 400 * 24 * 3600
"""How long a key package may be valid, in seconds; RFC 9420 §7.2 leaves the number to the application."""


@dataclass(frozen=True, slots=True)
class GroupRequirements:
    """What a group's parameters ask of every leaf node."""

    suite: int
    extensions: tuple[int, ...]
    required: RequiredCapabilities

    @staticmethod
    def of(suite: int, extensions: Iterable[Extension]) -> GroupRequirements:
        """Read them off the GroupContext's extensions."""
        listed = tuple(extensions)
        used = tuple(e.type for e in listed if e.type not in iana.DEFAULT_EXTENSIONS)
        return GroupRequirements(suite, used, required_capabilities_of(listed))


def supports(capabilities: Capabilities, required: RequiredCapabilities) -> bool:
    """Tell whether capabilities have all that is required; the RFC's own types need not be listed."""
    return (
        lists(capabilities.extensions, required.extensions, iana.DEFAULT_EXTENSIONS)
        and lists(capabilities.proposals, required.proposals, iana.DEFAULT_PROPOSALS)
        and lists(capabilities.credentials, required.credentials)
    )


def lists(listed: Iterable[int], wanted: Collection[int], always: frozenset[int] = frozenset()) -> bool:
    """Tell whether all wanted numbers are listed, in a time linear in both: either may be a stranger's."""
    return not wanted or always.union(listed).issuperset(wanted)


def check_leaf_node(tree: RatchetTree, leaf_node: LeafNode, group: GroupRequirements) -> None:
    """Check what a leaf node says of itself against the group (RFC 9420 §7.3), its signature apart."""
    capabilities = leaf_node.capabilities
    provider = tree.suite.provider
    if not (
        provider.is_encryption_key(leaf_node.encryption_key) and provider.is_signature_key(leaf_node.signature_key)
    ):
        raise ValidationError(Rule.LEAF_KEYS)
    if iana.MLS10 not in capabilities.versions or group.suite not in capabilities.cipher_suites:
        raise ValidationError(Rule.LEAF_SUITE)
    if not supports(capabilities, group.required):
        raise ValidationError(Rule.LEAF_REQUIRED_CAPABILITIES)
    if not lists(capabilities.extensions, group.extensions):
        raise ValidationError(Rule.LEAF_GROUP_EXTENSIONS)
    check_leaf_itself(leaf_node)
    check_credential_support(tree, leaf_node)


def check_leaf_itself(leaf_node: LeafNode) -> None:
    """Check that a leaf node lists what it uses (RFC 9420 §7.2)."""
    capabilities = leaf_node.capabilities
    if leaf_node.credential.type not in capabilities.credentials:
        raise ValidationError(Rule.LEAF_CREDENTIAL_LISTED)
    used = [extension.type for extension in leaf_node.extensions]
    if not lists(capabilities.extensions, used, iana.DEFAULT_EXTENSIONS):
        raise ValidationError(Rule.LEAF_EXTENSIONS_LISTED)


def check_credential_support(tree: RatchetTree, leaf_node: LeafNode) -> None:
    """Check that all members can read this credential, and this member all of theirs (RFC 9420 §7.3)."""
    used = leaf_node.credential.type
    known = leaf_node.capabilities.credentials
    if tree.readers.get(used, 0) < tree.member_count or not lists(known, tree.credentials):
        raise ValidationError(Rule.LEAF_CREDENTIAL_SUPPORT)


def check_leaf_unique(tree: RatchetTree, leaf_node: LeafNode) -> None:
    """Check that no other node of the tree, which has this one, has its keys (RFC 9420 §7.3)."""
    check_signature_key_free(tree, leaf_node.signature_key, taken_by=1)
    if tree.encryption_keys[leaf_node.encryption_key] != 1:
        raise ValidationError(Rule.LEAF_ENCRYPTION_KEY_UNIQUE)


def check_signature_key_free(tree: RatchetTree, signature_key: bytes, taken_by: int = 0) -> None:
    """Check that no leaf has this signature key beyond the `taken_by` that may (RFC 9420 §7.3)."""
    if tree.signature_keys.get(signature_key, 0) > taken_by:
        raise ValidationError(Rule.LEAF_SIGNATURE_KEY_UNIQUE)


def check_lifetime(leaf_node: LeafNode, now: int) -> None:
    """Check that a key package's leaf node is to be used now, in seconds since 1970 (RFC 9420 §7.3)."""
    if not isinstance(leaf_node.source, FromKeyPackage):
        return
    lifetime = leaf_node.source.lifetime
    if lifetime.not_after - lifetime.not_before > MAX_LIFETIME:
        raise ValidationError(Rule.LEAF_LIFETIME_LENGTH)
    if not lifetime.has(now):
        raise ValidationError(Rule.LEAF_LIFETIME)


def check_leaf_source(leaf_node: LeafNode, source: type[LeafNodeSource]) -> None:
    """Check that a leaf node was made for the place where it was found (RFC 9420 §7.3)."""
    if not isinstance(leaf_node.source, source):
        raise ValidationError(Rule.LEAF_SOURCE, f"{type(leaf_node.source).__name__}, not {source.__name__}")


def check_leaf_key_fresh(leaf_node: LeafNode, old: LeafNode) -> None:
    """Check that a leaf node has another encryption key than the one it replaces (RFC 9420 §7.3)."""
    if leaf_node.encryption_key == old.encryption_key:
        raise ValidationError(Rule.LEAF_KEY_FRESH)


def check_leaf_signature(suite: CipherSuite, leaf_node: LeafNode, group_id: bytes, leaf: int) -> None:
    """Check that a leaf node is signed by its own key, for its place if it has one (RFC 9420 §7.3)."""
    if not leaf_node.is_signed(suite, group_id, leaf):
        raise ValidationError(Rule.LEAF_SIGNATURE, f"leaf {leaf}")


def check_tree(tree: RatchetTree, group_id: bytes, group: GroupRequirements) -> None:
    """Check a whole ratchet tree, as somebody who joins has to (RFC 9420 §12.4.3.1)."""
    check_unmerged_leaves(tree)
    if not all(tree.suite.provider.is_encryption_key(node.encryption_key) for _, node in tree.parents()):
        raise ValidationError(Rule.TREE_KEYS_USABLE)
    if any(count != 1 for count in tree.encryption_keys.values()):
        raise ValidationError(Rule.TREE_KEYS_UNIQUE)
    check_parent_hashes(tree)
    for leaf, leaf_node in tree.leaves():
        check_leaf_node(tree, leaf_node, group)
        check_leaf_unique(tree, leaf_node)
        check_leaf_signature(tree.suite, leaf_node, group_id, leaf)


def check_unmerged_leaves(tree: RatchetTree) -> None:
    """Check that unmerged leaves are members below, and listed all the way down (RFC 9420 §12.4.3.1)."""
    for index, node in tree.parents():
        for leaf in node.unmerged_leaves:
            if leaf not in math.leaves_below(index) or tree.leaf(leaf) is None:
                raise ValidationError(Rule.TREE_UNMERGED_LEAF, f"leaf {leaf} at node {index}")
            _check_listed_between(tree, leaf, index)


def _check_listed_between(tree: RatchetTree, leaf: int, top: int) -> None:
    index = math.parent(2 * leaf)
    while index != top:
        node = tree.node(index)
        if isinstance(node, ParentNode) and not node.lists_unmerged(leaf):
            raise ValidationError(Rule.TREE_UNMERGED_PATH, f"leaf {leaf} at node {index}")
        index = math.parent(index)
