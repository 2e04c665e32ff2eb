"""Proposals from outside of a group: of external senders, and of those who ask to join (RFC 9420 §12.1.8)."""

from __future__ import annotations

from havre.mls import registries as iana
from havre.mls.commit.check import check_sender
from havre.mls.crypto.suite import CipherSuite, SignatureKeyPair
from havre.mls.framing.content import (
    AuthenticatedContent,
    FromExternal,
    FromNewMemberProposal,
    frame,
    sign_content,
)
from havre.mls.framing.message import encode_message
from havre.mls.framing.public import PublicMessage
from havre.mls.key_package_bundle import KeyPackageBundle
from havre.mls.proposals import Add, Proposal

__all__ = ["propose_externally", "propose_joining"]


def propose_externally(
    suite: CipherSuite,
    group_id: bytes,
    epoch: int,
    sender_index: int,
    signer: SignatureKeyPair,
    proposal: Proposal,
) -> bytes:
    """Make a proposal as one of the senders that the group's external_senders extension lists.

    Raises `ValidationError` for a type that they may not send.
    """
    sender = FromExternal(sender_index)
    check_sender(proposal, sender)
    return _send(suite, group_id, epoch, sender, signer, proposal)


def propose_joining(group_id: bytes, epoch: int, bundle: KeyPackageBundle, suite: CipherSuite) -> bytes:
    """Ask a group to add us with our key package."""
    proposal = Add(bundle.key_package)
    return _send(suite, group_id, epoch, FromNewMemberProposal(), bundle.signer, proposal)


def _send(
    suite: CipherSuite,
    group_id: bytes,
    epoch: int,
    sender: FromExternal | FromNewMemberProposal,
    signer: SignatureKeyPair,
    proposal: Proposal,
) -> bytes:
    framed = frame(group_id, epoch, sender, b"", proposal)
    # Somebody outside does not know the GroupContext, so the signature goes without it.
    signature = sign_content(suite, signer.private, iana.PUBLIC_MESSAGE, framed, b"")
    content = AuthenticatedContent(iana.PUBLIC_MESSAGE, framed, signature, None)
    return encode_message(PublicMessage(content, None))
