"""Step 3 of a Commit: the tree and the group's parameters as the proposals leave them (RFC 9420 §12.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from havre.mls.commit.collect import ProposalList
from havre.mls.errors import ValidationError
from havre.mls.extensions import Extension, decode_external_senders
from havre.mls.key_package import KeyPackage
from havre.mls.proposals import Add, Remove
from havre.mls.rules import Rule
from havre.mls.state import PublicState
from havre.mls.tree.nodes import LeafNode
from havre.mls.tree.ratchet_tree import RatchetTree
from havre.mls.tree.validation import GroupRequirements, check_leaf_node, check_leaf_unique, lists, supports

__all__ = ["Applied", "apply"]


@dataclass(frozen=True, slots=True)
class Applied:
    """The provisional tree and extensions, and which leaves changed.

    `removed` has the leaf nodes that are gone, `updated` the leaf indices of Update proposals.
    """

    tree: RatchetTree
    extensions: tuple[Extension, ...]
    requirements: GroupRequirements
    added: tuple[tuple[int, KeyPackage], ...]
    removed: tuple[tuple[int, LeafNode], ...]
    updated: tuple[int, ...]

    @property
    def added_leaves(self) -> frozenset[int]:
        """The leaf indices of the new members."""
        return frozenset(leaf for leaf, _ in self.added)


def apply(public: PublicState, proposals: ProposalList) -> Applied:
    """Apply checked proposals, in the order of RFC 9420 §12.3, and check what comes of it."""
    extensions = public.context.extensions
    if proposals.extensions is not None:
        extensions = proposals.extensions.extensions
    requirements = GroupRequirements.of(public.suite.id, extensions)
    editor = public.tree.edit()
    updated = [(leaf, update.leaf_node) for leaf, update, _ in proposals.updates()]
    for leaf, leaf_node in updated:
        editor.update_leaf(leaf, leaf_node)
    removed = tuple((remove.removed, _member(public, remove)) for remove in proposals.of(Remove))
    for leaf, _ in removed:
        editor.remove_leaf(leaf)
    editor.truncate()
    packages = [add.key_package for add in proposals.of(Add)]
    leaves = editor.add_leaves([key_package.leaf_node for key_package in packages])
    added = tuple(zip(leaves, packages, strict=True))
    tree = editor.freeze()
    if proposals.extensions is not None:
        check_group_extensions(tree, requirements, extensions)
    check_new_leaves(tree, requirements, [*(node for _, node in updated), *(kp.leaf_node for _, kp in added)])
    return Applied(tree, extensions, requirements, added, removed, tuple(leaf for leaf, _ in updated))


def _member(public: PublicState, remove: Remove) -> LeafNode:
    leaf_node = public.tree.leaf(remove.removed)
    assert leaf_node is not None, "checked with the proposal"
    return leaf_node


def check_group_extensions(tree: RatchetTree, group: GroupRequirements, extensions: tuple[Extension, ...]) -> None:
    """Check that all members can live with new extensions (RFC 9420 §12.1.7, §13.4)."""
    decode_external_senders(extensions)
    for capabilities in tree.capabilities:
        if not supports(capabilities, group.required):
            raise ValidationError(Rule.REQUIRED_CAPABILITIES_SUPPORT)
        if not lists(capabilities.extensions, group.extensions):
            raise ValidationError(Rule.GROUP_EXTENSIONS_SUPPORT)


def check_new_leaves(tree: RatchetTree, group: GroupRequirements, leaves: Iterable[LeafNode]) -> None:
    """Check leaf nodes in the tree that they came into (RFC 9420 §7.3)."""
    for leaf_node in leaves:
        check_leaf_node(tree, leaf_node, group)
        check_leaf_unique(tree, leaf_node)
