"""Making a Commit (RFC 9420 §12.4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from havre.mls import registries as iana
from havre.mls.commit.advance import EpochInputs, NextEpoch, SignedCommit, advance
from havre.mls.commit.apply import Applied, apply
from havre.mls.commit.check import check_member_list, check_proposal, check_psk_id
from havre.mls.commit.choose import choose_pending, without_misfits
from havre.mls.commit.collect import CommittedProposal, ProposalList
from havre.mls.commit.enter import enter_epoch
from havre.mls.commit.path import MadePath, create_path
from havre.mls.commit.protect import protect
from havre.mls.commit.syntax import Commit, ProposalReference
from havre.mls.credentials import Credential
from havre.mls.crypto.suite import SignatureKeyPair
from havre.mls.errors import StateError, ValidationError
from havre.mls.extensions import Extension, check_extensions_unique
from havre.mls.framing.content import AuthenticatedContent, FromMember, frame, sign_content
from havre.mls.framing.private import Padding, no_padding
from havre.mls.group_info import Welcome
from havre.mls.key_package import KeyPackage
from havre.mls.proposals import Add, GroupContextExtensions, PreSharedKey, Proposal, Remove
from havre.mls.schedule.psk import APPLICATION_USAGE, PreSharedKeyId, psk_secret
from havre.mls.state import GroupState, Psks
from havre.mls.tree.nodes import Capabilities, LeafNode
from havre.mls.tree.treekem import held_keys
from havre.mls.welcome import make_group_info, make_welcome

__all__ = ["CommitOptions", "CreatedCommit", "LeafChange", "create_commit"]


@dataclass(frozen=True, slots=True)
class LeafChange:
    """What to change of our own leaf node besides its keys; `None` leaves it as it is."""

    credential: Credential | None = None
    signer: SignatureKeyPair | None = None
    capabilities: Capabilities | None = None
    extensions: tuple[Extension, ...] | None = None

    def apply(self, leaf_node: LeafNode) -> LeafNode:
        """Give the leaf node with the changes, not yet signed."""
        return replace(
            leaf_node,
            credential=self.credential or leaf_node.credential,
            capabilities=self.capabilities or leaf_node.capabilities,
            extensions=leaf_node.extensions if self.extensions is None else self.extensions,
        )


@dataclass(frozen=True, slots=True)
class CommitOptions:
    """How a Commit is made and sent; every field has the usual choice."""

    path: bool = True
    pending: bool = True
    leaf: LeafChange = field(default_factory=LeafChange)
    authenticated_data: bytes = b""
    padding: Padding = no_padding
    wire_format: int = iana.PRIVATE_MESSAGE
    group_info_extensions: tuple[Extension, ...] = ()
    ratchet_tree: bool = True
    psks: Psks = field(default_factory=Psks)
    psk_usages: tuple[int, ...] = (APPLICATION_USAGE,)


@dataclass(frozen=True, slots=True)
class CreatedCommit:
    """A Commit on its way: the message, the Welcome, and the states on both sides of it."""

    message: bytes
    welcome: Welcome | None
    state: GroupState
    current: GroupState


def create_commit(
    state: GroupState, proposals: Sequence[Proposal], options: CommitOptions, now: int | None
) -> CreatedCommit:
    """Commit to proposals, by value, and to those that wait, by reference.

    Raises `ValidationError` for proposals that break a rule, `StateError` in a closed group.
    """
    if state.reinit is not None:
        raise StateError("the group was closed by a ReInit")
    listed = collect_for_commit(state, proposals, options)
    check_own(state, listed, options, now)
    listed, applied = fit(state, listed)
    path = make_path(state, applied, listed, options)
    psk_ids = [proposal.psk for proposal in listed.of(PreSharedKey)]
    psks = lookup_psks(state, psk_ids, options.psks)
    signed = sign_commit(state, listed, path, options)
    epoch = next_epoch(state, applied, path, signed, psks)
    current, message = protect(state, authenticate(signed, epoch), options.padding)
    entered = enter(state, epoch, path, listed, options)
    welcome = invite(entered, epoch, applied, path, psks, options)
    return CreatedCommit(message, welcome, entered, current)


def collect_for_commit(state: GroupState, proposals: Sequence[Proposal], options: CommitOptions) -> ProposalList:
    """Put our proposals behind those that wait."""
    sender = FromMember(state.own_leaf)
    ours = [CommittedProposal(proposal, sender, None) for proposal in proposals]
    waiting = choose_pending(state, proposals, options.psks) if options.pending else []
    return ProposalList((*waiting, *ours))


def check_own(state: GroupState, proposals: ProposalList, options: CommitOptions, now: int | None) -> None:
    """Check each proposal of ours; those that wait were checked when they came (RFC 9420 §12.1)."""
    for item in proposals.items:
        if isinstance(item.proposal, PreSharedKey):
            check_psk_id(state.public, item.proposal.psk, options.psk_usages)
        elif item.reference is None:
            check_proposal(state.public, item.proposal, item.sender, now)
        if isinstance(item.proposal, GroupContextExtensions):
            check_extensions_unique(item.proposal.extensions)


def fit(state: GroupState, proposals: ProposalList) -> tuple[ProposalList, Applied]:
    """Check and apply all proposals or, if that fails for those that wait, ours and all removals.

    Otherwise a hostile member's proposal could keep us from committing at all.
    """
    try:
        return proposals, check_and_apply(state, proposals)
    except ValidationError:
        fitting = without_misfits(proposals)
        if len(fitting.items) == len(proposals.items):
            raise
    return fitting, check_and_apply(state, fitting)


def check_and_apply(state: GroupState, proposals: ProposalList) -> Applied:
    """Check proposals together, as the others will (RFC 9420 §12.2), and apply them."""
    check_member_list(state.public, proposals, state.own_leaf)
    return apply(state.public, proposals)


def make_path(state: GroupState, applied: Applied, proposals: ProposalList, options: CommitOptions) -> MadePath | None:
    """Make a path, unless it may be and was asked to be left out."""
    if not (options.path or proposals.needs_path):
        return None
    own = applied.tree.leaf(state.own_leaf)
    assert own is not None, "a member does not remove itself"
    signer = options.leaf.signer or state.signer
    return create_path(state.public, applied, state.own_leaf, options.leaf.apply(own), signer)


def lookup_psks(state: GroupState, psk_ids: Sequence[PreSharedKeyId], psks: Psks) -> list[tuple[PreSharedKeyId, bytes]]:
    """Find the keys that a Commit names; raises `ValidationError` if one is missing."""
    known = psks.with_resumption(state.resumption_keys())
    return [(psk_id, known.find(psk_id)) for psk_id in psk_ids]


def sign_commit(
    state: GroupState, proposals: ProposalList, path: MadePath | None, options: CommitOptions
) -> SignedCommit:
    """Frame and sign the Commit in the old epoch."""
    entries = tuple(
        item.proposal if item.reference is None else ProposalReference(item.reference) for item in proposals.items
    )
    commit = Commit(entries, None if path is None else path.update)
    public = state.public
    context = public.context
    sender = FromMember(state.own_leaf)
    framed = frame(context.group_id, context.epoch, sender, options.authenticated_data, commit)
    signature = sign_content(public.suite, state.signer.private, options.wire_format, framed, context.encoded)
    return SignedCommit(options.wire_format, framed, signature)


def next_epoch(
    state: GroupState,
    applied: Applied,
    path: MadePath | None,
    signed: SignedCommit,
    psks: Sequence[tuple[PreSharedKeyId, bytes]],
) -> NextEpoch:
    """Advance the key schedule past our Commit."""
    suite = state.public.suite
    tree = path.tree if path else applied.tree
    commit_secret = path.secrets.commit_secret if path else suite.zero
    inputs = EpochInputs(state.secrets.init_secret, commit_secret, psk_secret(suite, psks))
    return advance(state.public, applied, tree, signed, inputs)


def authenticate(signed: SignedCommit, epoch: NextEpoch) -> AuthenticatedContent:
    """Add the confirmation tag to the signed Commit."""
    tag = epoch.public.confirmation_tag
    return AuthenticatedContent(signed.wire_format, signed.framed, signed.signature, tag)


def enter(
    state: GroupState,
    epoch: NextEpoch,
    path: MadePath | None,
    proposals: ProposalList,
    options: CommitOptions,
) -> GroupState:
    """Give our own state in the new epoch."""
    keys = {**state.private_keys, **(path.keys if path else {})}
    signer = (options.leaf.signer or state.signer) if path else state.signer
    return enter_epoch(state, epoch, held_keys(epoch.public.tree, keys), signer, proposals.reinit)


def invite(
    entered: GroupState,
    epoch: NextEpoch,
    applied: Applied,
    path: MadePath | None,
    psks: Sequence[tuple[PreSharedKeyId, bytes]],
    options: CommitOptions,
) -> Welcome | None:
    """Make the Welcome, if anybody was added: nobody else needs a GroupInfo, which has the whole tree."""
    if not applied.added:
        return None
    info = make_group_info(entered, options.group_info_extensions, options.ratchet_tree)
    return make_welcome(epoch.public.suite, epoch, info, applied.added, path, entered.own_leaf, psks)


def proposals_of(add: Sequence[KeyPackage], remove: Sequence[int], proposals: Sequence[Proposal]) -> list[Proposal]:
    """List proposals, the additions and removals written out."""
    return [*map(Remove, remove), *map(Add, add), *proposals]
