"""What the devices of one account tell each other: this is so from now on. The last word in the queue holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from havre.content.errors import ContentError
from havre.content.kinds.base import Reader, private_part, values_of
from havre.content.model import Content, Disposition

STATE: Final = "application/vnd.havre.state+cbor"
MAX_CHANGES: Final = 256
_MAX_BYTES: Final = 64 * 1024
_MAX_SCOPE: Final = 32
_MAX_KEY: Final = 128


@dataclass(frozen=True, slots=True)
class StateChange:
    """Something of an account's state: in which scope, about what, and what it is now."""

    scope: str
    key: bytes
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class State:
    """Changes that another device of this account has made."""

    changes: tuple[StateChange, ...]


def state(salt: bytes, changes: Sequence[StateChange]) -> Content:
    """Return changes for the other devices of the account; they mean nothing in any other conversation."""
    rows: list[object] = [[change.scope, change.key, change.value] for change in changes]
    return Content(salt, private_part(STATE, [rows], Disposition.UNSPECIFIED))


def _read(_: Content, data: bytes) -> State:
    (rows,) = values_of(data, 1, _MAX_BYTES)
    if not isinstance(rows, list) or len(rows) > MAX_CHANGES:
        raise ContentError("not a list of changes")
    return State(tuple(_change(row) for row in rows))


def _change(row: object) -> StateChange:
    match row:
        case [str() as scope, bytes() as key, value] if len(scope) <= _MAX_SCOPE and len(key) <= _MAX_KEY:
            return StateChange(scope, key, value)
        case _:
            raise ContentError("a change is none")


READERS: Final[Mapping[str, Reader[State]]] = {STATE: _read}
