"""PublicMessage: signed and, from members, with the group's MAC, but readable (RFC 9420 §6.2)."""

from __future__ import annotations

from dataclasses import dataclass

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.codec import vector
from havre.mls.crypto.suite import CipherSuite
from havre.mls.errors import StateError, ValidationError
from havre.mls.framing.content import (
    AuthenticatedContent,
    FromMember,
    content_type,
    read_auth,
    read_framed_content,
)
from havre.mls.rules import Rule

__all__ = ["PublicMessage", "check_membership_tag", "protect_public", "read_public_message"]


@dataclass(frozen=True, slots=True)
class PublicMessage:
    """A handshake message in the open; members' have a membership tag."""

    content: AuthenticatedContent
    membership_tag: bytes | None

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §6.2."""
        tag = b"" if self.membership_tag is None else vector(self.membership_tag)
        return self.content.framed.encoded + self.content.encode_auth() + tag


def read_public_message(data: bytes, at: int) -> tuple[PublicMessage, int]:
    """Read a PublicMessage."""
    framed, at = read_framed_content(data, at)
    (signature, tag), at = read_auth(data, at, content_type(framed.content))
    content = AuthenticatedContent(iana.PUBLIC_MESSAGE, framed, signature, tag)
    if not isinstance(framed.sender, FromMember):
        return PublicMessage(content, None), at
    membership_tag, at = codec.read_opaque(data, at)
    return PublicMessage(content, membership_tag), at


def protect_public(
    suite: CipherSuite, membership_key: bytes, content: AuthenticatedContent, context: bytes
) -> PublicMessage:
    """Make a PublicMessage of a signed content; application data is never public (RFC 9420 §6)."""
    if isinstance(content.framed.content, bytes):
        raise StateError("application data is only sent in a PrivateMessage")
    if not isinstance(content.framed.sender, FromMember):
        return PublicMessage(content, None)
    return PublicMessage(content, suite.mac(membership_key, content.to_be_maced(context)))


def check_membership_tag(
    suite: CipherSuite, membership_key: bytes, message: PublicMessage, context: bytes
) -> AuthenticatedContent:
    """Check that a message that claims to be a member's is from a member (RFC 9420 §6.2)."""
    if isinstance(message.content.framed.content, bytes):
        raise ValidationError(Rule.APPLICATION_PUBLIC)
    if isinstance(message.content.framed.sender, FromMember):
        expected = suite.mac(membership_key, message.content.to_be_maced(context))
        if not suite.equal(expected, message.membership_tag or b""):
            raise ValidationError(Rule.MEMBERSHIP_TAG)
    return message.content
