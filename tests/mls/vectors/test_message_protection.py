import pytest

from havre import mls
from havre.mls import codec
from havre.mls.commit.syntax import Commit, read_commit
from havre.mls.crypto.suite import CipherSuite, cipher_suite
from havre.mls.framing.content import (
    AuthenticatedContent,
    Content,
    FromMember,
    encode_content,
    frame,
    is_signed,
    sign_content,
)
from havre.mls.framing.message import decode_message
from havre.mls.framing.private import (
    PrivateMessage,
    open_private,
    open_sender_data,
    protect_private,
)
from havre.mls.framing.public import PublicMessage, check_membership_tag, protect_public
from havre.mls.proposals import read_proposal
from havre.mls.schedule.group_context import GroupContext
from havre.mls.schedule.secret_tree import RatchetLimits, RatchetType, SecretTree
from tests.mls.vectors.source import Case, cases, need, unhex

SENDER = FromMember(1)


class Epoch:
    """The two-member group of a case."""

    def __init__(self, case: Case) -> None:
        self.suite: CipherSuite = cipher_suite(case["cipher_suite"])
        hashes = unhex(case["tree_hash"]), unhex(case["confirmed_transcript_hash"])
        self.group = GroupContext(self.suite.id, unhex(case["group_id"]), case["epoch"], *hashes, ())
        self.context = self.group.encoded
        self.private, self.public = unhex(case["signature_priv"]), unhex(case["signature_pub"])
        self.membership_key = unhex(case["membership_key"])
        self.sender_data_secret = unhex(case["sender_data_secret"])
        self.tree = SecretTree(self.suite, 2, unhex(case["encryption_secret"]))

    def sign(self, content: Content, wire_format: int) -> AuthenticatedContent:
        framed = frame(self.group.group_id, self.group.epoch, SENDER, b"", content)
        signature = sign_content(self.suite, self.private, wire_format, framed, self.context)
        tag = bytes(self.suite.hash_length) if isinstance(content, Commit) else None
        return AuthenticatedContent(wire_format, framed, signature, tag)

    def open_public(self, message: PublicMessage) -> Content:
        content = check_membership_tag(self.suite, self.membership_key, message, self.context)
        assert is_signed(self.suite, self.public, content, self.context)
        return content.framed.content

    def open_private(self, message: PrivateMessage) -> Content:
        sender = open_sender_data(self.suite, self.sender_data_secret, message)
        assert sender.leaf_index == SENDER.leaf_index
        _, content = open_private(self.suite, self.tree, sender, message, RatchetLimits())
        assert is_signed(self.suite, self.public, content, self.context)
        return content.framed.content

    def protect_private(self, content: AuthenticatedContent) -> PrivateMessage:
        application = isinstance(content.framed.content, bytes)
        kind = RatchetType.APPLICATION if application else RatchetType.HANDSHAKE
        _, key = self.tree.take(SENDER.leaf_index, kind, 0, RatchetLimits())
        return protect_private(self.suite, self.sender_data_secret, key, content)


def contents(case: Case) -> dict[str, Content]:
    return {
        "proposal": codec.decode_all(unhex(case["proposal"]), read_proposal),
        "commit": codec.decode_all(unhex(case["commit"]), read_commit),
    }


@cases("message-protection")
def test_public_messages(case: Case | None) -> None:
    case = need(case)
    epoch = Epoch(case)
    for name, content in contents(case).items():
        theirs = decode_message(unhex(case[f"{name}_pub"]))
        assert isinstance(theirs, PublicMessage)
        assert encode_content(epoch.open_public(theirs)).hex() == case[name]
        signed = epoch.sign(content, mls.PUBLIC_MESSAGE)
        ours = protect_public(epoch.suite, epoch.membership_key, signed, epoch.context)
        assert epoch.open_public(ours) == content


@cases("message-protection")
def test_application_data_is_never_public(case: Case | None) -> None:
    case = need(case)
    epoch = Epoch(case)
    signed = epoch.sign(unhex(case["application"]), mls.PUBLIC_MESSAGE)
    with pytest.raises(mls.StateError):
        protect_public(epoch.suite, epoch.membership_key, signed, epoch.context)


@cases("message-protection")
def test_private_messages(case: Case | None) -> None:
    case = need(case)
    epoch = Epoch(case)
    for name, content in {**contents(case), "application": unhex(case["application"])}.items():
        theirs = decode_message(unhex(case[f"{name}_priv"]))
        assert isinstance(theirs, PrivateMessage)
        assert epoch.open_private(theirs) == content
        ours = epoch.protect_private(epoch.sign(content, mls.PRIVATE_MESSAGE))
        assert epoch.open_private(ours) == content
