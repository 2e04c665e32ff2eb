"""What an account signs is believed only when every rule at the top of `identity.account` holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.client.errors import KeyMismatch, RecordStale
from havre.client.identity.account import (
    AccountKey,
    check_certificate,
    check_record,
    credential_identity,
    device_of_credential,
)
from havre.wire.records import RECORD, AccountRecord, DeviceCertificate, SignedRecord, record_bytes
from tests.client.identity.people import ALICE, BOB, SIGNATURES, Person, keys


def signed(account: AccountKey, record: AccountRecord) -> SignedRecord:
    """Sign whatever record a dishonest (or honest) owner of the key would."""
    data = RECORD.encode(record)
    return SignedRecord(data, SIGNATURES.sign(account.private, record_bytes(data)))


def test_record_is_believed() -> None:
    record = check_record(SIGNATURES, ALICE.record(7), ALICE.account.id, 7)
    assert record.inbox == ALICE.inbox
    assert [device.device_key for device in record.devices] == [keys(11).public, keys(12).public]


def test_rule_id() -> None:
    with pytest.raises(KeyMismatch, match="contact link"):
        check_record(SIGNATURES, BOB.record(), ALICE.account.id)


def test_rule_record_signature() -> None:
    genuine = ALICE.record()
    forged = SignedRecord(genuine.record, SIGNATURES.sign(BOB.account.private, record_bytes(genuine.record)))
    with pytest.raises(KeyMismatch, match="not signed"):
        check_record(SIGNATURES, forged, ALICE.account.id)


def test_rule_certificate_account() -> None:
    record = AccountRecord(ALICE.account.public, 1, ALICE.inbox, [BOB.certificate(21)])
    with pytest.raises(KeyMismatch, match="another account"):
        check_record(SIGNATURES, signed(ALICE.account, record), ALICE.account.id)
    with pytest.raises(KeyMismatch, match="another account"):
        check_certificate(SIGNATURES, BOB.certificate(21), ALICE.account.id)


def test_rule_certificate_signature() -> None:
    good = ALICE.certificate(11)
    forged = DeviceCertificate(good.account_key, good.device, keys(66).public, good.issued, good.signature)
    record = AccountRecord(ALICE.account.public, 1, ALICE.inbox, [forged])
    with pytest.raises(KeyMismatch, match="not certified"):
        check_record(SIGNATURES, signed(ALICE.account, record), ALICE.account.id)
    with pytest.raises(KeyMismatch, match="not certified"):
        check_certificate(SIGNATURES, forged, ALICE.account.id)
    check_certificate(SIGNATURES, good, ALICE.account.id)


@pytest.mark.parametrize("devices", [(11, 11), (11, 12, 11)])
def test_rule_devices_distinct(devices: tuple[int, ...]) -> None:
    with pytest.raises(KeyMismatch, match="twice"):
        check_record(SIGNATURES, Person(ALICE.account, devices).record(), ALICE.account.id)


def test_rule_sequence() -> None:
    with pytest.raises(RecordStale) as caught:
        check_record(SIGNATURES, ALICE.record(4), ALICE.account.id, 5)
    assert (caught.value.seen, caught.value.given) == (5, 4)


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_record_changed_by_one_bit(position: int, bit: int) -> None:
    genuine = ALICE.record()
    data = bytearray(genuine.record)
    data[position % len(data)] ^= 1 << bit
    with pytest.raises(KeyMismatch):
        check_record(SIGNATURES, SignedRecord(bytes(data), genuine.signature), ALICE.account.id)


@given(data=st.binary(max_size=400))
def test_any_bytes_are_no_record_and_no_credential(data: bytes) -> None:
    with pytest.raises(KeyMismatch):
        check_record(SIGNATURES, SignedRecord(data, bytes(64)), ALICE.account.id)
    with pytest.raises(KeyMismatch):
        device_of_credential(SIGNATURES, data, keys(11).public)


def test_credential_names_account_and_device() -> None:
    identity = credential_identity(ALICE.certificate(11))
    assert device_of_credential(SIGNATURES, identity, keys(11).public) == ALICE.certificate(11)


def test_credential_of_another_leaf() -> None:
    with pytest.raises(KeyMismatch, match="another key"):
        device_of_credential(SIGNATURES, credential_identity(ALICE.certificate(11)), keys(12).public)


def test_account_key_is_never_shown() -> None:
    assert repr(ALICE.account.private) not in repr(ALICE.account)
    assert "private" not in repr(ALICE.account)
