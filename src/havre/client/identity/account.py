"""Accounts and devices: the account key certifies device keys, and signs what the directory says about the account.

Rules that `check_certificate` and `check_record` hold, each with a test of that name:

1. id: the account key hashes to the expected account id (what a contact link carries); else `KeyMismatch`.
2. record-signature: the account key signed exactly the bytes of the record.
3. certificate-account: every certificate names the record's account key.
4. certificate-signature: the account key signed every certificate.
5. devices-distinct: no device id and no device key appears twice.
6. sequence: not lower than the last one seen; else `RecordStale`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from havre.client.errors import KeyMismatch, RecordStale
from havre.client.identity.keys import SignatureKeys, Signatures
from havre.wire.capability import account_id
from havre.wire.frames import WireError
from havre.wire.records import (
    CERTIFICATE,
    RECORD,
    AccountRecord,
    DeviceCertificate,
    SignedRecord,
    certificate_bytes,
    record_bytes,
)


@dataclass(frozen=True, slots=True)
class AccountKey:
    """The key pair that an account is; held by devices that may link others, and by the backup."""

    public: bytes
    private: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """The account's id (32 bytes), which contact links carry."""
        return account_id(self.public)

    @classmethod
    def of(cls, keys: SignatureKeys) -> AccountKey:
        """Take over a fresh key pair of the provider."""
        return cls(keys.public, keys.private)


def certify_device(
    signatures: Signatures, account: AccountKey, device: bytes, device_key: bytes, issued: int
) -> DeviceCertificate:
    """Return the account's word that a device key (32 bytes) is its own; `issued` in seconds since 1970."""
    signed = certificate_bytes(account.public, device, device_key, issued)
    return DeviceCertificate(account.public, device, device_key, issued, signatures.sign(account.private, signed))


def check_certificate(signatures: Signatures, certificate: DeviceCertificate, expected_account: bytes) -> None:
    """Raise `KeyMismatch` unless the account with the expected id certified this device key."""
    if account_id(certificate.account_key) != expected_account:
        raise KeyMismatch("a device is certified by another account")
    _check_signed_device(signatures, certificate)


def sign_record(
    signatures: Signatures, account: AccountKey, sequence: int, inbox: bytes, devices: list[DeviceCertificate]
) -> SignedRecord:
    """Return the account's record for the directory; `sequence` must be above that of every earlier record."""
    record = RECORD.encode(AccountRecord(account.public, sequence, inbox, devices))
    return SignedRecord(record, signatures.sign(account.private, record_bytes(record)))


def check_record(
    signatures: Signatures, signed: SignedRecord, expected_account: bytes, last_sequence: int = 0
) -> AccountRecord:
    """Return what a relay's record of an account says, once all of it is proven; see the rules above.

    Raises `KeyMismatch` or `RecordStale`. The caller stores the sequence and hands it in at the next check.
    """
    record = _decode_record(signed.record)
    if account_id(record.account_key) != expected_account:
        raise KeyMismatch("the account key is not the one that the contact link or an earlier message named")
    if not signatures.verify(record.account_key, record_bytes(signed.record), signed.signature):
        raise KeyMismatch("the account's record is not signed by the account")
    _check_devices(signatures, record)
    if record.sequence < last_sequence:
        raise RecordStale(last_sequence, record.sequence)
    return record


def credential_identity(certificate: DeviceCertificate) -> bytes:
    """Return the identity bytes of a device's MLS basic credential."""
    return CERTIFICATE.encode(certificate)


def device_of_credential(signatures: Signatures, identity: bytes, signature_key: bytes) -> DeviceCertificate:
    """Return the certificate in an MLS credential, proven, for the leaf that signs with `signature_key`.

    Raises `KeyMismatch` for anything else. Which account it is, is in the certificate; who that is to us, the caller
    must know.
    """
    try:
        certificate = CERTIFICATE.decode(identity)
    except WireError:
        raise KeyMismatch("a member's credential is no device certificate") from None
    if certificate.device_key != signature_key:
        raise KeyMismatch("a member signs with another key than its certificate names")
    _check_signed_device(signatures, certificate)
    return certificate


def device_of_certificate(signatures: Signatures, identity: bytes) -> DeviceCertificate:
    """Return the certificate in an MLS credential, proven, of whichever device it is; raises `KeyMismatch`."""
    try:
        certificate = CERTIFICATE.decode(identity)
    except WireError:
        raise KeyMismatch("this is no device certificate") from None
    return device_of_credential(signatures, identity, certificate.device_key)


def _decode_record(data: bytes) -> AccountRecord:
    try:
        return RECORD.decode(data)
    except WireError:
        raise KeyMismatch("the account's record cannot be read") from None


def _check_devices(signatures: Signatures, record: AccountRecord) -> None:
    for certificate in record.devices:
        if certificate.account_key != record.account_key:
            raise KeyMismatch("a device in the account's record is certified by another account")
        _check_signed_device(signatures, certificate)
    ids = {certificate.device for certificate in record.devices}
    keys = {certificate.device_key for certificate in record.devices}
    if not len(ids) == len(keys) == len(record.devices):
        raise KeyMismatch("a device appears twice in the account's record")


def _check_signed_device(signatures: Signatures, certificate: DeviceCertificate) -> None:
    signed = certificate_bytes(certificate.account_key, certificate.device, certificate.device_key, certificate.issued)
    if not signatures.verify(certificate.account_key, signed, certificate.signature):
        raise KeyMismatch("a device is not certified by the account that it names")
