"""What counts as a signature: RFC 8032's own example, what OpenSSL signs, and nothing else."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from havre.relay.core.ledger import RefusalError
from havre.relay.signatures import check

KEY = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_the_example_of_the_rfc_holds() -> None:
    check(KEY, SIGNATURE, b"\x72")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_what_openssl_signs_holds(seed: bytes, message: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    check(key.public_key().public_bytes_raw(), key.sign(message), message)


@pytest.mark.parametrize(
    ("key", "signature", "message"),
    [
        (KEY, SIGNATURE, b"\x73"),
        (KEY, SIGNATURE, b"\x72\x00"),
        (KEY, SIGNATURE[:-1] + b"\x01", b"\x72"),
        (KEY, SIGNATURE[:-1], b"\x00\x72"),
        (KEY, SIGNATURE + b"\x72", b""),
        (KEY, b"", SIGNATURE + b"\x72"),
        (KEY[:-1], SIGNATURE, b"\x72"),
        (b"", SIGNATURE, b"\x72"),
        (bytes(32), bytes(64), b"\x72"),
        (b"\x01" + bytes(31), b"\x01" + bytes(63), b"anything: the neutral element is no key"),
    ],
)
def test_anything_else_is_refused(key: bytes, signature: bytes, message: bytes) -> None:
    with pytest.raises(RefusalError):
        check(key, signature, message)
