"""What those who decide in a group tell each other: which applications are settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import Reader, private_part, values_of
from havre.content.model import Content, Disposition

SETTLED: Final = "application/vnd.havre.settled+cbor"
MAX_SETTLED: Final = 64
_ID: Final = 32


@dataclass(frozen=True, slots=True)
class Settled:
    """Applications (the hash of each) that the sender has answered with no: nobody else need look at them."""

    applications: tuple[bytes, ...]


def settled(salt: bytes, applications: Sequence[bytes]) -> Content:
    """Return that applications are settled; the ids say nothing to who has not seen them."""
    return Content(salt, private_part(SETTLED, [list(applications)], Disposition.UNSPECIFIED))


def _read(_: Content, data: bytes) -> Settled:
    (found,) = values_of(data, 1)
    if not isinstance(found, list) or len(found) > MAX_SETTLED:
        raise ContentError("not a list of applications")
    if not all(isinstance(one, bytes) and len(one) == _ID for one in found):
        raise ContentError("an application is none")
    return Settled(tuple(found))


READERS: Final[Mapping[str, Reader[Settled]]] = {SETTLED: _read}
