"""Padded sizes are few, never smaller, and never much larger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.client.padding import padme


@pytest.mark.parametrize(("size", "padded"), [(0, 256), (256, 256), (257, 272), (1000, 1024), (100_000, 100_352)])
def test_examples(size: int, padded: int) -> None:
    assert padme(size, 256) == padded


@given(st.integers(0, 2**42))
def test_it_costs_little(size: int) -> None:
    padded = padme(size, 256)
    assert padded >= size
    assert padded <= max(256, size * 1.12)
    assert padme(padded, 256) == padded


def test_there_are_few_sizes() -> None:
    assert len({padme(size, 256) for size in range(1 << 16)}) < 130
