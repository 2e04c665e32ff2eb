"""Capabilities: who holds the secret may do the thing; the relay keeps only hashes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from havre.wire.records import ACCOUNT_LABEL, INBOX_LABEL, signed_bytes
from havre.wire.stream import Hashes


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The three secrets of a queue, 32 bytes each; never shown by `repr`."""

    read: bytes = field(repr=False)
    write: bytes = field(repr=False)
    manage: bytes = field(repr=False)

    def hashes(self) -> Hashes:
        """Return what the relay may keep of them."""
        return Hashes(capability_hash(self.read), capability_hash(self.write), capability_hash(self.manage))


def capability_hash(secret: bytes) -> bytes:
    """Return the SHA-256 (32 bytes) under which the relay knows a capability."""
    return sha256(secret).digest()


def account_id(account_key: bytes) -> bytes:
    """Return the id (32 bytes) of the account with this Ed25519 public key; the fingerprint of contact links."""
    return sha256(signed_bytes(ACCOUNT_LABEL, account_key)).digest()


def inbox_write(account_key: bytes) -> bytes:
    """Return the write capability (32 bytes) of an account's inbox.

    It follows from the public account key: whoever was given a contact link, or found the account by name, may knock.
    The relay could work it out too, and gains nothing: it can put entries into its own queues anyway.
    """
    return sha256(signed_bytes(INBOX_LABEL, account_key)).digest()
