"""Who signed a request: the account key, or a device that the account's record names."""

from __future__ import annotations

from hashlib import sha256

from havre.relay import signatures
from havre.relay.core.ledger import RefusalError
from havre.relay.core.requests import Signer
from havre.relay.http.call import Call, hex_id
from havre.wire.directory import DEVICE_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER
from havre.wire.records import RECORD, AccountRecord, request_bytes
from havre.wire.refusals import Code
from havre.wire.sizes import DEVICE_BYTES, SIGNATURE_BYTES, AccountId


async def by_account(call: Call, account: AccountId, body: bytes) -> Signer:
    """Check that the account's key signed; raises RefusalError."""
    record = await _record(call, account)
    return by_key(call, record.account_key, account, body)


async def by_account_or_device(call: Call, account: AccountId, body: bytes) -> Signer:
    """Check that the account's key or one of its devices signed; raises RefusalError."""
    record = await _record(call, account)
    name = call.request.headers.get(DEVICE_HEADER)
    if name is None:
        return by_key(call, record.account_key, account, body)
    device = hex_id(name, DEVICE_HEADER, DEVICE_BYTES)
    for certificate in record.devices:
        if certificate.device == device:
            sequence = _check(call, certificate.device_key, account, body)
            return Signer(account, sequence, device, certificate.device_key)
    raise RefusalError(Code.UNKNOWN, "this account has no such device")


def by_key(call: Call, key: bytes, account: AccountId, body: bytes) -> Signer:
    """Check that this account key signed; raises RefusalError."""
    if DEVICE_HEADER in call.request.headers:
        raise RefusalError(Code.SIGNATURE, "this needs the account key; a device key is not enough")
    return Signer(account, _check(call, key, account, body))


def _check(call: Call, key: bytes, account: AccountId, body: bytes) -> int:
    sequence = call.header_number(SEQUENCE_HEADER)
    signature = call.header_bytes(SIGNATURE_HEADER, SIGNATURE_BYTES)
    path: str = call.request.scope["path"]
    message = request_bytes(call.request.method, path, account, sequence, sha256(body).digest())
    signatures.check(key, signature, message)
    return sequence


async def _record(call: Call, account: AccountId) -> AccountRecord:
    row = await call.read(lambda store: store.account(account))
    if row is None:
        raise RefusalError(Code.UNKNOWN, "there is no such account here")
    return RECORD.decode(row.record)
