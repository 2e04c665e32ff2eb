"""The parts of HPKE (RFC 9180) that the library below lacks, composed from its KEMs and HKDF.

They are DeriveKeyPair (§7.1.3), the exporter (§5.3), and base mode with a KEM that the
library's HPKE does not know (X448).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from havre.mls.crypto.provider import KeyPair
from havre.mls.errors import CryptoError

__all__ = ["Aead", "BaseMode", "DhKem", "Expand", "Group", "Kdf", "Kem", "nist_private_key"]

Expand = Callable[[bytes, bytes, int], bytes]

_VERSION = b"HPKE-v1"
_BASE = b"\x00"


@dataclass(frozen=True, slots=True)
class Kdf:
    """HKDF with one hash function; `size` is Nh."""

    id: int
    size: int
    extract: Callable[[bytes, bytes], bytes]
    expand: Callable[[bytes, bytes, int], bytes]

    def labeled_extract(self, suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
        """LabeledExtract of RFC 9180 §4."""
        return self.extract(salt, _VERSION + suite + label + material)

    def labeled_expand(self, suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
        """LabeledExpand of RFC 9180 §4."""
        return self.expand(key, length.to_bytes(2, "big") + _VERSION + suite + label + info, length)


class Group(Protocol):
    """A Diffie-Hellman group: private and public keys as bytes, and how HPKE makes a private key."""

    def generate(self) -> KeyPair:
        """Make a key pair."""

    def complete(self, private: bytes) -> KeyPair:
        """Add the public half."""

    def exchange(self, private: bytes, public: bytes) -> bytes:
        """Give the shared secret, or raise `CryptoError` for an unusable public key."""

    def accepts(self, public: bytes) -> bool:
        """Tell whether one can do an exchange with this public key."""

    def private_from(self, expand: Expand) -> bytes:
        """Make a private key of labeled output: `expand(label, info, length)`."""


class Kem(Protocol):
    """A key encapsulation mechanism (RFC 9180 §4)."""

    id: int

    def generate(self) -> KeyPair:
        """Make a key pair."""

    def derive(self, material: bytes) -> KeyPair:
        """Derive a key pair: DeriveKeyPair."""

    def complete(self, private: bytes) -> KeyPair:
        """Add the public half."""

    def accepts(self, public: bytes) -> bool:
        """Tell whether one can encapsulate to this public key."""

    def encapsulate(self, public: bytes) -> tuple[bytes, bytes]:
        """Give the KEM's output and the shared secret."""

    def decapsulate(self, private: bytes, kem_output: bytes) -> bytes:
        """Give the shared secret."""


class DhKem:
    """DHKEM of RFC 9180 §4.1 over one group."""

    def __init__(self, id: int, group: Group, kdf: Kdf) -> None:
        self.id = id
        self._group = group
        self._kdf = kdf
        self._suite = b"KEM" + id.to_bytes(2, "big")

    def generate(self) -> KeyPair:
        """Make a key pair."""
        return self._group.generate()

    def complete(self, private: bytes) -> KeyPair:
        """Add the public half."""
        return self._group.complete(private)

    def accepts(self, public: bytes) -> bool:
        """Tell whether one can encapsulate to this public key."""
        return self._group.accepts(public)

    def derive(self, material: bytes) -> KeyPair:
        """Derive a key pair (RFC 9180 §7.1.3)."""
        key = self._kdf.labeled_extract(self._suite, b"", b"dkp_prk", material)

        def expand(label: bytes, info: bytes, length: int) -> bytes:
            return self._kdf.labeled_expand(self._suite, key, label, info, length)

        return self._group.complete(self._group.private_from(expand))

    def encapsulate(self, public: bytes) -> tuple[bytes, bytes]:
        """Give the KEM's output and the shared secret."""
        ephemeral = self._group.generate()
        shared = self._group.exchange(ephemeral.private, public)
        return ephemeral.public, self._shared_secret(shared, ephemeral.public + public)

    def decapsulate(self, private: bytes, kem_output: bytes) -> bytes:
        """Give the shared secret."""
        shared = self._group.exchange(private, kem_output)
        return self._shared_secret(shared, kem_output + self._group.complete(private).public)

    def _shared_secret(self, shared: bytes, context: bytes) -> bytes:
        key = self._kdf.labeled_extract(self._suite, b"", b"eae_prk", shared)
        return self._kdf.labeled_expand(self._suite, key, b"shared_secret", context, self._kdf.size)


