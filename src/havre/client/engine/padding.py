"""How long a message looks: padded to few sizes, so that its length says little about what is in it."""

from __future__ import annotations

from typing import Final

from havre.client.padding import padme

SMALLEST: Final = 256
"""Bytes: receipts, profiles and most texts all look alike."""


def padded_size(size: int) -> int:
    """Return the size to pad a message of `size` bytes to."""
    return padme(size, SMALLEST)
