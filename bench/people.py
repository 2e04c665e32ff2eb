"""New people, all of whose requests are signed before a clock starts, by as many processes as there are cores."""

from __future__ import annotations

import multiprocessing
import os
import time
from base64 import b64encode
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.progress import track

from havre.wire.capability import Capabilities, account_id, inbox_write
from havre.wire.directory import SEQUENCE_HEADER, SIGNATURE_HEADER, SignUp, Upload
from havre.wire.records import RECORD, AccountRecord, DeviceCertificate, certificate_bytes, record_bytes, request_bytes

KEY_PACKAGE_BYTES: Final = 2869
"""What a key package of the post-quantum suite takes."""
CHUNK: Final = 200


def sign_up() -> bytes:
    """Return one new person's sign-up as it goes over the wire: account, name, device, last resort, inbox."""
    key, device, device_key = Ed25519PrivateKey.generate(), os.urandom(16), os.urandom(32)
    public = key.public_key().public_bytes_raw()
    certificate = DeviceCertificate(
        public, device, device_key, 1, key.sign(certificate_bytes(public, device, device_key, 1))
    )
    record = RECORD.encode(AccountRecord(public, 1, os.urandom(16), [certificate]))
    inbox = Capabilities(os.urandom(32), inbox_write(public), os.urandom(32)).hashes()
    packages = Upload([], os.urandom(KEY_PACKAGE_BYTES))
    form = SignUp(record, key.sign(record_bytes(record)), inbox, packages, os.urandom(32))
    return _request(key, account_id(public), msgspec.json.encode(form))


def _request(key: Ed25519PrivateKey, account: bytes, body: bytes) -> bytes:
    path, sequence = f"/v1/accounts/{account.hex()}", time.time_ns() // 1_000_000
    signature = key.sign(request_bytes("PUT", path, account, sequence, sha256(body).digest()))
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"{SEQUENCE_HEADER}: {sequence}\r\n{SIGNATURE_HEADER}: {b64encode(signature).decode()}\r\n\r\n"
    )
    return head.encode() + body


def _some(_: int) -> list[bytes]:
    return [sign_up() for _ in range(CHUNK)]


def crowd(count: int) -> list[bytes]:
    """Return so many new people's sign-ups."""
    chunks = -(-count // CHUNK)
    with multiprocessing.get_context("spawn").Pool() as pool:
        made = pool.imap_unordered(_some, range(chunks))
        return [one for some in track(made, f"{count:,} people sign", chunks, transient=True) for one in some]
