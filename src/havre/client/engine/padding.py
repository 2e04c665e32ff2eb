"""How long a message looks: padded to few sizes, so that its length says little about what is in it."""

from __future__ import annotations

from typing import Final

SMALLEST: Final = 256
"""Bytes: receipts, profiles and most texts all look alike."""


def padded_size(size: int) -> int:
    """Return the size to pad `size` bytes to: Padmé (Nikitin et al., PURBs), which costs at most 12 %."""
    if size <= SMALLEST:
        return SMALLEST
    exponent = size.bit_length() - 1
    zeros = exponent - exponent.bit_length()
    mask = (1 << zeros) - 1
    return (size + mask) & ~mask
