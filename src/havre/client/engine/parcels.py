"""Commits that are larger than a relay takes in one entry: their parts go before them, as entries of the same queue.

Every part begins alike and says its lot, its number and how many there are; the last one is the commit itself, so that
the relay's fence orders it. Parts of a commit that has lost the race mean nothing once another commit stands there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from havre.client.engine.groups import Reason, Unusable
from havre.client.engine.turn import Turn
from havre.client.vault.parcels import Parcel
from havre.wire.frames import Frame, WireError

MARK: Final = b"\x00\xfd"
"""Begins a part; no MLS message begins so (RFC 9420 §6: version 1)."""
MOST: Final = 256
"""Parts of one commit, and parts of a queue that are kept: 60 MB with a relay's usual entries."""
_LOT: Final = 8
_HEAD: Final = 64
"""Bytes of a part that are not data, at most."""


class _Part(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    lot: Annotated[bytes, Meta(min_length=_LOT, max_length=_LOT)]
    number: Annotated[int, Meta(ge=0, lt=MOST)]
    count: Annotated[int, Meta(ge=2, le=MOST)]
    data: bytes


_PART: Final[Frame[_Part]] = Frame(_Part)


def cut(turn: Turn, body: bytes) -> Sequence[bytes]:
    """Return the entries that carry a commit, the last of which is the one to commit; raises Unusable for too many."""
    if len(body) <= turn.tuning.entry_bytes:
        return [body]
    size, lot = turn.tuning.entry_bytes - _HEAD, turn.entropy(_LOT)
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    if len(pieces) > MOST:
        raise Unusable(Reason.TOO_LARGE)
    return [MARK + _PART.encode(_Part(lot, number, len(pieces), data)) for number, data in enumerate(pieces)]


def is_part(body: bytes) -> bool:
    """Tell whether an entry is a part of something larger."""
    return body.startswith(MARK)


def keep(turn: Turn, queue: bytes, body: bytes) -> None:
    """Keep a part until its commit comes; raises Unusable."""
    part = _decoded(body)
    if turn.vault.count_parcels(queue) >= MOST:
        raise Unusable(Reason.TOO_LARGE)
    turn.vault.put_parcel(Parcel(queue, part.lot, part.number, part.data))


def joined(turn: Turn, queue: bytes, body: bytes) -> bytes:
    """Return the whole commit that an entry is the last part of; raises Unusable when others are missing."""
    if not is_part(body):
        return body
    last = _decoded(body)
    before = turn.vault.parcels(queue, last.lot)
    if last.number != last.count - 1 or [one.number for one in before] != list(range(last.number)):
        raise Unusable(Reason.MALFORMED)
    return b"".join([*(one.data for one in before), last.data])


def _decoded(body: bytes) -> _Part:
    try:
        return _PART.decode(body[len(MARK) :])
    except WireError:
        raise Unusable(Reason.MALFORMED) from None
