"""Real keys for the tests of identity, and one person who has everything."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from havre.client.identity.account import AccountKey, certify_device, sign_record
from havre.wire.records import DeviceCertificate, SignedRecord


class Ed25519:
    """Signatures as the provider of `havre.mls.crypto` has them."""

    def sign(self, private: bytes, data: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(private).sign(data)

    def verify(self, public: bytes, data: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True


SIGNATURES = Ed25519()


def keys(seed: int) -> AccountKey:
    """Return the key pair that belongs to a small number."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return AccountKey(private.public_key().public_bytes_raw(), private.private_bytes_raw())


def fresh_keys() -> AccountKey:
    """Return a key pair that nobody has used before."""
    private = Ed25519PrivateKey.generate()
    return AccountKey(private.public_key().public_bytes_raw(), private.private_bytes_raw())


@dataclass(frozen=True)
class Person:
    """An account with devices; device keys are made from small numbers as well."""

    account: AccountKey
    devices: tuple[int, ...]
    inbox: bytes = b"i" * 16

    def certificate(self, device: int) -> DeviceCertificate:
        return certify_device(SIGNATURES, self.account, bytes([device]) * 16, keys(device).public, 1_700_000_000)

    def record(self, sequence: int = 1) -> SignedRecord:
        certificates = [self.certificate(device) for device in self.devices]
        return sign_record(SIGNATURES, self.account, sequence, self.inbox, certificates)


ALICE = Person(keys(1), (11, 12))
BOB = Person(keys(2), (21,))
