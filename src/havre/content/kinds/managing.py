"""What members hand each other of the queue itself: the capability that manages it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import Reader, is_number, private_part, values_of
from havre.content.model import Content, Disposition

MANAGE: Final = "application/vnd.havre.manage+cbor"
_SECRET: Final = 32
_MAX_CURSOR: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Manage:
    """The secret that manages the conversation's queue, for all who have asked up to a cursor; empty: this asks."""

    secret: bytes = field(repr=False)
    through: int


def manage(salt: bytes, secret: bytes = b"", through: int = 0) -> Content:
    """Return the secret for those who have asked up to the entry under a cursor; without one it asks."""
    return Content(salt, private_part(MANAGE, [secret, through], Disposition.UNSPECIFIED))


def _read(_: Content, data: bytes) -> Manage:
    secret, through = values_of(data, 2)
    if not isinstance(secret, bytes) or len(secret) not in (0, _SECRET):
        raise ContentError("not a secret")
    if not is_number(through, _MAX_CURSOR):
        raise ContentError("not a cursor")
    return Manage(secret, through)


READERS: Final[Mapping[str, Reader[Manage]]] = {MANAGE: _read}
