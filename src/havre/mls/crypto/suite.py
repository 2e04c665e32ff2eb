"""A cipher suite with MLS's labels around its primitives (RFC 9420 §5.1, §5.2, §8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache
from hmac import compare_digest

from havre.mls import codec
from havre.mls.codec import vector
from havre.mls.crypto import native
from havre.mls.crypto.algorithms import SUITES
from havre.mls.crypto.provider import KeyPair, Provider

__all__ = ["CipherSuite", "HpkeCiphertext", "KeyPair", "SignatureKeyPair", "cipher_suite", "cipher_suites"]


@dataclass(frozen=True, slots=True)
class HpkeCiphertext:
    """HPKECiphertext of RFC 9420 §7.6."""

    kem_output: bytes
    ciphertext: bytes

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §7.6."""
        return vector(self.kem_output) + vector(self.ciphertext)

    @staticmethod
    def read(data: bytes, at: int) -> tuple[HpkeCiphertext, int]:
        """Read one at an offset."""
        kem_output, at = codec.read_opaque(data, at)
        ciphertext, at = codec.read_opaque(data, at)
        return HpkeCiphertext(kem_output, ciphertext), at


@dataclass(frozen=True, slots=True)
class SignatureKeyPair:
    """A client's signature key: `private` is secret, `public` stands in its leaf node."""

    private: bytes = field(repr=False)
    public: bytes

    def encode(self) -> bytes:
        """Encode both halves, for the caller's vault."""
        return vector(self.private) + vector(self.public)

    @staticmethod
    def decode(data: bytes) -> SignatureKeyPair:
        """Decode what `encode` made; raises `CodecError`."""
        return codec.decode_all(data, SignatureKeyPair.read)

    @staticmethod
    def read(data: bytes, at: int) -> tuple[SignatureKeyPair, int]:
        """Read one at an offset."""
        private, at = codec.read_opaque(data, at)
        public, at = codec.read_opaque(data, at)
        return SignatureKeyPair(private, public), at


@lru_cache(maxsize=256)
def _label(label: str) -> bytes:
    return vector(b"MLS 1.0 " + label.encode())


@lru_cache(maxsize=256)
def _kdf_label(length: int, label: str) -> bytes:
    return length.to_bytes(2, "big") + _label(label)


class CipherSuite:
    """One of the registry's suites: its number, its primitives, and MLS's labelled functions.

    `hash_length` is KDF.Nh, `key_length` and `nonce_length` are AEAD.Nk and AEAD.Nn, in bytes.
    """

    __slots__ = (
        "aead_open",
        "aead_seal",
        "expand",
        "extract",
        "hash",
        "hash_length",
        "id",
        "key_length",
        "mac",
        "nonce_length",
        "provider",
        "random",
        "zero",
    )

    def __init__(self, id: int, provider: Provider) -> None:
        self.id = id
        self.provider = provider
        self.hash_length = provider.hash_length
        self.key_length = provider.key_length
        self.nonce_length = provider.nonce_length
        self.zero = bytes(provider.hash_length)
        self.random = provider.random
        self.hash = provider.hash
        self.mac = provider.mac
        self.extract = provider.extract
        self.expand = provider.expand
        self.aead_seal = provider.seal
        self.aead_open = provider.open

    def __repr__(self) -> str:
        return f"CipherSuite({self.id:#06x})"

    def equal(self, first: bytes, second: bytes) -> bool:
        """Compare two MACs in a time that does not depend on where they differ."""
        return compare_digest(first, second)

    # --- Signatures (§5.1.2)

    def generate_signature_key(self) -> SignatureKeyPair:
        """Make a signature key pair."""
        pair = self.provider.generate_signature_key()
        return SignatureKeyPair(pair.private, pair.public)

    def sign(self, private: bytes, label: str, content: bytes) -> bytes:
        """SignWithLabel of RFC 9420 §5.1.2."""
        return self.provider.sign(private, _label(label) + vector(content))

    def verify(self, public: bytes, label: str, content: bytes, signature: bytes) -> bool:
        """VerifyWithLabel of RFC 9420 §5.1.2."""
        return self.provider.verify(public, _label(label) + vector(content), signature)

    # --- Public-key encryption (§5.1.3)

    def encrypt_with_label(self, public: bytes, label: str, context: bytes, plaintext: bytes) -> HpkeCiphertext:
        """EncryptWithLabel of RFC 9420 §5.1.3; raises `CryptoError` for an unusable key."""
        return HpkeCiphertext(*self.provider.hpke_seal(public, _label(label) + vector(context), plaintext))

    def decrypt_with_label(self, private: bytes, label: str, context: bytes, ciphertext: HpkeCiphertext) -> bytes:
        """DecryptWithLabel of RFC 9420 §5.1.3; raises `CryptoError`."""
        info = _label(label) + vector(context)
        return self.provider.hpke_open(private, info, ciphertext.kem_output, ciphertext.ciphertext)

    def derive_key_pair(self, secret: bytes) -> KeyPair:
        """KEM.DeriveKeyPair, as RFC 9420 §7.4 and §8 use it."""
        return self.provider.derive_encryption_key(secret)

    # --- Key derivation (§8)

    def expand_with_label(self, secret: bytes, label: str, context: bytes, length: int) -> bytes:
        """ExpandWithLabel of RFC 9420 §8."""
        return self.expand(secret, _kdf_label(length, label) + vector(context), length)

    def derive_secret(self, secret: bytes, label: str) -> bytes:
        """DeriveSecret of RFC 9420 §8."""
        length = self.hash_length
        return self.expand(secret, _kdf_label(length, label) + b"\x00", length)

    def derive_tree_secret(self, secret: bytes, label: str, generation: int, length: int) -> bytes:
        """DeriveTreeSecret of RFC 9420 §9.1."""
        info = _kdf_label(length, label) + b"\x04" + generation.to_bytes(4, "big")
        return self.expand(secret, info, length)

    # --- Identifiers (§5.2)

    def ref_hash(self, label: bytes, value: bytes) -> bytes:
        """RefHash of RFC 9420 §5.2; the label is the whole one."""
        return self.hash(vector(label) + vector(value))


@cache
def cipher_suite(id: int) -> CipherSuite:
    """Give a cipher suite by its number; raises `CryptoError` for one that is not supported."""
    return CipherSuite(id, native.provider(id))


def cipher_suites() -> tuple[int, ...]:
    """List the numbers of all supported cipher suites."""
    return tuple(SUITES)
