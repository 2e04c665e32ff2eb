"""How a message is named: by a hash of its content, its sender and its room (draft-ietf-mimi-content §3.3)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from havre.content.errors import ContentError

SHA_256: Final = 1
"""IANA named-information hash number."""


def sender_uri(account: bytes) -> str:
    """Return the URI of the account with this id (32 bytes)."""
    return f"havre:account/{account.hex()}"


def room_uri(group_id: bytes) -> str:
    """Return the URI of the conversation with this MLS group id."""
    return f"havre:group/{group_id.hex()}"


def message_id(sender: str, room: str, encoded: bytes, salt: bytes) -> bytes:
    """Return the id (32 bytes) of an encoded message; raises ContentError when a URI is too long."""
    digest = sha256(_prefixed(sender) + _prefixed(room) + encoded + salt).digest()
    return bytes([SHA_256]) + digest[:31]


def _prefixed(uri: str) -> bytes:
    data = uri.encode()
    if len(data) > 0xFFFF:
        raise ContentError("a URI is longer than 65535 bytes")
    return len(data).to_bytes(2, "big") + data
