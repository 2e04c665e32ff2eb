"""GroupInfo, GroupSecrets and Welcome (RFC 9420 §12.4.3)."""

from __future__ import annotations

from dataclasses import dataclass, field

from havre.mls import codec
from havre.mls.codec import optional, vector
from havre.mls.crypto.suite import CipherSuite, HpkeCiphertext
from havre.mls.extensions import Extension, encode_extensions, read_extensions
from havre.mls.schedule.group_context import GroupContext, read_group_context
from havre.mls.schedule.psk import PreSharedKeyId, read_psk_id

__all__ = [
    "EncryptedGroupSecrets",
    "GroupInfo",
    "GroupSecrets",
    "Welcome",
    "read_group_info",
    "read_group_secrets",
    "read_welcome",
    "sign_group_info",
]


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """An epoch's public summary, signed by a member."""

    group_context: GroupContext
    extensions: tuple[Extension, ...]
    confirmation_tag: bytes
    signer: int
    signature: bytes

    def to_be_signed(self) -> bytes:
        """Give GroupInfoTBS."""
        return _to_be_signed(self.group_context, self.extensions, self.confirmation_tag, self.signer)

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §12.4.3."""
        return self.to_be_signed() + vector(self.signature)

    def is_signed(self, suite: CipherSuite, public: bytes) -> bool:
        """Tell whether it was signed with a key."""
        return suite.verify(public, "GroupInfoTBS", self.to_be_signed(), self.signature)


def _to_be_signed(context: GroupContext, extensions: tuple[Extension, ...], tag: bytes, signer: int) -> bytes:
    return context.encoded + encode_extensions(extensions) + vector(tag) + signer.to_bytes(4, "big")


def sign_group_info(
    suite: CipherSuite,
    private: bytes,
    context: GroupContext,
    extensions: tuple[Extension, ...],
    confirmation_tag: bytes,
    signer: int,
) -> GroupInfo:
    """Make a GroupInfo; `signer` is the leaf index of the member whose key it is."""
    content = _to_be_signed(context, extensions, confirmation_tag, signer)
    signature = suite.sign(private, "GroupInfoTBS", content)
    return GroupInfo(context, extensions, confirmation_tag, signer, signature)


def read_group_info(data: bytes, at: int) -> tuple[GroupInfo, int]:
    """Read a GroupInfo."""
    context, at = read_group_context(data, at)
    extensions, at = read_extensions(data, at)
    tag, at = codec.read_opaque(data, at)
    signer, at = codec.read_uint32(data, at)
    signature, at = codec.read_opaque(data, at)
    return GroupInfo(context, extensions, tag, signer, signature), at


@dataclass(frozen=True, slots=True)
class GroupSecrets:
    """What a newcomer is told in secret."""

    joiner_secret: bytes = field(repr=False)
    path_secret: bytes | None = field(repr=False)
    psks: tuple[PreSharedKeyId, ...]

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §12.4.3.1."""
        path_secret = None if self.path_secret is None else vector(self.path_secret)
        psks = vector(b"".join([psk.encode() for psk in self.psks]))
        return vector(self.joiner_secret) + optional(path_secret) + psks


def read_group_secrets(data: bytes, at: int) -> tuple[GroupSecrets, int]:
    """Read GroupSecrets."""
    joiner_secret, at = codec.read_opaque(data, at)
    path_secret, at = codec.read_optional(data, at, codec.read_opaque)
    psks, at = codec.read_vector(data, at, read_psk_id)
    return GroupSecrets(joiner_secret, path_secret, psks), at


@dataclass(frozen=True, slots=True)
class EncryptedGroupSecrets:
    """One newcomer's GroupSecrets, under the init key of its key package."""

    new_member: bytes
    encrypted_group_secrets: HpkeCiphertext

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §12.4.3.1."""
        return vector(self.new_member) + self.encrypted_group_secrets.encode()


def _read_encrypted_group_secrets(data: bytes, at: int) -> tuple[EncryptedGroupSecrets, int]:
    new_member, at = codec.read_opaque(data, at)
    ciphertext, at = HpkeCiphertext.read(data, at)
    return EncryptedGroupSecrets(new_member, ciphertext), at


@dataclass(frozen=True, slots=True)
class Welcome:
    """The invitation to all whom a Commit adds."""

    cipher_suite: int
    secrets: tuple[EncryptedGroupSecrets, ...]
    encrypted_group_info: bytes

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §12.4.3.1."""
        secrets = vector(b"".join([secret.encode() for secret in self.secrets]))
        return self.cipher_suite.to_bytes(2, "big") + secrets + vector(self.encrypted_group_info)


def read_welcome(data: bytes, at: int) -> tuple[Welcome, int]:
    """Read a Welcome."""
    suite, at = codec.read_uint16(data, at)
    secrets, at = codec.read_vector(data, at, _read_encrypted_group_secrets)
    encrypted_group_info, at = codec.read_opaque(data, at)
    return Welcome(suite, secrets, encrypted_group_info), at
