"""What MLS asks of a cryptographic library, for one cipher suite (RFC 9420 §5.1).

Bytes in, bytes out, so that another library can stand here: the browser's, for one. Whatever
such a library throws at bad input arrives as `CryptoError`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["KeyPair", "Provider"]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key and its public key, in the encodings of RFC 9180 and RFC 9420 §5.1.1."""

    private: bytes = field(repr=False)
    public: bytes


class Provider(Protocol):
    """The primitives of one cipher suite.

    `hash_length` is KDF.Nh, `key_length` and `nonce_length` are AEAD.Nk and AEAD.Nn, in bytes.
    """

    hash_length: int
    key_length: int
    nonce_length: int

    def random(self, size: int) -> bytes:
        """Give `size` fresh random bytes."""

    def hash(self, data: bytes) -> bytes:
        """Hash with the suite's hash function."""

    def mac(self, key: bytes, data: bytes) -> bytes:
        """Authenticate with HMAC over the suite's hash function."""

    def extract(self, salt: bytes, material: bytes) -> bytes:
        """Extract a key of `hash_length` bytes (RFC 5869 §2.2)."""

    def expand(self, key: bytes, info: bytes, length: int) -> bytes:
        """Expand a key to `length` bytes (RFC 5869 §2.3)."""

    def seal(self, key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
        """Encrypt with the suite's AEAD; the tag is at the end."""

    def open(self, key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes:
        """Decrypt with the suite's AEAD, or raise `CryptoError`."""

    def generate_signature_key(self) -> KeyPair:
        """Make a signature key pair."""

    def signature_key(self, private: bytes) -> KeyPair:
        """Complete a private signature key with its public half."""

    def sign(self, private: bytes, data: bytes) -> bytes:
        """Sign."""

    def verify(self, public: bytes, data: bytes, signature: bytes) -> bool:
        """Tell whether a signature is valid; a malformed key or signature is not."""

    def generate_encryption_key(self) -> KeyPair:
        """Make an HPKE key pair."""

    def derive_encryption_key(self, material: bytes) -> KeyPair:
        """Derive an HPKE key pair: DeriveKeyPair of the suite's KEM (RFC 9180 §4)."""

    def encryption_key(self, private: bytes) -> KeyPair:
        """Complete a private HPKE key with its public half."""

    def is_encryption_key(self, public: bytes) -> bool:
        """Tell whether this is a public HPKE key that one can encrypt to."""

    def is_signature_key(self, public: bytes) -> bool:
        """Tell whether this is a public signature key of the suite's scheme."""

    def hpke_seal(self, public: bytes, info: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
        """Encrypt in HPKE's base mode with no associated data: the KEM's output and the ciphertext."""

    def hpke_open(self, private: bytes, info: bytes, kem_output: bytes, ciphertext: bytes) -> bytes:
        """Decrypt what `hpke_seal` made, or raise `CryptoError`."""

    def hpke_export_to(self, public: bytes, context: bytes, length: int) -> tuple[bytes, bytes]:
        """Set up HPKE's base mode with no info: the KEM's output and the exported secret."""

    def hpke_export_from(self, private: bytes, kem_output: bytes, context: bytes, length: int) -> bytes:
        """Export the same secret from the receiver's side."""
