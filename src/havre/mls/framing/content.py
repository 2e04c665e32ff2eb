"""FramedContent and what authenticates it (RFC 9420 §6, §6.1)."""

from __future__ import annotations

from dataclasses import dataclass

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.codec import vector
from havre.mls.commit.syntax import Commit, read_commit
from havre.mls.crypto.suite import CipherSuite
from havre.mls.errors import CodecError
from havre.mls.proposals import Proposal, encode_proposal, read_proposal

__all__ = [
    "AuthenticatedContent",
    "Content",
    "FramedContent",
    "FromExternal",
    "FromMember",
    "FromNewMemberCommit",
    "FromNewMemberProposal",
    "Sender",
    "content_type",
    "encode_content",
    "frame",
    "is_signed",
    "read_auth",
    "read_authenticated_content",
    "read_content",
    "read_framed_content",
    "read_sender",
    "sign_content",
]

_VERSION = b"\x00\x01"


@dataclass(frozen=True, slots=True)
class FromMember:
    """Sent by the member at a leaf index."""

    leaf_index: int

    def encode(self) -> bytes:
        """Encode as Sender."""
        return b"\x01" + self.leaf_index.to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class FromExternal:
    """Sent by one of the group's external senders (RFC 9420 §12.1.8)."""

    sender_index: int

    def encode(self) -> bytes:
        """Encode as Sender."""
        return b"\x02" + self.sender_index.to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class FromNewMemberProposal:
    """Sent by somebody who asks to be added."""

    def encode(self) -> bytes:
        """Encode as Sender."""
        return b"\x03"


@dataclass(frozen=True, slots=True)
class FromNewMemberCommit:
    """Sent by somebody who joins by an external Commit."""

    def encode(self) -> bytes:
        """Encode as Sender."""
        return b"\x04"


Sender = FromMember | FromExternal | FromNewMemberProposal | FromNewMemberCommit
Content = bytes | Proposal | Commit

_INSIDERS = (FromMember, FromNewMemberCommit)


def read_sender(data: bytes, at: int) -> tuple[Sender, int]:
    """Read a Sender."""
    kind, at = codec.read_uint8(data, at)
    if kind == 1:
        leaf_index, at = codec.read_uint32(data, at)
        return FromMember(leaf_index), at
    if kind == 2:
        sender_index, at = codec.read_uint32(data, at)
        return FromExternal(sender_index), at
    if kind == 3:
        return FromNewMemberProposal(), at
    if kind == 4:
        return FromNewMemberCommit(), at
    raise CodecError(f"a sender of unknown type {kind}")


def content_type(content: Content) -> int:
    """Give the number of a content's type."""
    if isinstance(content, bytes):
        return iana.APPLICATION
    return iana.COMMIT if isinstance(content, Commit) else iana.PROPOSAL


def encode_content(content: Content) -> bytes:
    """Encode a content without its type."""
    if isinstance(content, bytes):
        return vector(content)
    return content.encode() if isinstance(content, Commit) else encode_proposal(content)


def read_content(data: bytes, at: int, kind: int) -> tuple[Content, int]:
    """Read a content of a type that is known from elsewhere."""
    if kind == iana.APPLICATION:
        return codec.read_opaque(data, at)
    if kind == iana.PROPOSAL:
        return read_proposal(data, at)
    if kind == iana.COMMIT:
        return read_commit(data, at)
    raise CodecError(f"a content of unknown type {kind}")


@dataclass(frozen=True, slots=True)
class FramedContent:
    """A content with its place: group, epoch and sender. `encoded` is what signatures cover."""

    group_id: bytes
    epoch: int
    sender: Sender
    authenticated_data: bytes
    content: Content
    encoded: bytes


def frame(
    group_id: bytes,
    epoch: int,
    sender: Sender,
    authenticated_data: bytes,
    content: Content,
    encoded_content: bytes | None = None,
) -> FramedContent:
    """Put a content in its frame; `encoded_content` spares encoding what was just decoded."""
    body = encode_content(content) if encoded_content is None else encoded_content
    head = vector(group_id) + epoch.to_bytes(8, "big") + sender.encode() + vector(authenticated_data)
    encoded = head + bytes([content_type(content)]) + body
    return FramedContent(group_id, epoch, sender, authenticated_data, content, encoded)


def read_framed_content(data: bytes, at: int) -> tuple[FramedContent, int]:
    """Read a FramedContent."""
    start = at
    group_id, at = codec.read_opaque(data, at)
    epoch, at = codec.read_uint64(data, at)
    sender, at = read_sender(data, at)
    authenticated_data, at = codec.read_opaque(data, at)
    kind, at = codec.read_uint8(data, at)
    content, at = read_content(data, at, kind)
    return FramedContent(group_id, epoch, sender, authenticated_data, content, data[start:at]), at


@dataclass(frozen=True, slots=True)
class AuthenticatedContent:
    """A content with its signature, and a Commit's with its confirmation tag; not yet verified."""

    wire_format: int
    framed: FramedContent
    signature: bytes
    confirmation_tag: bytes | None

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §6; references to proposals are hashes of this."""
        return self.wire_format.to_bytes(2, "big") + self.framed.encoded + self.encode_auth()

    def encode_auth(self) -> bytes:
        """Encode FramedContentAuthData."""
        tag = b"" if self.confirmation_tag is None else vector(self.confirmation_tag)
        return vector(self.signature) + tag

    def to_be_signed(self, context: bytes) -> bytes:
        """Give FramedContentTBS; `context` is the encoded GroupContext of the epoch."""
        return to_be_signed(self.wire_format, self.framed, context)

    def to_be_maced(self, context: bytes) -> bytes:
        """Give AuthenticatedContentTBM (RFC 9420 §6.2)."""
        return self.to_be_signed(context) + self.encode_auth()


def to_be_signed(wire_format: int, framed: FramedContent, context: bytes) -> bytes:
    """Give FramedContentTBS; outsiders do not know the GroupContext and sign without it."""
    bound = context if isinstance(framed.sender, _INSIDERS) else b""
    return _VERSION + wire_format.to_bytes(2, "big") + framed.encoded + bound


def sign_content(suite: CipherSuite, private: bytes, wire_format: int, framed: FramedContent, context: bytes) -> bytes:
    """Sign a content (RFC 9420 §6.1)."""
    return suite.sign(private, "FramedContentTBS", to_be_signed(wire_format, framed, context))


def is_signed(suite: CipherSuite, public: bytes, content: AuthenticatedContent, context: bytes) -> bool:
    """Tell whether the content was signed with a key (RFC 9420 §6.1)."""
    return suite.verify(public, "FramedContentTBS", content.to_be_signed(context), content.signature)


def read_auth(data: bytes, at: int, kind: int) -> tuple[tuple[bytes, bytes | None], int]:
    """Read FramedContentAuthData for a content of a type: the signature and perhaps the tag."""
    signature, at = codec.read_opaque(data, at)
    if kind != iana.COMMIT:
        return (signature, None), at
    tag, at = codec.read_opaque(data, at)
    return (signature, tag), at


def read_authenticated_content(data: bytes, at: int) -> tuple[AuthenticatedContent, int]:
    """Read an AuthenticatedContent."""
    wire_format, at = codec.read_uint16(data, at)
    framed, at = read_framed_content(data, at)
    (signature, tag), at = read_auth(data, at, content_type(framed.content))
    return AuthenticatedContent(wire_format, framed, signature, tag), at
