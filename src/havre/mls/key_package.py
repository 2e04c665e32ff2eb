"""Key packages: how to add a client that is not there (RFC 9420 §10)."""

from __future__ import annotations

from dataclasses import dataclass

from havre.mls import codec
from havre.mls.codec import vector
from havre.mls.crypto.suite import CipherSuite, cipher_suite
from havre.mls.errors import ValidationError
from havre.mls.extensions import Extension, encode_extensions, read_extensions
from havre.mls.rules import Rule
from havre.mls.schedule.group_context import read_version
from havre.mls.tree.nodes import FromKeyPackage, LeafNode, read_leaf_node
from havre.mls.tree.validation import (
    check_leaf_itself,
    check_leaf_signature,
    check_leaf_source,
    check_lifetime,
)

__all__ = ["KeyPackage", "check_key_package", "key_package_ref", "read_key_package", "sign_key_package"]

_REF_LABEL = b"MLS 1.0 KeyPackage Reference"


@dataclass(frozen=True, slots=True, eq=False)
class KeyPackage:
    """A client's signed offer to be added once. Two are equal when their encodings are."""

    cipher_suite: int
    init_key: bytes
    leaf_node: LeafNode
    extensions: tuple[Extension, ...]
    signature: bytes
    encoded: bytes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyPackage) and self.encoded == other.encoded

    def __hash__(self) -> int:
        return hash(self.encoded)

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §10."""
        return self.encoded

    def to_be_signed(self) -> bytes:
        """Give KeyPackageTBS."""
        return self.encoded[: -len(vector(self.signature))]


def read_key_package(data: bytes, at: int) -> tuple[KeyPackage, int]:
    """Read a key package."""
    start = at
    at = read_version(data, at)
    suite, at = codec.read_uint16(data, at)
    init_key, at = codec.read_opaque(data, at)
    leaf_node, at = read_leaf_node(data, at)
    extensions, at = read_extensions(data, at)
    signature, at = codec.read_opaque(data, at)
    return KeyPackage(suite, init_key, leaf_node, extensions, signature, data[start:at]), at


def sign_key_package(
    suite: CipherSuite,
    private: bytes,
    init_key: bytes,
    leaf_node: LeafNode,
    extensions: tuple[Extension, ...],
) -> KeyPackage:
    """Make a key package around a signed leaf node."""
    head = b"\x00\x01" + suite.id.to_bytes(2, "big") + vector(init_key)
    body = head + leaf_node.encode() + encode_extensions(extensions)
    signature = suite.sign(private, "KeyPackageTBS", body)
    return KeyPackage(suite.id, init_key, leaf_node, extensions, signature, body + vector(signature))


def key_package_ref(key_package: KeyPackage) -> bytes:
    """Give the KeyPackageRef, by which a Welcome names it (RFC 9420 §5.2)."""
    return cipher_suite(key_package.cipher_suite).ref_hash(_REF_LABEL, key_package.encode())


def check_key_package(key_package: KeyPackage, now: int | None) -> None:
    """Check a key package by itself (RFC 9420 §10.1); the group checks its leaf node once more.

    `now` is in seconds since 1970; `None` leaves the lifetime aside, as for a Commit that was
    sent a while ago. Raises `ValidationError`.
    """
    suite = cipher_suite(key_package.cipher_suite)
    leaf_node = key_package.leaf_node
    check_leaf_source(leaf_node, FromKeyPackage)
    if now is not None:
        check_lifetime(leaf_node, now)
    check_leaf_itself(leaf_node)
    if key_package.init_key == leaf_node.encryption_key:
        raise ValidationError(Rule.KEY_PACKAGE_INIT_KEY)
    if not suite.provider.is_encryption_key(key_package.init_key):
        raise ValidationError(Rule.KEY_PACKAGE_INIT_KEY_USABLE)
    check_leaf_signature(suite, leaf_node, b"", 0)
    content, signature = key_package.to_be_signed(), key_package.signature
    if not suite.verify(leaf_node.signature_key, "KeyPackageTBS", content, signature):
        raise ValidationError(Rule.KEY_PACKAGE_SIGNATURE)
