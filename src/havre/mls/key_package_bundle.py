"""Making key packages, and keeping their private halves (RFC 9420 §10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.codec import vector
from havre.mls.credentials import Credential
from havre.mls.crypto.suite import CipherSuite, SignatureKeyPair, cipher_suites
from havre.mls.extensions import Extension, check_extensions_unique
from havre.mls.grease import grease_extensions, grease_value
from havre.mls.key_package import KeyPackage, read_key_package, sign_key_package
from havre.mls.tree.nodes import Capabilities, FromKeyPackage, LeafNode, Lifetime, sign_leaf_node

__all__ = ["KeyPackageBundle", "create_key_package", "default_capabilities", "make_leaf_node"]


@dataclass(frozen=True, slots=True)
class KeyPackageBundle:
    """A key package with the private keys to follow a Welcome to it."""

    key_package: KeyPackage
    init_private: bytes = field(repr=False)
    leaf_private: bytes = field(repr=False)
    signer: SignatureKeyPair

    @property
    def message(self) -> bytes:
        """The key package as an MLSMessage, to be published."""
        return b"\x00\x01" + iana.KEY_PACKAGE.to_bytes(2, "big") + self.key_package.encode()

    def encode(self) -> bytes:
        """Encode with the private halves, for the caller's vault."""
        privates = vector(self.init_private) + vector(self.leaf_private)
        return self.key_package.encode() + privates + self.signer.encode()

    @staticmethod
    def decode(data: bytes) -> KeyPackageBundle:
        """Decode what `encode` made; raises `CodecError`."""
        return codec.decode_all(data, _read_bundle)


def _read_bundle(data: bytes, at: int) -> tuple[KeyPackageBundle, int]:
    key_package, at = read_key_package(data, at)
    init_private, at = codec.read_opaque(data, at)
    leaf_private, at = codec.read_opaque(data, at)
    signer, at = SignatureKeyPair.read(data, at)
    return KeyPackageBundle(key_package, init_private, leaf_private, signer), at


def default_capabilities(suite: CipherSuite, extensions: Sequence[int] = ()) -> Capabilities:
    """List what this package supports, the application's extension types, and a GREASE value in each list.

    GREASE values mean nothing; others have to ignore them, and show by that that they ignore
    what they do not know (RFC 9420 §13.5).
    """
    grease = grease_value(suite)
    known = tuple(dict.fromkeys((*extensions, grease)))
    suites = (*cipher_suites(), grease)
    return Capabilities((iana.MLS10,), suites, known, (grease,), (iana.BASIC, iana.X509, grease))


def make_leaf_node(
    suite: CipherSuite,
    credential: Credential,
    signer: SignatureKeyPair,
    encryption_key: bytes,
    lifetime: Lifetime,
    capabilities: Capabilities,
    extensions: Sequence[Extension],
) -> LeafNode:
    """Sign a leaf node that belongs to no group yet (RFC 9420 §7.2)."""
    check_extensions_unique(tuple(extensions))
    source = FromKeyPackage(lifetime)
    template = LeafNode(encryption_key, signer.public, credential, capabilities, source, tuple(extensions), b"", b"")
    return sign_leaf_node(suite, template, signer.private, b"", 0)


def create_key_package(
    suite: CipherSuite,
    credential: Credential,
    signer: SignatureKeyPair,
    lifetime: Lifetime,
    extensions: Sequence[Extension] = (),
    leaf_extensions: Sequence[Extension] = (),
    capabilities: Capabilities | None = None,
    last_resort: bool = False,
) -> KeyPackageBundle:
    """Make a key package, to be used once, or as the last resort when all others are gone.

    `capabilities` default to what this package supports and the extensions given here.
    """
    marked = [*extensions, Extension(iana.LAST_RESORT, b"")] if last_resort else [*extensions]
    used = [extension.type for extension in (*marked, *leaf_extensions)]
    listed = [kind for kind in used if kind not in iana.DEFAULT_EXTENSIONS]
    capabilities = capabilities or default_capabilities(suite, listed)
    marked += grease_extensions(suite, capabilities)
    check_extensions_unique(tuple(marked))
    init_key = suite.provider.generate_encryption_key()
    leaf_key = suite.provider.generate_encryption_key()
    leaf_node = make_leaf_node(
        suite,
        credential,
        signer,
        leaf_key.public,
        lifetime,
        capabilities,
        leaf_extensions,
    )
    key_package = sign_key_package(suite, signer.private, init_key.public, leaf_node, tuple(marked))
    return KeyPackageBundle(key_package, init_key.private, leaf_key.private, signer)
