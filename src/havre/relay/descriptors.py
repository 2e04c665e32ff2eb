"""File descriptors: connections never take those that the store and the files of uploads need.

The system gives out the lowest free number, so that a high one says that nearly all are in use.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass
from typing import Final

MANY: Final = 1024 * 1024
"""What an unlimited number is taken for."""
RESERVED: Final = 2048
STORE: Final = 512


@dataclass(frozen=True, slots=True)
class Descriptors:
    """How a process with so many descriptors shares them out."""

    most: int

    @property
    def for_connections(self) -> int:
        """The number from which on a descriptor is no connection's."""
        return self.most - min(RESERVED, self.most // 2)

    @property
    def for_blobs(self) -> int:
        """The number from which on a descriptor is no blob's file either."""
        return self.most - min(RESERVED // 2, self.most // 4)

    @property
    def for_store(self) -> int:
        """How many files the store keeps open."""
        return min(STORE, self.most // 8)


def allowed() -> Descriptors:
    """Return what this process may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Descriptors(MANY if soft == resource.RLIM_INFINITY else soft)


def claim() -> None:
    """Ask for as many as the system lets us have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MANY if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
