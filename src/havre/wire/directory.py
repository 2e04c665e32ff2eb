"""The JSON bodies of the HTTP directory and blob API. Byte strings travel as base64, ids in paths as lower-case hex."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from havre.wire.sizes import (
    MAX_KEY_PACKAGES,
    AccountId,
    BlobId,
    Cursor,
    DeviceId,
    Hash,
    Signature,
    Ttl,
)
from havre.wire.stream import Hashes

SIGNATURE_HEADER: Final = "Havre-Signature"
"""base64 of the Ed25519 signature over `records.request_bytes`."""
SEQUENCE_HEADER: Final = "Havre-Sequence"
"""A number above the signer's last; the client's clock in milliseconds, or one more than the last."""
DEVICE_HEADER: Final = "Havre-Device"
"""Hex id of the device that signed; absent: the account key did."""
UPLOAD_HEADER: Final = "Havre-Upload"
"""base64 of the upload secret (32 bytes) of a blob."""
TICKET_HEADER: Final = "Havre-Ticket"
"""The ticket of somebody who waits in line to sign up, as the relay gave it."""
OFFSET_HEADER: Final = "Upload-Offset"
LENGTH_HEADER: Final = "Upload-Length"

KeyPackageBytes = Annotated[bytes, Meta(min_length=1, max_length=16384)]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object; unknown members are refused."""


class Slowness(_Body, frozen=True):
    """How the slow hash of a user name is worked out: Argon2id with these parameters, 32 bytes long."""

    salt: Annotated[bytes, Meta(min_length=16, max_length=16)]
    passes: int
    memory_kib: int
    lanes: int


class RelayInfo(_Body, frozen=True):
    """`GET /v1/relay`: what a client must know before it signs up."""

    version: int
    names: Slowness
    frame_bytes: int
    entry_bytes: int
    blob_bytes: int
    ttl: int


class Upload(_Body, frozen=True):
    """Key packages of one device: one-time ones to add, and a last resort that replaces the former one."""

    one_time: Annotated[list[KeyPackageBytes], Meta(max_length=MAX_KEY_PACKAGES)] = []
    last_resort: KeyPackageBytes | None = None


class SignUp(_Body, frozen=True):
    """`PUT /v1/accounts/{account}`: everything that a new account needs, in one signed request."""

    record: Annotated[bytes, Meta(max_length=4096)]
    signature: Signature
    inbox: Hashes
    key_packages: Upload
    """Of the record's first device."""
    name: Hash | None = None
    """The slow hash of the user name."""


class Publish(_Body, frozen=True):
    """`PUT /v1/accounts/{account}/record`: a newer record (devices added or revoked, another inbox)."""

    record: Annotated[bytes, Meta(max_length=4096)]
    signature: Signature


class Published(_Body, frozen=True):
    """`GET /v1/accounts/{account}`: the account's record as its owner signed it."""

    record: bytes
    signature: Signature


class Named(_Body, frozen=True):
    """`GET /v1/names/{hash}`: the account of a user name."""

    account: AccountId


class Taken(_Body, frozen=True):
    """One device's key package, handed out by `POST /v1/accounts/{account}/key-packages/take`."""

    device: DeviceId
    key_package: bytes
    last_resort: bool


class TakenAll(_Body, frozen=True):
    """One key package for every device that has any."""

    key_packages: list[Taken]


class Stock(_Body, frozen=True):
    """`GET /v1/accounts/{account}/devices/{device}/key-packages`: how many one-time ones are left."""

    one_time: int


class NewBlob(_Body, frozen=True):
    """`POST /v1/blobs`: reserve a name for an encrypted file. The same again is harmless."""

    blob: BlobId
    size: Cursor
    """Bytes of ciphertext that will come."""
    upload: Hash
    """SHA-256 of the upload secret, which uploads and deletes."""
    ttl: Ttl = 0
    """Seconds to keep it; 0: the relay's maximum."""
