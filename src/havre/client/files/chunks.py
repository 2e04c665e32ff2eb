"""Sealing a file chunk by chunk: the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár over AES-256-GCM.

Every file has a key of its own. Chunk `i` is sealed under the nonce

    prefix (7 bytes, random) || i (4 bytes, big end first) || 1 if it is the last chunk, else 0 (1 byte)

and with the label of this scheme as associated data. So a chunk opens in its place only, nothing can follow the last
one, and a stream that ends early has no last one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from havre.mls.errors import CryptoError

LABEL: Final = b"havre/1 file"
KEY: Final = 32
PREFIX: Final = 7


class Aead(Protocol):
    """AES-GCM with keys of 32 bytes, as the providers of `havre.mls.crypto` have it for our suites."""

    def seal(self, key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
        """Encrypt; the tag is at the end."""

    def open(self, key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes:
        """Decrypt, or raise `CryptoError`."""


class ChunkError(Exception):
    """A chunk is not what was sealed for its place."""


@dataclass(frozen=True, slots=True)
class FileKey:
    """What opens one file; used for no other."""

    key: bytes = field(repr=False)
    prefix: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if (len(self.key), len(self.prefix)) != (KEY, PREFIX):
            raise ValueError("a file key has 32 bytes, and its nonce prefix 7")


@dataclass(frozen=True, slots=True)
class ChunkCipher:
    """Seals and opens the chunks of one file."""

    aead: Aead
    file_key: FileKey

    def seal(self, index: int, last: bool, plaintext: bytes) -> bytes:
        """Seal a chunk. Never call it with different bytes for the same index: see `plan` for how that is kept."""
        return self.aead.seal(self.file_key.key, self._nonce(index, last), LABEL, plaintext)

    def open(self, index: int, last: bool, sealed: bytes) -> bytes:
        """Open a chunk; raises `ChunkError` unless it was sealed for exactly this place."""
        try:
            return self.aead.open(self.file_key.key, self._nonce(index, last), LABEL, sealed)
        except CryptoError:
            raise ChunkError("a chunk was changed, moved, or is not the last although it stands there") from None

    def _nonce(self, index: int, last: bool) -> bytes:
        return self.file_key.prefix + index.to_bytes(4, "big") + bytes([last])
