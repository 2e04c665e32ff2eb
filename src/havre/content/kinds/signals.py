"""What devices tell each other and nobody sees as a message: receipts, typing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import Reader, is_number, private_part, values_of
from havre.content.model import Content, Disposition

RECEIPT: Final = "application/vnd.havre.receipt+cbor"
TYPING: Final = "application/vnd.havre.typing+cbor"

_MAX_CURSOR: Final = 1 << 63


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything up to these cursors of the conversation's queue was delivered to the sender's device, or read."""

    delivered: int
    read: int


@dataclass(frozen=True, slots=True)
class Typing:
    """The sender is writing something just now, or has stopped."""

    active: bool


def receipt(salt: bytes, delivered: int, read: int) -> Content:
    """Return a cumulative receipt: everything up to these cursors was delivered, or read."""
    return Content(salt, private_part(RECEIPT, [delivered, read], Disposition.UNSPECIFIED))


def typing(salt: bytes, active: bool) -> Content:
    """Return that somebody is writing; it goes to those who are there at this moment and is stored nowhere."""
    return Content(salt, private_part(TYPING, [active], Disposition.UNSPECIFIED))


def _read_receipt(_: Content, data: bytes) -> Receipt:
    delivered, read_through = values_of(data, 2)
    if not is_number(delivered, _MAX_CURSOR) or not is_number(read_through, _MAX_CURSOR):
        raise ContentError("a receipt's cursors are no cursors")
    return Receipt(delivered, read_through)


def _read_typing(_: Content, data: bytes) -> Typing:
    (active,) = values_of(data, 1)
    if not isinstance(active, bool):
        raise ContentError("typing is neither true nor false")
    return Typing(active)


READERS: Final[Mapping[str, Reader[Receipt | Typing]]] = {
    RECEIPT: _read_receipt,
    TYPING: _read_typing,
}
