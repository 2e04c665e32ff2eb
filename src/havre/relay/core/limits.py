"""The bounds that the rules keep to, handed in by the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from havre.wire.sizes import MAX_TTL

FRAME_OVERHEAD: Final = 64 * 1024
"""Bytes of a frame that are not entries' bodies: room for 512 queues in one `Subscribed`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    frame_bytes: int = 1024 * 1024
    entry_bytes: int = 256 * 1024
    ttl: int = MAX_TTL
    queue_entries: int = 1_000_000
    queue_bytes: int = 1024**3
    blob_bytes: int = 4 * 1024**3 + 1024**2
    pending_blobs: int = 10_000
    signups: bool = True
    reserved_names: frozenset[bytes] = frozenset()

    @property
    def page_bytes(self) -> int:
        """Entries that one answer carries at most."""
        return self.frame_bytes - FRAME_OVERHEAD

    def life(self, ttl: int) -> int:
        """Return how long to keep something for which `ttl` seconds were asked (0: as long as possible)."""
        return min(ttl, self.ttl) if ttl else self.ttl
