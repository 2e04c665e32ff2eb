"""Opening what came in: find the epoch, decrypt or check the MAC, verify the signature (RFC 9420 §6)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from havre.mls import registries as iana
from havre.mls.commit.check import check_sender
from havre.mls.commit.syntax import Commit
from havre.mls.errors import StateError, ValidationError
from havre.mls.extensions import decode_external_senders
from havre.mls.framing.content import (
    AuthenticatedContent,
    Content,
    FromExternal,
    FromMember,
    FromNewMemberCommit,
    FromNewMemberProposal,
    Sender,
    is_signed,
)
from havre.mls.framing.message import decode_message
from havre.mls.framing.private import PrivateMessage, open_private, open_sender_data
from havre.mls.framing.public import PublicMessage, check_membership_tag
from havre.mls.proposals import Add
from havre.mls.rules import Rule
from havre.mls.state import GroupState, PastEpoch

__all__ = ["Opened", "open_message"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified content, and the state without the key that it was encrypted with."""

    state: GroupState
    content: AuthenticatedContent


def open_message(state: GroupState, data: bytes) -> Opened:
    """Open a message to the group, whatever it contains.

    Raises `CodecError`, `CryptoError`, `ValidationError`, and `StateError` for an epoch that is
    gone, a key that was used, or a message of our own.
    """
    message = decode_message(data)
    if isinstance(message, PrivateMessage):
        return _open_private(state, message)
    if isinstance(message, PublicMessage):
        return Opened(state, _open_public(state, message))
    raise StateError(f"a {type(message).__name__} is not a message to a group")


def _check_place(state: GroupState, group_id: bytes, epoch: int, is_application: bool) -> None:
    context = state.public.context
    if group_id != context.group_id:
        raise ValidationError(Rule.MESSAGE_GROUP)
    if epoch != context.epoch and not is_application:
        raise ValidationError(Rule.MESSAGE_EPOCH, f"{epoch} in epoch {context.epoch}")


# --- The public form


def _open_public(state: GroupState, message: PublicMessage) -> AuthenticatedContent:
    public, framed = state.public, message.content.framed
    _check_place(state, framed.group_id, framed.epoch, is_application=False)
    if framed.sender == FromMember(state.own_leaf):
        raise StateError("a message of our own")
    content = check_membership_tag(public.suite, state.secrets.membership_key, message, public.context.encoded)
    _verify(state, content, public.context.encoded, _signature_key(state, content))
    return content


def _signature_key(state: GroupState, content: AuthenticatedContent) -> bytes:
    """Find the key that has to have signed, by the kind of sender (RFC 9420 §6.1)."""
    sender, what = content.framed.sender, content.framed.content
    _check_sender_content(sender, what)
    if isinstance(sender, FromMember):
        leaf_node = state.public.tree.leaf(sender.leaf_index)
        return _member_key(None if leaf_node is None else leaf_node.signature_key)
    if isinstance(sender, FromExternal):
        return _external_key(state, sender.sender_index)
    if isinstance(sender, FromNewMemberCommit):
        assert isinstance(what, Commit), "checked with the sender"
        if what.path is None:
            raise ValidationError(Rule.EXTERNAL_COMMIT_PATH)
        return what.path.leaf_node.signature_key
    assert isinstance(what, Add), "checked with the sender"
    return what.key_package.leaf_node.signature_key


def _check_sender_content(sender: Sender, content: Content) -> None:
    """Check that this kind of sender sends this kind of content (RFC 9420 §6, §12.1.8)."""
    if not isinstance(content, bytes | Commit):
        check_sender(content, sender)
    elif isinstance(sender, FromExternal | FromNewMemberProposal) or (
        isinstance(sender, FromNewMemberCommit) and isinstance(content, bytes)
    ):
        raise ValidationError(Rule.MESSAGE_SENDER_CONTENT)


def _member_key(key: bytes | None) -> bytes:
    if key is None:
        raise ValidationError(Rule.MESSAGE_SENDER)
    return key


def _external_key(state: GroupState, index: int) -> bytes:
    senders = decode_external_senders(state.public.context.extensions)
    if index >= len(senders):
        raise ValidationError(Rule.EXTERNAL_SENDER)
    return senders[index].signature_key


def _verify(state: GroupState, content: AuthenticatedContent, context: bytes, public: bytes) -> None:
    if not is_signed(state.public.suite, public, content, context):
        raise ValidationError(Rule.MESSAGE_SIGNATURE)


# --- The private form


def _open_private(state: GroupState, message: PrivateMessage) -> Opened:
    is_application = message.content_type == iana.APPLICATION
    _check_place(state, message.group_id, message.epoch, is_application)
    if message.epoch != state.public.context.epoch:
        return _open_past(state, message)
    suite = state.public.suite
    sender = open_sender_data(suite, state.secrets.sender_data_secret, message)
    if sender.leaf_index == state.own_leaf:
        raise StateError("a message of our own")
    leaf_node = state.public.tree.leaf(sender.leaf_index)
    key = _member_key(None if leaf_node is None else leaf_node.signature_key)
    tree, content = open_private(suite, state.secret_tree, sender, message, state.settings.ratchets)
    _verify(state, content, state.public.context.encoded, key)
    return Opened(state.with_secret_tree(tree), content)


def _open_past(state: GroupState, message: PrivateMessage) -> Opened:
    place = next((i for i, past in enumerate(state.past) if past.epoch == message.epoch), None)
    if place is None:
        raise StateError(f"epoch {message.epoch} is not held any more, or not yet")
    past = state.past[place]
    suite = state.public.suite
    sender = open_sender_data(suite, past.sender_data_secret, message)
    key = _member_key(past.signature_key(sender.leaf_index))
    if key == state.signer.public:
        raise StateError("a message of our own")
    tree, content = open_private(suite, past.secret_tree, sender, message, state.settings.ratchets)
    _verify(state, content, past.context, key)
    return Opened(_with_past(state, place, replace(past, secret_tree=tree)), content)


def _with_past(state: GroupState, place: int, past: PastEpoch) -> GroupState:
    return replace(state, past=(*state.past[:place], past, *state.past[place + 1 :]))
