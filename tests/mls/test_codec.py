"""The presentation language: one encoding a value, and one error for everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.mls import codec
from havre.mls.errors import CodecError

SIZES = [0, 1, 63, 64, 16_383, 16_384, (1 << 30) - 1]


@pytest.mark.parametrize("size", SIZES)
def test_lengths(size: int) -> None:
    encoded = codec.varint(size)
    assert len(encoded) == (1 if size < 64 else 2 if size < 16_384 else 4)
    assert codec.read_varint(encoded, 0) == (size, len(encoded))


@pytest.mark.parametrize("encoded", ["4000", "403f", "80000000", "80003fff", "c0", "ff", "", "40", "800000"])
def test_lengths_that_are_refused(encoded: str) -> None:
    with pytest.raises(CodecError):
        codec.read_varint(bytes.fromhex(encoded), 0)


def test_a_length_that_does_not_fit() -> None:
    with pytest.raises(CodecError):
        codec.varint(1 << 30)


@given(st.binary(max_size=300))
def test_vectors(data: bytes) -> None:
    assert codec.decode_all(codec.vector(data), codec.read_opaque) == data
    with pytest.raises(CodecError):
        codec.decode_all(codec.vector(data) + b"\x00", codec.read_opaque)
    with pytest.raises(CodecError):
        codec.decode_all(codec.vector(data)[:-1], codec.read_opaque)


@given(st.lists(st.integers(0, 0xFFFF), max_size=70), st.lists(st.integers(0, 0xFFFFFFFF), max_size=70))
def test_numbers(short: list[int], long: list[int]) -> None:
    assert codec.decode_all(codec.uint16s(short), codec.read_uint16s) == tuple(short)
    assert codec.decode_all(codec.uint32s(long), codec.read_uint32s) == tuple(long)


@given(st.none() | st.binary(max_size=20))
def test_optional_values(value: bytes | None) -> None:
    encoded = codec.optional(None if value is None else codec.vector(value))
    decoded = codec.decode_all(encoded, lambda data, at: codec.read_optional(data, at, codec.read_opaque))
    assert decoded == value


def test_a_presence_of_two_is_refused() -> None:
    with pytest.raises(CodecError):
        codec.read_optional(b"\x02", 0, codec.read_opaque)


def test_a_vector_that_its_last_item_overruns() -> None:
    with pytest.raises(CodecError):
        codec.read_vector(b"\x02\x01\x01\x05\x05", 0, lambda data, at: codec.read_uint32(data, at))


def test_an_odd_vector_of_numbers() -> None:
    with pytest.raises(CodecError):
        codec.read_uint16s(b"\x03\x00\x01\x02", 0)
