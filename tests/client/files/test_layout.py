"""Sizes: what the relay sees is one of few, and never much more than the file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from havre.client.files.layout import CHUNK, LARGEST, TAG, chunk_count, chunk_size, padded_size, sealed_size
from havre.relay.config import RelayConfig
from havre.relay.core.limits import Limits

sizes = st.integers(0, LARGEST)


@given(size=sizes)
def test_padding(size: int) -> None:
    padded = padded_size(size)
    assert padded >= size
    assert padded == padded_size(padded)
    assert size <= 1024 or padded <= size * 1.12
    assert size < 10**8 or padded <= size * 1.032


def test_few_sizes_are_seen() -> None:
    assert {padded_size(size) for size in range(1025)} == {1024}
    assert len({padded_size(size) for size in range(100_000, 110_000)}) <= 6
    assert padded_size(9 * 2**20 + 1) == 9 * 2**20 + 2**18


@given(size=st.integers(0, 2**30))
def test_chunks_make_up_the_file(size: int) -> None:
    count = chunk_count(size)
    assert (count - 1) * CHUNK + chunk_size(size, count - 1) == padded_size(size)
    assert 0 < chunk_size(size, count - 1) <= CHUNK
    assert sealed_size(size) == padded_size(size) + count * TAG


@given(size=st.integers(0, 4 * 2**30))
def test_files_of_4_gib_fit(size: int) -> None:
    assert sealed_size(size) <= Limits().blob_bytes == RelayConfig.model_fields["blob_bytes"].default
    assert chunk_count(size) < 2**32, "the chunk counter of the nonce has four bytes"
