"""How large things look: sizes are rounded up to few, so that a length says little about what is in it."""

from __future__ import annotations


def padme(size: int, smallest: int) -> int:
    """Return the size to pad `size` bytes to, `smallest` at least.

    Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs") lets a size
    have no more significant bits than its own length has digits in binary; at most 12 %, below 1 % for what is large.
    """
    if size <= smallest:
        return smallest
    exponent = size.bit_length() - 1
    zeros = exponent - exponent.bit_length()
    mask = (1 << zeros) - 1
    return (size + mask) & ~mask
