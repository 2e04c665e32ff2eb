"""Ed25519 checks of what accounts and devices sign.

They are most of what a sign-up costs, so libsodium does them here: it takes half of OpenSSL's time for each.
"""

from __future__ import annotations

from typing import Final

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from havre.relay.core.ledger import RefusalError
from havre.relay.core.requests import Proven
from havre.wire.capability import account_id
from havre.wire.frames import WireError
from havre.wire.records import RECORD, AccountRecord, DeviceCertificate, certificate_bytes, record_bytes
from havre.wire.refusals import Code
from havre.wire.sizes import KEY_BYTES, SIGNATURE_BYTES, AccountId

_BAD: Final = "the signature does not fit"


def check(key: bytes, signature: bytes, message: bytes) -> None:
    """Raise RefusalError unless `signature` (64 bytes) is `key`'s over `message`."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:  # libsodium would read past a shorter one's end
        raise RefusalError(Code.SIGNATURE, _BAD)
    try:
        crypto_sign_open(signature + message, key)
    except BadSignatureError:
        raise RefusalError(Code.SIGNATURE, _BAD) from None


def prove(account: AccountId, encoded: bytes, signature: bytes) -> Proven:
    """Return a record that is this account's, signed by its key, with certificates that hold; raises RefusalError."""
    proven = vouched(account, encoded, signature)
    check(proven.record.account_key, signature, record_bytes(encoded))
    for certificate in proven.record.devices:
        _check_certificate(certificate)
    return proven


def vouched(account: AccountId, encoded: bytes, signature: bytes) -> Proven:
    """Return a record that is this account's and came in a request which its key signed whole; raises RefusalError.

    Whoever holds that key could sign the record and its certificates as well, so checking these, too, would prove
    nothing more to the relay. They are for those who fetch the record, who trust no relay and check them themselves.
    """
    try:
        record = RECORD.decode(encoded)
    except WireError as error:
        raise RefusalError(Code.MALFORMED, f"the account record cannot be read: {error}") from None
    if account_id(record.account_key) != account:
        raise RefusalError(Code.SIGNATURE, "the account id is not that of the record's key")
    _check_devices(record)
    return Proven(record, encoded, signature)


def _check_devices(record: AccountRecord) -> None:
    if len({certificate.device for certificate in record.devices}) != len(record.devices):
        raise RefusalError(Code.MALFORMED, "the account record names a device twice")
    if any(certificate.account_key != record.account_key for certificate in record.devices):
        raise RefusalError(Code.SIGNATURE, "a device certificate is another account's")


def _check_certificate(certificate: DeviceCertificate) -> None:
    key, device = certificate.account_key, certificate.device
    check(key, certificate.signature, certificate_bytes(key, device, certificate.device_key, certificate.issued))