@dataclass(frozen=True, slots=True)
class Aead:
    """An AEAD with the lengths of its key and nonce."""

    id: int
    key_length: int
    nonce_length: int
    seal: Callable[[bytes, bytes, bytes, bytes], bytes]
    open: Callable[[bytes, bytes, bytes, bytes], bytes]


class BaseMode:
    """HPKE's base mode, single-shot (RFC 9180 §5.1.1, §5.3, §6)."""

    def __init__(self, kem: Kem, kdf: Kdf, aead: Aead) -> None:
        self._kem = kem
        self._kdf = kdf
        self._aead = aead
        self._suite = b"HPKE" + b"".join(n.to_bytes(2, "big") for n in (kem.id, kdf.id, aead.id))

    def seal(self, public: bytes, info: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
        """Encrypt with no associated data."""
        kem_output, shared = self._kem.encapsulate(public)
        key, nonce = self._key_and_nonce(shared, info)
        return kem_output, self._aead.seal(key, nonce, b"", plaintext)

    def open(self, private: bytes, info: bytes, kem_output: bytes, ciphertext: bytes) -> bytes:
        """Decrypt with no associated data."""
        key, nonce = self._key_and_nonce(self._kem.decapsulate(private, kem_output), info)
        return self._aead.open(key, nonce, b"", ciphertext)

    def export_to(self, public: bytes, context: bytes, length: int) -> tuple[bytes, bytes]:
        """Give the KEM's output and a secret only the receiver can export."""
        kem_output, shared = self._kem.encapsulate(public)
        return kem_output, self._export(shared, context, length)

    def export_from(self, private: bytes, kem_output: bytes, context: bytes, length: int) -> bytes:
        """Give the secret that `export_to` gave the sender."""
        return self._export(self._kem.decapsulate(private, kem_output), context, length)

    def _export(self, shared: bytes, context: bytes, length: int) -> bytes:
        exporter = self._schedule(shared, b"", b"exp", self._kdf.size)
        return self._kdf.labeled_expand(self._suite, exporter, b"sec", context, length)

    def _key_and_nonce(self, shared: bytes, info: bytes) -> tuple[bytes, bytes]:
        key = self._schedule(shared, info, b"key", self._aead.key_length)
        return key, self._schedule(shared, info, b"base_nonce", self._aead.nonce_length)

    def _schedule(self, shared: bytes, info: bytes, label: bytes, length: int) -> bytes:
        psk_id_hash = self._kdf.labeled_extract(self._suite, b"", b"psk_id_hash", b"")
        info_hash = self._kdf.labeled_extract(self._suite, b"", b"info_hash", info)
        secret = self._kdf.labeled_extract(self._suite, shared, b"secret", b"")
        return self._kdf.labeled_expand(self._suite, secret, label, _BASE + psk_id_hash + info_hash, length)


def nist_private_key(expand: Expand, order: int, size: int, first_byte_mask: int) -> bytes:
    """Make a private key of a NIST curve by rejection sampling (RFC 9180 §7.1.3)."""
    for counter in range(256):
        candidate = bytearray(expand(b"candidate", bytes([counter]), size))
        candidate[0] &= first_byte_mask
        if 0 < int.from_bytes(candidate, "big") < order:
            return bytes(candidate)
    raise CryptoError("no private key in 256 candidates")
