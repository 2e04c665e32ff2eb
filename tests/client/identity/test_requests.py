"""Signed requests: what is signed is what is asked, and no number comes twice."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from havre.client.identity.requests import RequestNumbers, RequestSigner
from havre.wire.directory import DEVICE_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER
from havre.wire.records import request_bytes
from tests.client.identity.people import ALICE, SIGNATURES, keys


def signer(device: bytes | None) -> RequestSigner:
    key = ALICE.account if device is None else keys(11)
    return RequestSigner(ALICE.account.id, device, SIGNATURES, key.private, RequestNumbers(lambda: 1000))


def test_signature_covers_the_request() -> None:
    headers = signer(None).headers("PUT", "/v1/accounts/aa/record", b"body")
    assert DEVICE_HEADER not in headers
    expected = request_bytes("PUT", "/v1/accounts/aa/record", ALICE.account.id, 1000, sha256(b"body").digest())
    assert SIGNATURES.verify(ALICE.account.public, expected, b64decode(headers[SIGNATURE_HEADER]))


def test_device_signs_as_itself() -> None:
    assert signer(b"d" * 16).headers("GET", "/", b"")[DEVICE_HEADER] == (b"d" * 16).hex()


def test_a_retry_has_a_new_number() -> None:
    one = signer(None)
    numbers = [one.headers("PUT", "/", b"")[SEQUENCE_HEADER] for _ in range(3)]
    assert numbers == ["1000", "1001", "1002"]


@given(clock=st.lists(st.integers(0, 2**41), min_size=1), last=st.integers(0, 2**41))
def test_numbers_only_go_up(clock: list[int], last: int) -> None:
    ticks = iter(clock)
    numbers = RequestNumbers(lambda: next(ticks), last)
    given_out = [last] + [numbers.next() for _ in clock]
    assert given_out == sorted(set(given_out))


def test_private_key_is_never_shown() -> None:
    assert repr(ALICE.account.private) not in repr(signer(None))
