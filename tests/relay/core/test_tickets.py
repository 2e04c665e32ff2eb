"""Tickets: only the relay can write them, and each serves one account."""

from __future__ import annotations

from base64 import b64decode, b64encode

from hypothesis import given
from hypothesis import strategies as st

from havre.relay.core.tickets import KEY_BYTES, read_ticket, write_ticket

KEY, ACCOUNT = b"k" * KEY_BYTES, b"a" * 32
NUMBERS = st.integers(0, 2**64 - 1)


@given(NUMBERS)
def test_a_ticket_says_its_number(number: int) -> None:
    assert read_ticket(KEY, ACCOUNT, write_ticket(KEY, ACCOUNT, number)) == number


@given(NUMBERS)
def test_it_serves_nobody_else_and_no_other_relay(number: int) -> None:
    ticket = write_ticket(KEY, ACCOUNT, number)
    assert read_ticket(KEY, b"b" * 32, ticket) is None
    assert read_ticket(b"l" * KEY_BYTES, ACCOUNT, ticket) is None


@given(NUMBERS, st.integers(0, 24 * 8 - 1))
def test_a_changed_bit_makes_it_worthless(number: int, bit: int) -> None:
    data = bytearray(b64decode(write_ticket(KEY, ACCOUNT, number)))
    data[bit // 8] ^= 1 << bit % 8
    assert read_ticket(KEY, ACCOUNT, b64encode(data).decode()) is None


@given(st.text())
def test_rubbish_is_no_ticket(text: str) -> None:
    assert read_ticket(KEY, ACCOUNT, text) is None
