"""Taking in a Commit, somebody else's (RFC 9420 §12.4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from havre.mls.commit.advance import EpochInputs, NextEpoch, SignedCommit, advance
from havre.mls.commit.apply import Applied, apply, check_new_leaves
from havre.mls.commit.check import (
    check_external_list,
    check_member_list,
    check_path_present,
    check_proposal,
)
from havre.mls.commit.collect import ProposalList, collect
from havre.mls.commit.create import lookup_psks
from havre.mls.commit.enter import enter_epoch
from havre.mls.commit.path import MergedPath, TakenPath, merge_update_path, take_path
from havre.mls.commit.syntax import Commit
from havre.mls.errors import StateError, ValidationError
from havre.mls.framing.content import AuthenticatedContent, FromMember
from havre.mls.proposals import PreSharedKey, Remove
from havre.mls.rules import Rule
from havre.mls.schedule.key_schedule import EXTERNAL_INIT_LABEL, external_key_pair
from havre.mls.schedule.psk import psk_secret
from havre.mls.state import GroupState, OwnUpdate, Psks, PublicState
from havre.mls.tree.nodes import LeafNode
from havre.mls.tree.treekem import held_keys

__all__ = ["ProcessedCommit", "process_commit"]


@dataclass(frozen=True, slots=True)
class ProcessedCommit:
    """What a Commit did; `state` is `None` if it removed us. `committer` is its leaf afterwards."""

    state: GroupState | None
    committer: int
    applied: Applied
    proposals: ProposalList


@dataclass(frozen=True, slots=True)
class _Committer:
    """The committer's place in the new tree, and the leaf node that a path there replaces."""

    leaf: int
    replaces: LeafNode | None


def process_commit(state: GroupState, content: AuthenticatedContent, psks: Psks, now: int | None) -> ProcessedCommit:
    """Apply a Commit whose signature was verified; raises `ValidationError` if it breaks a rule."""
    commit = content.framed.content
    assert isinstance(commit, Commit)
    public = state.public
    proposals = collect(commit, content.framed.sender, state.proposals)
    check_list(state, content, proposals, now)
    check_path_present(proposals, commit.path is not None)
    applied = apply(public, proposals)
    applied, committer = place_committer(state, content, proposals, applied)
    merged = merge(public, applied, commit, committer)
    if any(leaf == state.own_leaf for leaf, _ in applied.removed):
        return ProcessedCommit(None, committer.leaf, applied, proposals)
    own_update = find_own_update(state, proposals)
    taken = take(state, applied, merged, commit, own_update)
    psk_ids = [proposal.psk for proposal in proposals.of(PreSharedKey)]
    secret = psk_secret(public.suite, lookup_psks(state, psk_ids, psks))
    inputs = EpochInputs(find_init_secret(state, proposals), taken.commit_secret, secret)
    tree = merged.tree if merged else applied.tree
    epoch = advance(public, applied, tree, as_signed(content), inputs)
    check_confirmation_tag(epoch, content)
    signer = own_update.signer if own_update else state.signer
    entered = enter_epoch(state, epoch, taken.private_keys, signer, proposals.reinit)
    return ProcessedCommit(entered, committer.leaf, applied, proposals)


def check_list(state: GroupState, content: AuthenticatedContent, proposals: ProposalList, now: int | None) -> None:
    """Check the proposals, each and together; those by reference were checked when they came."""
    sender = content.framed.sender
    for item in proposals.items:
        if item.reference is None:
            check_proposal(state.public, item.proposal, item.sender, now)
    if isinstance(sender, FromMember):
        check_member_list(state.public, proposals, sender.leaf_index)
    else:
        check_external_list(proposals)


def place_committer(
    state: GroupState, content: AuthenticatedContent, proposals: ProposalList, applied: Applied
) -> tuple[Applied, _Committer]:
    """Give the committer's leaf; one who joins gets the leftmost blank one (RFC 9420 §12.4.2)."""
    sender = content.framed.sender
    if isinstance(sender, FromMember):
        return applied, _Committer(sender.leaf_index, applied.tree.leaf(sender.leaf_index))
    editor = applied.tree.edit()
    leaf = editor.leftmost_blank()
    resynced = next((state.public.tree.leaf(remove.removed) for remove in proposals.of(Remove)), None)
    return replace(applied, tree=editor.freeze()), _Committer(leaf, resynced)


def merge(public: PublicState, applied: Applied, commit: Commit, committer: _Committer) -> MergedPath | None:
    """Merge the path, if there is one, and check its leaf node in the tree."""
    if commit.path is None:
        return None
    merged = merge_update_path(public, applied, commit.path, committer.leaf, committer.replaces)
    check_new_leaves(merged.tree, applied.requirements, [commit.path.leaf_node])
    return merged


def find_own_update(state: GroupState, proposals: ProposalList) -> OwnUpdate | None:
    """Give the private keys of our own Update, if the Commit has it."""
    for leaf, _, reference in proposals.updates():
        if leaf == state.own_leaf:
            own = state.own_updates.get(reference or b"")
            if own is None:
                raise StateError("the private keys of our own Update are not here")
            return own
    return None


def take(
    state: GroupState,
    applied: Applied,
    merged: MergedPath | None,
    commit: Commit,
    own_update: OwnUpdate | None,
) -> TakenPath:
    """Decrypt our part of the path; without a path the commit secret is all zeros (RFC 9420 §12.4.2)."""
    keys = dict(state.private_keys)
    if own_update is not None:
        keys[2 * state.own_leaf] = own_update.leaf_key
    if merged is None or commit.path is None:
        return TakenPath(held_keys(applied.tree, keys), state.public.suite.zero)
    return take_path(state.public, applied, merged, commit.path, state.own_leaf, keys)


def find_init_secret(state: GroupState, proposals: ProposalList) -> bytes:
    """Give the init secret that the next epoch starts from (RFC 9420 §8.3)."""
    external = proposals.external_init
    if external is None:
        return state.secrets.init_secret
    suite = state.public.suite
    private = external_key_pair(suite, state.secrets).private
    return suite.provider.hpke_export_from(private, external.kem_output, EXTERNAL_INIT_LABEL, suite.hash_length)


def as_signed(content: AuthenticatedContent) -> SignedCommit:
    """Leave the confirmation tag away."""
    return SignedCommit(content.wire_format, content.framed, content.signature)


def check_confirmation_tag(epoch: NextEpoch, content: AuthenticatedContent) -> None:
    """Check that the committer came to the same epoch as we (RFC 9420 §12.4.2)."""
    if not epoch.public.suite.equal(epoch.public.confirmation_tag, content.confirmation_tag or b""):
        raise ValidationError(Rule.CONFIRMATION_TAG)
