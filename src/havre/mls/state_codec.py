"""A member's state as bytes, for the caller's vault, in two halves.

`encode_epoch` is written once a Commit, `encode_keys` once a message: the secret trees of this
epoch and the past ones. The two name their epoch, so that halves of different ones are refused.
"""

from __future__ import annotations

from dataclasses import replace

from havre.mls import codec
from havre.mls.codec import optional, vector
from havre.mls.crypto.suite import KeyPair, SignatureKeyPair, cipher_suite
from havre.mls.errors import CodecError
from havre.mls.framing.content import read_sender
from havre.mls.proposals import encode_proposal, read_proposal, read_reinit
from havre.mls.schedule.group_context import read_group_context
from havre.mls.schedule.key_schedule import read_epoch_secrets
from havre.mls.schedule.secret_tree import SecretTree, read_secret_tree
from havre.mls.schedule.transcript import interim_transcript_hash
from havre.mls.state import GroupSettings, GroupState, OwnUpdate, PastEpoch, PendingProposal, PublicState
from havre.mls.tree.ratchet_tree import decode_ratchet_tree

__all__ = ["decode_state", "encode_epoch", "encode_keys"]

_FORMAT = b"\x01"


# --- Writing


def encode_epoch(state: GroupState) -> bytes:
    """Encode all but the message keys and the signature key, which is the caller's."""
    public = state.public
    return b"".join(
        (
            _FORMAT,
            vector(public.context.encoded),
            vector(public.tree.encode()),
            vector(public.confirmation_tag),
            state.own_leaf.to_bytes(4, "big"),
            _encode_private_keys(state),
            state.secrets.encode(),
            _encode_proposals(state),
            _encode_own_updates(state),
            _encode_resumption_psks(state),
            vector(b"".join([_encode_past(past) for past in state.past])),
            optional(None if state.reinit is None else state.reinit.encode()),
        )
    )


def _encode_private_keys(state: GroupState) -> bytes:
    keys = [index.to_bytes(4, "big") + _encode_pair(pair) for index, pair in state.private_keys.items()]
    return vector(b"".join(keys))


def _encode_pair(pair: KeyPair) -> bytes:
    return vector(pair.private) + vector(pair.public)


def _encode_proposals(state: GroupState) -> bytes:
    proposals = [
        vector(reference) + pending.sender.encode() + encode_proposal(pending.proposal)
        for reference, pending in state.proposals.items()
    ]
    return vector(b"".join(proposals))


def _encode_own_updates(state: GroupState) -> bytes:
    updates = [
        vector(reference) + _encode_pair(update.leaf_key) + update.signer.encode()
        for reference, update in state.own_updates.items()
    ]
    return vector(b"".join(updates))


def _encode_resumption_psks(state: GroupState) -> bytes:
    psks = [epoch.to_bytes(8, "big") + vector(psk) for epoch, psk in state.resumption_psks.items()]
    return vector(b"".join(psks))


def _encode_past(past: PastEpoch) -> bytes:
    keys = vector(b"".join([vector(key or b"") for key in past.signature_keys]))
    return past.epoch.to_bytes(8, "big") + vector(past.context) + keys + vector(past.sender_data_secret)


def encode_keys(state: GroupState) -> bytes:
    """Encode the message keys of this epoch and the past ones."""
    trees = [state.secret_tree, *(past.secret_tree for past in state.past)]
    encoded = vector(b"".join([vector(tree.encode()) for tree in trees]))
    return _FORMAT + state.public.context.epoch.to_bytes(8, "big") + encoded


# --- Reading


def decode_state(epoch: bytes, keys: bytes, signer: SignatureKeyPair, settings: GroupSettings) -> GroupState:
    """Decode both halves; raises `CodecError`."""
    state = codec.decode_all(epoch, lambda data, at: _read_epoch(data, at, signer, settings))
    number, trees = codec.decode_all(keys, lambda data, at: _read_keys(data, at, state))
    if number != state.public.context.epoch or len(trees) != len(state.past) + 1:
        raise CodecError("the two halves of a state are of different epochs")
    past = tuple(replace(p, secret_tree=tree) for p, tree in zip(state.past, trees[1:], strict=True))
    return replace(state, secret_tree=trees[0], past=past)


