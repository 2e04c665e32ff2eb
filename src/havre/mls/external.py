"""Joining without an invitation, by an external Commit (RFC 9420 §12.4.3.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from havre.mls import registries as iana
from havre.mls.commit.advance import EpochInputs, SignedCommit, advance
from havre.mls.commit.apply import apply
from havre.mls.commit.check import check_external_list, check_proposal
from havre.mls.commit.collect import CommittedProposal, ProposalList
from havre.mls.commit.path import create_path
from havre.mls.commit.syntax import Commit
from havre.mls.credentials import Credential
from havre.mls.crypto.suite import SignatureKeyPair, cipher_suite
from havre.mls.errors import ValidationError
from havre.mls.extensions import Extension, decode_external_pub
from havre.mls.framing.content import AuthenticatedContent, FromNewMemberCommit, frame, sign_content
from havre.mls.framing.message import encode_message
from havre.mls.framing.public import PublicMessage
from havre.mls.group_info import GroupInfo
from havre.mls.key_package_bundle import default_capabilities, make_leaf_node
from havre.mls.proposals import ExternalInit, PreSharedKey, Proposal, Remove
from havre.mls.rules import Rule
from havre.mls.schedule.key_schedule import EXTERNAL_INIT_LABEL
from havre.mls.schedule.psk import PreSharedKeyId, psk_secret
from havre.mls.schedule.transcript import interim_transcript_hash
from havre.mls.state import GroupSettings, GroupState, Psks, PublicState
from havre.mls.tree.nodes import Capabilities, LeafNode, Lifetime
from havre.mls.tree.validation import check_signature_key_free
from havre.mls.welcome import open_tree

__all__ = ["ExternalJoin", "Joiner", "join_by_commit"]


@dataclass(frozen=True, slots=True)
class Joiner:
    """Who joins: what stands in its leaf node; `replaces` tells the former leaf, if not by the signature key."""

    credential: Credential
    signer: SignatureKeyPair
    capabilities: Capabilities | None = None
    extensions: tuple[Extension, ...] = ()
    replaces: Callable[[LeafNode], bool] | None = None

    def is_former(self, leaf: LeafNode) -> bool:
        """Tell whether a leaf was the joiner's."""
        own = leaf.signature_key == self.signer.public
        return own or (self.replaces is not None and self.replaces(leaf))


@dataclass(frozen=True, slots=True)
class ExternalJoin:
    """The Commit to send, and the state that holds once it is accepted."""

    message: bytes
    state: GroupState


def join_by_commit(
    info: GroupInfo,
    joiner: Joiner,
    ratchet_tree: bytes | None,
    psk_ids: Sequence[PreSharedKeyId],
    psks: Psks,
    settings: GroupSettings,
    resync: bool,
) -> ExternalJoin:
    """Make an external Commit; with `resync` it removes our former leaf (`Joiner.is_former`).

    Raises `ValidationError` if the GroupInfo does not hold or has no external public key.
    """
    public = open_public_state(info, ratchet_tree)
    suite = public.suite
    kem_output, init_secret = start_key_schedule(public, info)
    proposals = list_proposals(public, kem_output, joiner, psk_ids, resync)
    applied = apply(public, proposals)
    editor = applied.tree.edit()
    own_leaf = editor.leftmost_blank()
    applied = replace(applied, tree=editor.freeze())
    path = create_path(public, applied, own_leaf, leaf_template(public, joiner), joiner.signer)
    signed = sign_external(public, joiner.signer, Commit(tuple(i.proposal for i in proposals.items), path.update))
    psk = psk_secret(suite, [(psk_id, psks.find(psk_id)) for psk_id in psk_ids])
    epoch = advance(public, applied, path.tree, signed, EpochInputs(init_secret, path.secrets.commit_secret, psk))
    content = AuthenticatedContent(signed.wire_format, signed.framed, signed.signature, epoch.public.confirmation_tag)
    state = GroupState(epoch.public, own_leaf, joiner.signer, path.keys, epoch.secrets, epoch.secret_tree, settings)
    return ExternalJoin(encode_message(PublicMessage(content, None)), state)


def open_public_state(info: GroupInfo, ratchet_tree: bytes | None) -> PublicState:
    """Check a GroupInfo and its tree, and give what they tell of the group."""
    context = info.group_context
    suite = cipher_suite(context.cipher_suite)
    tree = open_tree(suite, info, ratchet_tree)
    interim = interim_transcript_hash(suite, context.confirmed_transcript_hash, info.confirmation_tag)
    return PublicState(suite, context, tree, info.confirmation_tag, interim)


def start_key_schedule(public: PublicState, info: GroupInfo) -> tuple[bytes, bytes]:
    """Encapsulate an init secret to the group (RFC 9420 §8.3)."""
    external_pub = decode_external_pub(info.extensions)
    if external_pub is None:
        raise ValidationError(Rule.GROUP_INFO_EXTERNAL_PUB)
    suite = public.suite
    return suite.provider.hpke_export_to(external_pub, EXTERNAL_INIT_LABEL, suite.hash_length)


def list_proposals(
    public: PublicState, kem_output: bytes, joiner: Joiner, psk_ids: Sequence[PreSharedKeyId], resync: bool
) -> ProposalList:
    """Put an external Commit's proposals together and check them."""
    proposals: list[Proposal] = [ExternalInit(kem_output)]
    former = next((at for at, leaf in public.tree.leaves() if joiner.is_former(leaf)), None) if resync else None
    if former is not None:
        proposals.append(Remove(former))
    else:
        check_signature_key_free(public.tree, joiner.signer.public)  # nobody would take such a Commit
    proposals += [PreSharedKey(psk_id) for psk_id in psk_ids]
    sender = FromNewMemberCommit()
    for proposal in proposals:
        check_proposal(public, proposal, sender, None)
    listed = ProposalList(tuple(CommittedProposal(proposal, sender, None) for proposal in proposals))
    check_external_list(listed)
    return listed


def leaf_template(public: PublicState, joiner: Joiner) -> LeafNode:
    """Give a leaf node with the joiner's lasting fields; the path replaces the rest."""
    suite = public.suite
    capabilities = joiner.capabilities or default_capabilities(suite, [e.type for e in joiner.extensions])
    return make_leaf_node(suite, joiner.credential, joiner.signer, b"", Lifetime(0, 0), capabilities, joiner.extensions)


def sign_external(public: PublicState, signer: SignatureKeyPair, commit: Commit) -> SignedCommit:
    """Frame and sign an external Commit, which is always public."""
    context = public.context
    framed = frame(context.group_id, context.epoch, FromNewMemberCommit(), b"", commit)
    signature = sign_content(public.suite, signer.private, iana.PUBLIC_MESSAGE, framed, context.encoded)
    return SignedCommit(iana.PUBLIC_MESSAGE, framed, signature)
