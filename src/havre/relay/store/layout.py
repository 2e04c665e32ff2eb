"""The keys of the embedded store: a letter for the table, then what names the row; numbers are big-endian."""

from __future__ import annotations

from typing import Final

META: Final = b"m"
"""name -> a fact about the store"""
KEYS: Final = b"q"
"""queue -> Keys, or nothing at all for a tombstone"""
TAIL: Final = b"t"
"""queue -> Tail"""
ENTRY: Final = b"e"
"""queue, cursor -> Entry"""
DEDUPE: Final = b"d"
"""queue, dedupe id -> cursor"""
EXPIRY: Final = b"x"
"""expires, first of (queue, cursor) -> (queue, cursor, dedupe id) of each entry that expires then, 40 bytes each"""
ACCOUNT: Final = b"a"
NAME: Final = b"n"
SEQUENCE: Final = b"s"
STOCK: Final = b"k"
"""account, device -> Stock"""
PACKAGE: Final = b"p"
"""account, device, number -> StoredPackage"""
LAST_RESORT: Final = b"l"
BLOB: Final = b"b"
BLOB_EXPIRY: Final = b"y"
"""expires, blob -> nothing"""

EXPIRY_ITEM: Final = 16 + 8 + 16


def number(value: int) -> bytes:
    """Return 8 bytes that sort as the number does."""
    return value.to_bytes(8, "big")


def entry_key(queue: bytes, cursor: int) -> bytes:
    """Return the key of an entry."""
    return ENTRY + queue + cursor.to_bytes(8, "big")


def package_key(account: bytes, device: bytes, position: int) -> bytes:
    """Return the key of a one-time key package."""
    return PACKAGE + account + device + position.to_bytes(8, "big")


def after(prefix: bytes) -> bytes:
    """Return the first key behind all that begin with `prefix`."""
    return (int.from_bytes(prefix, "big") + 1).to_bytes(len(prefix), "big")
