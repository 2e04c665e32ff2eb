"""What a conversation agrees on (a GroupContext extension), and what newcomers are handed (in their Welcome).

The extension types are from MLS's private-use range and exist only here.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from havre.client.engine.groups import Group, Reason, Unusable
from havre.wire.capability import Capabilities
from havre.wire.frames import Frame, WireError
from havre.wire.sizes import SECRET_BYTES, Cursor, QueueId, Secret

TERMS_EXTENSION: Final = 0xFA01
HANDOVER_EXTENSION: Final = 0xFA02

DIRECT: Final = "direct"
VERSION: Final = 1


class Home(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a conversation lives."""

    relay: Annotated[str, Meta(max_length=300)]
    queue: QueueId


class Terms(msgspec.Struct, frozen=True, array_like=True):
    """The conversation's kind and homes, the first of which is the primary. Later fields may follow."""

    version: int
    kind: Annotated[str, Meta(max_length=32)]
    homes: Annotated[list[Home], Meta(min_length=1, max_length=4)]


class Handover(msgspec.Struct, frozen=True, array_like=True):
    """What opens the home queue, and the cursor after which a newcomer reads."""

    read: Secret
    write: Secret
    manage: Secret | None
    after: Cursor

    def __repr__(self) -> str:
        return f"Handover(after={self.after})"


_TERMS: Final[Frame[Terms]] = Frame(Terms)
_HANDOVER: Final[Frame[Handover]] = Frame(Handover)


def encode_terms(terms: Terms) -> bytes:
    """Return the body of the GroupContext extension."""
    return _TERMS.encode(terms)


def decode_terms(data: bytes) -> Terms:
    """Return what the extension says; raises Unusable."""
    try:
        return _TERMS.decode(data)
    except WireError:
        raise Unusable(Reason.MALFORMED) from None


def encode_handover(handover: Handover) -> bytes:
    """Return the body of the GroupInfo extension."""
    return _HANDOVER.encode(handover)


def decode_handover(data: bytes) -> Handover:
    """Return what the extension says; raises Unusable."""
    try:
        return _HANDOVER.decode(data)
    except WireError:
        raise Unusable(Reason.MALFORMED) from None


def capabilities(group: Group) -> Capabilities:
    """Return the capabilities of the home queue that follow from a group's epoch, when that epoch rotates them."""
    return Capabilities(
        group.export(b"havre read", SECRET_BYTES),
        group.export(b"havre write", SECRET_BYTES),
        group.export(b"havre manage", SECRET_BYTES),
    )
