"""Where what lies in a sealed file: sizes, padding, chunks. Pure arithmetic, in bytes.

A file of `size` bytes is filled up with zeros to its padded size, cut into chunks of 256 KiB (the last one may be
shorter), and each chunk is sealed on its own, which adds 16 bytes. So the relay learns the padded size, of which there
are few (`havre.client.padding`). Files under 1 KiB all look alike.
"""

from __future__ import annotations

from typing import Final

from havre.client.padding import padme

CHUNK: Final = 256 * 1024
TAG: Final = 16
SEALED_CHUNK: Final = CHUNK + TAG
SMALLEST: Final = 1024
LARGEST: Final = 2**42
"""No file may be larger, whatever its sender says: the chunk counter must not run over."""


def padded_size(size: int) -> int:
    """Return the size to which a file is filled up."""
    return padme(size, SMALLEST)


def chunk_count(size: int) -> int:
    """Return how many chunks a file of `size` bytes has."""
    return -(-padded_size(size) // CHUNK)


def sealed_size(size: int) -> int:
    """Return how many bytes a file of `size` bytes has once it is sealed."""
    return padded_size(size) + TAG * chunk_count(size)


def chunk_size(size: int, index: int) -> int:
    """Return how many bytes the chunk of this number has before it is sealed."""
    return min(CHUNK, padded_size(size) - index * CHUNK)
