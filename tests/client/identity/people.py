"""Real keys for the tests of identity, and one person who has everything."""

from __future__ import annotations

from dataclasses import dataclass

from havre.client.identity.account import AccountKey, certify_device, sign_record
from havre.mls import cipher_suite
from havre.wire.records import DeviceCertificate, SignedRecord

SIGNATURES = cipher_suite(1).provider


def keys(seed: int) -> AccountKey:
    """Return the key pair that belongs to a small number."""
    return AccountKey.of(SIGNATURES.signature_key(bytes([seed]) * 32))


def fresh_keys() -> AccountKey:
    """Return a key pair that nobody has used before."""
    return AccountKey.of(SIGNATURES.generate_signature_key())


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
