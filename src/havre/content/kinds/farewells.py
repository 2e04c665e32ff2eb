"""The last that an account says: that it is deleted, under its key's signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import SENT_AT, Reader, private_part, values_of
from havre.content.model import Content

FAREWELL: Final = "application/vnd.havre.farewell+cbor"
_SIGNATURE: Final = 64


@dataclass(frozen=True, slots=True)
class Farewell:
    """The sender's account is deleted: nobody reads what is written to it. The account key has signed that."""

    signature: bytes


def farewell(salt: bytes, signature: bytes, sent_at: int) -> Content:
    """Return that the sender's account is deleted; `signature` (64 bytes) is the account key's."""
    return Content(salt, private_part(FAREWELL, [signature]), extensions={SENT_AT: sent_at})


def _read(_: Content, data: bytes) -> Farewell:
    (signature,) = values_of(data, 1)
    if not isinstance(signature, bytes) or len(signature) != _SIGNATURE:
        raise ContentError("not a signature")
    return Farewell(signature)


READERS: Final[Mapping[str, Reader[Farewell]]] = {FAREWELL: _read}
