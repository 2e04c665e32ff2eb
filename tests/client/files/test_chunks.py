"""A chunk opens as what it is and where it belongs, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.client.files.chunks import ChunkCipher, ChunkError, FileKey
from tests.client.files.transfers import AEAD

KEY = FileKey(b"k" * 32, b"prefix!")
CIPHER = ChunkCipher(AEAD, KEY)


@given(chunk=st.binary(max_size=100), index=st.integers(0, 2**32 - 1), last=st.booleans())
def test_round_trip(chunk: bytes, index: int, last: bool) -> None:
    assert CIPHER.open(index, last, CIPHER.seal(index, last, chunk)) == chunk


@pytest.mark.parametrize(("index", "last"), [(1, False), (0, True), (2**32 - 1, False)])
def test_elsewhere(index: int, last: bool) -> None:
    with pytest.raises(ChunkError):
        CIPHER.open(index, last, CIPHER.seal(0, False, b"chunk"))


@given(bit=st.integers(0, 8 * 21 - 1))
def test_one_bit(bit: int) -> None:
    sealed = bytearray(CIPHER.seal(0, False, b"chunk"))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ChunkError):
        CIPHER.open(0, False, bytes(sealed))


@given(sealed=st.binary(max_size=64))
def test_any_bytes(sealed: bytes) -> None:
    with pytest.raises(ChunkError):
        CIPHER.open(0, True, sealed)


def test_another_file() -> None:
    sealed = CIPHER.seal(0, True, b"chunk")
    for other in (FileKey(b"K" * 32, KEY.prefix), FileKey(KEY.key, b"PREFIX!")):
        with pytest.raises(ChunkError):
            ChunkCipher(AEAD, other).open(0, True, sealed)


def test_it_is_aes_256() -> None:
    with pytest.raises(ValueError):
        FileKey(b"k" * 16, KEY.prefix)


def test_the_key_is_never_shown() -> None:
    assert "k" * 8 not in repr(CIPHER)
    assert "prefix!" not in repr(CIPHER)
