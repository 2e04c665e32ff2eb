"""Sending from within a group: a signed content, in the public or the private form (RFC 9420 §6)."""

from __future__ import annotations

from havre.mls import registries as iana
from havre.mls.framing.content import AuthenticatedContent, Content, FromMember, frame, sign_content
from havre.mls.framing.message import encode_message
from havre.mls.framing.private import Padding, protect_private
from havre.mls.framing.public import protect_public
from havre.mls.schedule.secret_tree import RatchetLimits, RatchetType
from havre.mls.state import GroupState

__all__ = ["protect", "sign_as_member"]

_NO_GAP = RatchetLimits(forward=0)


def sign_as_member(
    state: GroupState, content: Content, authenticated_data: bytes, wire_format: int
) -> AuthenticatedContent:
    """Frame and sign a proposal or application data of ours."""
    public = state.public
    context = public.context
    sender = FromMember(state.own_leaf)
    framed = frame(context.group_id, context.epoch, sender, authenticated_data, content)
    signature = sign_content(public.suite, state.signer.private, wire_format, framed, context.encoded)
    return AuthenticatedContent(wire_format, framed, signature, None)


def protect(state: GroupState, content: AuthenticatedContent, padding: Padding) -> tuple[GroupState, bytes]:
    """Encode a content of ours for the wire, and give the state without the key that it took."""
    suite, context = state.public.suite, state.public.context
    if content.wire_format == iana.PUBLIC_MESSAGE:
        message = protect_public(suite, state.secrets.membership_key, content, context.encoded)
        return state, encode_message(message)
    application = isinstance(content.framed.content, bytes)
    kind = RatchetType.APPLICATION if application else RatchetType.HANDSHAKE
    generation = state.secret_tree.next_generation(state.own_leaf, kind)
    tree, key = state.secret_tree.take(state.own_leaf, kind, generation, _NO_GAP)
    sealed = protect_private(suite, state.secrets.sender_data_secret, key, content, padding)
    return state.with_secret_tree(tree), encode_message(sealed)
