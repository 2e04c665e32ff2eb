"""Steps 5 and 6 of a Commit: the next epoch's schedule, and its confirmation (RFC 9420 §8, §12.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from havre.mls.commit.apply import Applied
from havre.mls.framing.content import FramedContent
from havre.mls.schedule.group_context import GroupContext
from havre.mls.schedule.key_schedule import EpochSecrets, derive_epoch, joiner_secret
from havre.mls.schedule.secret_tree import SecretTree
from havre.mls.schedule.transcript import confirmed_transcript_hash, interim_transcript_hash
from havre.mls.state import PublicState
from havre.mls.tree.ratchet_tree import RatchetTree

__all__ = ["EpochInputs", "NextEpoch", "SignedCommit", "advance"]


@dataclass(frozen=True, slots=True)
class SignedCommit:
    """A Commit up to its signature, which is as far as the transcript hash covers it."""

    wire_format: int
    framed: FramedContent
    signature: bytes


@dataclass(frozen=True, slots=True)
class EpochInputs:
    """The secrets that an epoch grows from."""

    init_secret: bytes = field(repr=False)
    commit_secret: bytes = field(repr=False)
    psk_secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NextEpoch:
    """The epoch that a Commit begins; its public half has the confirmation tag to expect."""

    public: PublicState
    secrets: EpochSecrets
    secret_tree: SecretTree
    joiner_secret: bytes = field(repr=False)


def advance(
    old: PublicState, applied: Applied, tree: RatchetTree, commit: SignedCommit, inputs: EpochInputs
) -> NextEpoch:
    """Derive the next epoch from the old one and a Commit."""
    suite = old.suite
    confirmed = confirmed_transcript_hash(
        suite, old.interim_transcript_hash, commit.wire_format, commit.framed.encoded, commit.signature
    )
    context = GroupContext(
        suite.id, old.context.group_id, old.context.epoch + 1, tree.tree_hash(), confirmed, applied.extensions
    )
    joiner = joiner_secret(suite, inputs.init_secret, inputs.commit_secret, context.encoded)
    secrets, encryption_secret = derive_epoch(suite, joiner, inputs.psk_secret, context.encoded)
    tag = suite.mac(secrets.confirmation_key, confirmed)
    interim = interim_transcript_hash(suite, confirmed, tag)
    public = PublicState(suite, context, tree, tag, interim)
    return NextEpoch(public, secrets, SecretTree(suite, tree.leaf_count, encryption_secret), joiner)