def _read_format(data: bytes, at: int) -> int:
    number, at = codec.read_uint8(data, at)
    if number != 1:
        raise CodecError(f"a state of unknown format {number}")
    return at


def _read_epoch(data: bytes, at: int, signer: SignatureKeyPair, settings: GroupSettings) -> tuple[GroupState, int]:
    at = _read_format(data, at)
    public, at = _read_public(data, at)
    own_leaf, at = codec.read_uint32(data, at)
    private_keys, at = codec.read_vector(data, at, _read_private_key)
    secrets, at = read_epoch_secrets(data, at)
    proposals, at = codec.read_vector(data, at, _read_pending)
    updates, at = codec.read_vector(data, at, _read_own_update)
    psks, at = codec.read_vector(data, at, _read_resumption_psk)
    no_tree = SecretTree(public.suite, public.tree.leaf_count, b"")
    past, at = codec.read_vector(data, at, lambda d, a: _read_past(d, a, no_tree))
    reinit, at = codec.read_optional(data, at, read_reinit)
    state = GroupState(
        public=public,
        own_leaf=own_leaf,
        signer=signer,
        private_keys=dict(private_keys),
        secrets=secrets,
        secret_tree=no_tree,
        settings=settings,
        proposals=dict(proposals),
        own_updates=dict(updates),
        resumption_psks=dict(psks),
        past=past,
        reinit=reinit,
    )
    return state, at


def _read_public(data: bytes, at: int) -> tuple[PublicState, int]:
    encoded_context, at = codec.read_opaque(data, at)
    encoded_tree, at = codec.read_opaque(data, at)
    tag, at = codec.read_opaque(data, at)
    context = codec.decode_all(encoded_context, read_group_context)
    suite = cipher_suite(context.cipher_suite)
    tree = decode_ratchet_tree(suite, encoded_tree)
    interim = interim_transcript_hash(suite, context.confirmed_transcript_hash, tag)
    return PublicState(suite, context, tree, tag, interim), at


def _read_pair(data: bytes, at: int) -> tuple[KeyPair, int]:
    private, at = codec.read_opaque(data, at)
    public, at = codec.read_opaque(data, at)
    return KeyPair(private, public), at


def _read_private_key(data: bytes, at: int) -> tuple[tuple[int, KeyPair], int]:
    index, at = codec.read_uint32(data, at)
    pair, at = _read_pair(data, at)
    return (index, pair), at


def _read_pending(data: bytes, at: int) -> tuple[tuple[bytes, PendingProposal], int]:
    reference, at = codec.read_opaque(data, at)
    sender, at = read_sender(data, at)
    proposal, at = read_proposal(data, at)
    return (reference, PendingProposal(proposal, sender)), at


def _read_own_update(data: bytes, at: int) -> tuple[tuple[bytes, OwnUpdate], int]:
    reference, at = codec.read_opaque(data, at)
    leaf_key, at = _read_pair(data, at)
    signer, at = SignatureKeyPair.read(data, at)
    return (reference, OwnUpdate(leaf_key, signer)), at


def _read_resumption_psk(data: bytes, at: int) -> tuple[tuple[int, bytes], int]:
    epoch, at = codec.read_uint64(data, at)
    psk, at = codec.read_opaque(data, at)
    return (epoch, psk), at


def _read_past(data: bytes, at: int, no_tree: SecretTree) -> tuple[PastEpoch, int]:
    epoch, at = codec.read_uint64(data, at)
    context, at = codec.read_opaque(data, at)
    keys, at = codec.read_vector(data, at, codec.read_opaque)
    secret, at = codec.read_opaque(data, at)
    return PastEpoch(epoch, context, tuple(key or None for key in keys), secret, no_tree), at


def _read_keys(data: bytes, at: int, state: GroupState) -> tuple[tuple[int, tuple[SecretTree, ...]], int]:
    at = _read_format(data, at)
    epoch, at = codec.read_uint64(data, at)
    encoded, at = codec.read_vector(data, at, codec.read_opaque)
    suite = state.public.suite
    trees = [codec.decode_all(tree, lambda d, a: read_secret_tree(suite, d, a)) for tree in encoded]
    return (epoch, tuple(trees)), at
