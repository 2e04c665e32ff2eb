"""PrivateMessage: signed, padded, and encrypted with a key used once (RFC 9420 §6.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.codec import vector
from havre.mls.crypto.suite import CipherSuite
from havre.mls.errors import CodecError, StateError, ValidationError
from havre.mls.framing.content import (
    AuthenticatedContent,
    FromMember,
    content_type,
    encode_content,
    frame,
    read_auth,
    read_content,
)
from havre.mls.rules import Rule
from havre.mls.schedule.secret_tree import MessageKey, RatchetLimits, RatchetType, SecretTree

__all__ = [
    "Padding",
    "PrivateMessage",
    "SenderData",
    "no_padding",
    "open_private",
    "open_sender_data",
    "protect_private",
    "read_private_message",
]

Padding = Callable[[int], int]
"""Gives the size to pad a plaintext of some size to, in bytes."""


def no_padding(size: int) -> int:
    """Leave the plaintext as long as it is."""
    return size


@dataclass(frozen=True, slots=True)
class PrivateMessage:
    """An encrypted message; only its place and type are readable."""

    group_id: bytes
    epoch: int
    content_type: int
    authenticated_data: bytes
    encrypted_sender_data: bytes
    ciphertext: bytes

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §6.3."""
        return (
            self.place()
            + vector(self.authenticated_data)
            + vector(self.encrypted_sender_data)
            + vector(self.ciphertext)
        )

    def place(self) -> bytes:
        """Give SenderDataAAD, with which PrivateContentAAD begins as well (RFC 9420 §6.3)."""
        return _place(self.group_id, self.epoch, self.content_type)


def read_private_message(data: bytes, at: int) -> tuple[PrivateMessage, int]:
    """Read a PrivateMessage."""
    group_id, at = codec.read_opaque(data, at)
    epoch, at = codec.read_uint64(data, at)
    kind, at = codec.read_uint8(data, at)
    if kind not in (iana.APPLICATION, iana.PROPOSAL, iana.COMMIT):
        raise CodecError(f"a content of unknown type {kind}")
    authenticated_data, at = codec.read_opaque(data, at)
    encrypted_sender_data, at = codec.read_opaque(data, at)
    ciphertext, at = codec.read_opaque(data, at)
    return PrivateMessage(group_id, epoch, kind, authenticated_data, encrypted_sender_data, ciphertext), at


@dataclass(frozen=True, slots=True)
class SenderData:
    """Who encrypted a message and with which of its keys (RFC 9420 §6.3.2)."""

    leaf_index: int
    generation: int
    reuse_guard: bytes

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §6.3.2."""
        return self.leaf_index.to_bytes(4, "big") + self.generation.to_bytes(4, "big") + self.reuse_guard


def _decode_sender_data(data: bytes) -> SenderData:
    if len(data) != 12:
        raise CodecError(f"sender data of {len(data)} bytes")
    return SenderData(int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big"), data[8:])


def _place(group_id: bytes, epoch: int, kind: int) -> bytes:
    return vector(group_id) + epoch.to_bytes(8, "big") + bytes([kind])


def sender_data_key(suite: CipherSuite, secret: bytes, ciphertext: bytes) -> tuple[bytes, bytes]:
    """Derive the key and nonce of the sender data from a sample of the ciphertext (RFC 9420 §6.3.2)."""
    sample = ciphertext[: suite.hash_length]
    key = suite.expand_with_label(secret, "key", sample, suite.key_length)
    return key, suite.expand_with_label(secret, "nonce", sample, suite.nonce_length)


def _guarded(nonce: bytes, guard: bytes) -> bytes:
    head = int.from_bytes(nonce[:4], "big") ^ int.from_bytes(guard, "big")
    return head.to_bytes(4, "big") + nonce[4:]


def protect_private(
    suite: CipherSuite,
    sender_data_secret: bytes,
    key: MessageKey,
    content: AuthenticatedContent,
    padding: Padding = no_padding,
) -> PrivateMessage:
    """Encrypt a member's signed content with a key taken from its ratchet (RFC 9420 §6.3)."""
    framed = content.framed
    if not isinstance(framed.sender, FromMember):
        raise StateError("only members can encrypt")
    kind = content_type(framed.content)
    plaintext = encode_content(framed.content) + content.encode_auth()
    plaintext += bytes(max(0, padding(len(plaintext)) - len(plaintext)))
    place = _place(framed.group_id, framed.epoch, kind)
    guard = suite.random(4)
    aad = place + vector(framed.authenticated_data)
    ciphertext = suite.aead_seal(key.key, _guarded(key.nonce, guard), aad, plaintext)
    data_key, data_nonce = sender_data_key(suite, sender_data_secret, ciphertext)
    sender_data = SenderData(framed.sender.leaf_index, key.generation, guard).encode()
    sealed = suite.aead_seal(data_key, data_nonce, place, sender_data)
    return PrivateMessage(framed.group_id, framed.epoch, kind, framed.authenticated_data, sealed, ciphertext)


def open_sender_data(suite: CipherSuite, secret: bytes, message: PrivateMessage) -> SenderData:
    """Decrypt who sent a message; raises `CryptoError` or `CodecError`."""
    key, nonce = sender_data_key(suite, secret, message.ciphertext)
    opened = suite.aead_open(key, nonce, message.place(), message.encrypted_sender_data)
    return _decode_sender_data(opened)


def open_private(
    suite: CipherSuite, tree: SecretTree, sender: SenderData, message: PrivateMessage, limits: RatchetLimits
) -> tuple[SecretTree, AuthenticatedContent]:
    """Decrypt a message: the tree without its key, and the content, still to be verified.

    Raises `StateError` for a used key, `CryptoError`, `CodecError`, or `ValidationError` for
    padding that is not zero (RFC 9420 §6.3.1).
    """
    kind = RatchetType.APPLICATION if message.content_type == iana.APPLICATION else RatchetType.HANDSHAKE
    tree, key = tree.take(sender.leaf_index, kind, sender.generation, limits)
    aad = message.place() + vector(message.authenticated_data)
    nonce = _guarded(key.nonce, sender.reuse_guard)
    plaintext = suite.aead_open(key.key, nonce, aad, message.ciphertext)
    return tree, _read_plaintext(message, FromMember(sender.leaf_index), plaintext)


def _read_plaintext(message: PrivateMessage, sender: FromMember, plaintext: bytes) -> AuthenticatedContent:
    content, end = read_content(plaintext, 0, message.content_type)
    (signature, tag), at = read_auth(plaintext, end, message.content_type)
    if plaintext.count(0, at) != len(plaintext) - at:
        raise ValidationError(Rule.PADDING_ZERO)
    framed = frame(message.group_id, message.epoch, sender, message.authenticated_data, content, plaintext[:end])
    return AuthenticatedContent(iana.PRIVATE_MESSAGE, framed, signature, tag)
