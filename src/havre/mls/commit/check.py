"""Step 2 of a Commit: is each proposal valid, and may they stand together? (RFC 9420 §12.1, §12.2)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from havre.mls import registries as iana
from havre.mls.commit.collect import ProposalList
from havre.mls.errors import ValidationError
from havre.mls.framing.content import (
    FromExternal,
    FromMember,
    FromNewMemberCommit,
    FromNewMemberProposal,
    Sender,
)
from havre.mls.key_package import KeyPackage, check_key_package
from havre.mls.proposals import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from havre.mls.rules import Rule
from havre.mls.schedule.psk import APPLICATION_USAGE, PreSharedKeyId, ResumptionPskId
from havre.mls.state import PublicState
from havre.mls.tree.nodes import FromUpdate, LeafNode
from havre.mls.tree.validation import check_leaf_key_fresh, check_leaf_signature, check_leaf_source

__all__ = ["check_external_list", "check_member_list", "check_path_present", "check_proposal", "check_sender"]

FROM_OUTSIDE = Add | Remove | PreSharedKey | ReInit | GroupContextExtensions


def check_sender(proposal: Proposal, sender: Sender) -> None:
    """Check that somebody may propose this at all (RFC 9420 §12.1.8)."""
    if isinstance(sender, FromExternal) and not isinstance(proposal, FROM_OUTSIDE):
        raise ValidationError(Rule.EXTERNAL_PROPOSAL_TYPE, type(proposal).__name__)
    if isinstance(sender, FromNewMemberProposal) and not isinstance(proposal, Add):
        raise ValidationError(Rule.EXTERNAL_ADD_SELF)
    if isinstance(sender, FromNewMemberCommit):
        raise ValidationError(Rule.NEW_MEMBER_COMMIT_ALONE)


def check_proposal(public: PublicState, proposal: Proposal, sender: Sender, now: int | None) -> None:
    """Check one proposal by itself (RFC 9420 §12.1). What depends on the others is checked with them."""
    if isinstance(proposal, Add):
        check_added(public, proposal.key_package, now)
    elif isinstance(proposal, Update):
        check_update(public, proposal.leaf_node, sender)
    elif isinstance(proposal, Remove):
        if public.tree.leaf(proposal.removed) is None:
            raise ValidationError(Rule.REMOVE_BLANK)
    elif isinstance(proposal, PreSharedKey):
        check_psk_id(public, proposal.psk, (APPLICATION_USAGE,))
    elif isinstance(proposal, ReInit) and proposal.version < iana.MLS10:
        raise ValidationError(Rule.REINIT_VERSION)


def check_added(public: PublicState, key_package: KeyPackage, now: int | None) -> None:
    """Check a key package for this group (RFC 9420 §10.1)."""
    if key_package.cipher_suite != public.suite.id:
        raise ValidationError(Rule.KEY_PACKAGE_SUITE)
    check_key_package(key_package, now)


def check_update(public: PublicState, leaf_node: LeafNode, sender: Sender) -> None:
    """Check an Update's leaf node against the one it replaces (RFC 9420 §7.3)."""
    old = public.tree.leaf(sender.leaf_index) if isinstance(sender, FromMember) else None
    if old is None or not isinstance(sender, FromMember):
        raise ValidationError(Rule.UPDATE_SENDER)
    check_leaf_source(leaf_node, FromUpdate)
    check_leaf_key_fresh(leaf_node, old)
    check_leaf_signature(public.suite, leaf_node, public.context.group_id, sender.leaf_index)


def check_psk_id(public: PublicState, psk: PreSharedKeyId, usages: Sequence[int]) -> None:
    """Check what a pre-shared key is used for, and its nonce (RFC 9420 §12.1.4)."""
    if isinstance(psk, ResumptionPskId) and psk.usage not in usages:
        raise ValidationError(Rule.PSK_USAGE)
    if len(psk.nonce) != public.suite.hash_length:
        raise ValidationError(Rule.PSK_NONCE)


def check_member_list(public: PublicState, proposals: ProposalList, committer: int) -> None:
    """Check the proposals of a member's Commit together (RFC 9420 §12.2)."""
    _check_changed_leaves(proposals, committer)
    _check_added_together(public, proposals)
    _check_psks_differ(proposals)
    if len(proposals.of(GroupContextExtensions)) > 1:
        raise ValidationError(Rule.GROUP_EXTENSIONS_TWICE)
    if proposals.reinit is not None and len(proposals.items) > 1:
        raise ValidationError(Rule.REINIT_ALONE)
    if proposals.external_init is not None:
        raise ValidationError(Rule.EXTERNAL_INIT_BY_MEMBER)


def _check_changed_leaves(proposals: ProposalList, committer: int) -> None:
    updated = [leaf for leaf, _, _ in proposals.updates()]
    removed = [remove.removed for remove in proposals.of(Remove)]
    if committer in updated:
        raise ValidationError(Rule.UPDATE_BY_COMMITTER)
    if committer in removed:
        raise ValidationError(Rule.REMOVE_COMMITTER)
    if _has_duplicates(updated + removed):
        raise ValidationError(Rule.LEAF_CHANGED_TWICE)


def _check_added_together(public: PublicState, proposals: ProposalList) -> None:
    # The same client is one with the same signature key; the application knows no more than that here.
    added = [add.key_package.leaf_node.signature_key for add in proposals.of(Add)]
    if _has_duplicates(added):
        raise ValidationError(Rule.ADD_TWICE)
    removed = (public.tree.leaf(remove.removed) for remove in proposals.of(Remove))
    leaving = {leaf_node.signature_key for leaf_node in removed if leaf_node is not None}
    if any(key in public.tree.signature_keys and key not in leaving for key in added):
        raise ValidationError(Rule.ADD_MEMBER)


def _check_psks_differ(proposals: ProposalList) -> None:
    if _has_duplicates([proposal.psk for proposal in proposals.of(PreSharedKey)]):
        raise ValidationError(Rule.PSK_TWICE)


def _has_duplicates(values: Iterable[object]) -> bool:
    listed = list(values)
    return len(set(listed)) < len(listed)


def check_external_list(proposals: ProposalList) -> None:
    """Check the proposals of an external Commit together (RFC 9420 §12.2, §12.4.3.2)."""
    if any(item.reference is not None for item in proposals.items):
        raise ValidationError(Rule.EXTERNAL_COMMIT_REFERENCE)
    if len(proposals.of(ExternalInit)) != 1:
        raise ValidationError(Rule.EXTERNAL_COMMIT_INIT)
    if len(proposals.of(Remove)) > 1:
        raise ValidationError(Rule.EXTERNAL_COMMIT_REMOVES)
    allowed = ExternalInit | Remove | PreSharedKey
    if not all(isinstance(item.proposal, allowed) for item in proposals.items):
        raise ValidationError(Rule.EXTERNAL_COMMIT_PROPOSALS)
    _check_psks_differ(proposals)


def check_path_present(proposals: ProposalList, has_path: bool) -> None:
    """Check that a Commit that needs a path has one (RFC 9420 §12.4)."""
    if proposals.needs_path and not has_path:
        raise ValidationError(Rule.COMMIT_PATH)
