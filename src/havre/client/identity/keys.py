"""What identity asks of a cryptographic provider (`havre.mls.crypto` has it), and a key pair that shows no secret."""

from __future__ import annotations

from typing import Protocol


class SignatureKeys(Protocol):
    """An Ed25519 key pair: 32 bytes each."""

    @property
    def private(self) -> bytes:
        """The secret half."""

    @property
    def public(self) -> bytes:
        """The half that everybody may know."""


class Signatures(Protocol):
    """Ed25519, as the providers of `havre.mls.crypto` have it for our suites."""

    def sign(self, private: bytes, data: bytes) -> bytes:
        """Return the signature (64 bytes)."""

    def verify(self, public: bytes, data: bytes, signature: bytes) -> bool:
        """Tell whether the signature is the key's over the data; malformed input is not."""
