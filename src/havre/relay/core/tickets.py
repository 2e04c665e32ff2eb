"""Tickets of the waiting line: a number that only the relay can have written, and that serves one account alone.

A ticket is its number (8 bytes, big end first) and a keyed hash of account and number (16 bytes), in base64. The key
lives as long as the process; after a restart everybody takes a new number.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

NUMBER_BYTES: Final = 8
PROOF_BYTES: Final = 16
KEY_BYTES: Final = 32


def write_ticket(key: bytes, account: bytes, number: int) -> str:
    """Return the ticket of a number, for this account."""
    encoded = number.to_bytes(NUMBER_BYTES, "big")
    return b64encode(encoded + _proof(key, account, encoded)).decode()


def read_ticket(key: bytes, account: bytes, ticket: str) -> int | None:
    """Return the number on a ticket; None: it is not one of this relay's for this account."""
    try:
        data = b64decode(ticket, validate=True)
    except (binascii.Error, ValueError):
        return None
    number, proof = data[:NUMBER_BYTES], data[NUMBER_BYTES:]
    if not compare_digest(proof, _proof(key, account, number)):
        return None
    return int.from_bytes(number, "big")


def _proof(key: bytes, account: bytes, number: bytes) -> bytes:
    return blake2b(number + account, digest_size=PROOF_BYTES, key=key).digest()
