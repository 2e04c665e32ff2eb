"""What an account signs: its record in the directory, the certificates of its devices, its requests.

This module lays out the bytes; whoever holds a key signs or checks them. Every signature is Ed25519 over a label that
belongs to one purpose, a zero byte, and the payload, so that none can be passed off as another's.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from havre.wire.frames import Frame
from havre.wire.sizes import (
    MAX_DEVICES,
    AccountId,
    DeviceId,
    PublicKey,
    QueueId,
    Sequence,
    Signature,
)

RECORD_LABEL: Final = b"havre/1 account record"
CERTIFICATE_LABEL: Final = b"havre/1 device certificate"
FAREWELL_LABEL: Final = b"havre/1 farewell"
REQUEST_LABEL: Final = b"havre/1 request"
ACCOUNT_LABEL: Final = b"havre/1 account id"
INBOX_LABEL: Final = b"havre/1 inbox write"


class _Record(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Fields travel as an array without names; more or fewer of them are refused."""


class DeviceCertificate(_Record, frozen=True):
    """The account says: this device key is mine. Rides in the MLS credential of every leaf."""

    account_key: PublicKey
    device: DeviceId
    device_key: PublicKey
    """The Ed25519 key with which the device signs as an MLS member and towards the relay."""
    issued: int
    """Seconds since 1970, by the issuing device's clock."""
    signature: Signature
    """By the account key over `certificate_bytes`."""


class AccountRecord(_Record, frozen=True):
    """What the directory says about an account; a higher sequence replaces a lower one."""

    account_key: PublicKey
    sequence: Sequence
    inbox: QueueId
    devices: Annotated[list[DeviceCertificate], Meta(min_length=1, max_length=MAX_DEVICES)]


class SignedRecord(_Record, frozen=True):
    """An encoded `AccountRecord` and the account key's signature over exactly those bytes."""

    record: Annotated[bytes, Meta(max_length=4096)]
    signature: Signature


CERTIFICATE: Final[Frame[DeviceCertificate]] = Frame(DeviceCertificate)
RECORD: Final[Frame[AccountRecord]] = Frame(AccountRecord)
SIGNED_RECORD: Final[Frame[SignedRecord]] = Frame(SignedRecord)


def signed_bytes(label: bytes, payload: bytes) -> bytes:
    """Return what is signed for one purpose: the label, a zero byte, the payload."""
    return label + b"\x00" + payload


def certificate_bytes(account_key: bytes, device: bytes, device_key: bytes, issued: int) -> bytes:
    """Return what the account key signs to certify a device (all of the certificate but the signature)."""
    return signed_bytes(CERTIFICATE_LABEL, msgspec.msgpack.encode([account_key, device, device_key, issued]))


def record_bytes(record: bytes) -> bytes:
    """Return what the account key signs to publish an encoded `AccountRecord`."""
    return signed_bytes(RECORD_LABEL, record)


def farewell_bytes(account: AccountId) -> bytes:
    """Return what the account key signs to say that the account is deleted."""
    return signed_bytes(FAREWELL_LABEL, account)


def request_bytes(method: str, path: str, account: AccountId, sequence: int, body_hash: bytes) -> bytes:
    """Return what is signed for a changing request; `body_hash` is the SHA-256 of the body, empty bodies included."""
    return signed_bytes(REQUEST_LABEL, msgspec.msgpack.encode([method, path, account, sequence, body_hash]))
