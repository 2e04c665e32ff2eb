"""Messages (RFC 9420 §6)."""

from __future__ import annotations

from dataclasses import replace

from havre import mls
from havre.mls.commit.syntax import Commit
from havre.mls.framing.content import AuthenticatedContent, encode_content
from havre.mls.framing.message import decode_message, encode_message
from havre.mls.framing.private import PrivateMessage, no_padding, protect_private
from havre.mls.rules import Rule
from havre.mls.schedule.secret_tree import MessageKey, RatchetLimits, RatchetType
from tests.mls.people import NOW, SUITE, client, party
from tests.mls.rules import forge
from tests.mls.rules.forge import refused


def test_message_group() -> None:
    group = party("alice", "bob")
    _, message = group["alice"].encrypt(b"hello")
    decoded = decode_message(message)
    assert isinstance(decoded, PrivateMessage)
    with refused(Rule.MESSAGE_GROUP):
        group["bob"].process(encode_message(replace(decoded, group_id=b"another group")))


def test_message_epoch() -> None:
    group = party("alice", "bob")
    _, stale = group["alice"].propose_update()
    group.commit("bob")
    with refused(Rule.MESSAGE_EPOCH):
        group["bob"].process(stale)


def test_message_sender() -> None:
    group = party("alice", "bob", "carol")
    blank = 3
    content = forge.signed(group["alice"], b"from nobody", mls.FromMember(blank), wire_format=mls.PRIVATE_MESSAGE)
    _, key = group["alice"].state.secret_tree.take(blank, RatchetType.APPLICATION, 0, RatchetLimits())
    secret = group["alice"].state.secrets.sender_data_secret
    with refused(Rule.MESSAGE_SENDER):
        group["bob"].process(encode_message(protect_private(SUITE, secret, key, content)))


def test_message_sender_content() -> None:
    group = party("alice", "bob")
    content = forge.signed(group["alice"], Commit((), None), mls.FromExternal(0), tag=b"")
    with refused(Rule.MESSAGE_SENDER_CONTENT):
        group["bob"].process(forge.in_public(group["alice"], content))


def test_message_signature() -> None:
    group = party("alice", "bob", "carol")
    content = forge.signed(group["carol"], b"as alice", mls.FromMember(0), wire_format=mls.PRIVATE_MESSAGE)
    _, key = group["carol"].state.secret_tree.take(0, RatchetType.APPLICATION, 0, RatchetLimits())
    secret = group["carol"].state.secrets.sender_data_secret
    with refused(Rule.MESSAGE_SIGNATURE):
        group["bob"].process(encode_message(protect_private(SUITE, secret, key, content)))


def test_membership_tag() -> None:
    group = party("alice", "bob", "carol")
    content = forge.signed(group["alice"], mls.Remove(2))
    with refused(Rule.MEMBERSHIP_TAG):
        group["bob"].process(forge.in_public(group["alice"], content, membership_key=bytes(32)))


def test_application_public() -> None:
    group = party("alice", "bob")
    content = forge.signed(group["alice"], b"for everybody to read")
    with refused(Rule.APPLICATION_PUBLIC):
        group["bob"].process(forge.in_public(group["alice"], content))


def test_padding_zero() -> None:
    group = party("alice", "bob")
    state = group["alice"].state
    content = forge.signed(group["alice"], b"hello", wire_format=mls.PRIVATE_MESSAGE)

    class Padded(AuthenticatedContent):
        def encode_auth(self) -> bytes:
            return super().encode_auth() + b"\x00\x01\x00"

    padded = Padded(content.wire_format, content.framed, content.signature, None)
    _, key = state.secret_tree.take(0, RatchetType.APPLICATION, 0, RatchetLimits())
    assert isinstance(key, MessageKey)
    assert encode_content(b"hello")
    message = protect_private(SUITE, state.secrets.sender_data_secret, key, padded, no_padding)
    with refused(Rule.PADDING_ZERO):
        group["bob"].process(encode_message(message))


def test_external_sender() -> None:
    group = party("alice", "bob")
    outsider = SUITE.generate_signature_key()
    message = mls.propose_externally(SUITE, b"a group", 1, 0, outsider, mls.Remove(1))
    with refused(Rule.EXTERNAL_SENDER):
        group["bob"].process(message)


def test_external_proposal_type() -> None:
    outsider = client("outsider")
    sender = mls.ExternalSender(outsider.signer.public, outsider.credential)
    group = party("alice", "bob")
    group.commit("alice", proposals=[mls.GroupContextExtensions((mls.external_senders([sender]),))])
    content = forge.signed(group["alice"], mls.ExternalInit(b""), mls.FromExternal(0), outsider.signer)
    with refused(Rule.EXTERNAL_PROPOSAL_TYPE):
        group["bob"].process(forge.in_public(group["alice"], content))


def test_external_add_self() -> None:
    group = party("alice", "bob")
    content = forge.signed(group["alice"], mls.Remove(1), mls.FromNewMemberProposal())
    with refused(Rule.EXTERNAL_ADD_SELF):
        group["bob"].process(forge.in_public(group["alice"], content))


def test_new_member_commit_alone() -> None:
    group = party("alice", "bob")
    content = forge.signed(group["alice"], mls.Remove(1), mls.FromNewMemberCommit())
    with refused(Rule.NEW_MEMBER_COMMIT_ALONE):
        group["bob"].process(forge.in_public(group["alice"], content), NOW)
