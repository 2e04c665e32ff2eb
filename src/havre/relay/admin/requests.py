"""What travels over the admin socket: one request and one answer a connection, each one JSON line."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

MAX_LINE: Final = 64 * 1024
"""Bytes of a request."""


class _Request(msgspec.Struct, frozen=True, tag_field="do", tag=str.lower, forbid_unknown_fields=True):
    """One thing that an operator asks for."""


class Status(_Request, frozen=True):
    """How the relay is."""


class Reload(_Request, frozen=True):
    """Apply the file, on trial for so many seconds (None: as configured)."""

    within: Annotated[float, Meta(ge=1, le=86400)] | None = None


class Confirm(_Request, frozen=True):
    """Keep what is on trial."""


class Rollback(_Request, frozen=True):
    """Go back to a kept configuration (None: the one before)."""

    number: int | None = None


class Drain(_Request, frozen=True):
    """Send everybody away in good order, and stop."""


class Backup(_Request, frozen=True):
    """Back everything up into a new folder, an absolute path."""

    folder: str


class Inspect(_Request, frozen=True):
    """All that is held about an id, in hex."""

    name: str


AdminRequest = Status | Reload | Confirm | Rollback | Drain | Backup | Inspect


class AdminAnswer(msgspec.Struct, frozen=True):
    """Whether it was done, a sentence for a person, and facts for a script."""

    ok: bool
    sentence: str
    facts: dict[str, Any] = {}


REQUEST: Final[msgspec.json.Decoder[AdminRequest]] = msgspec.json.Decoder(AdminRequest)
ANSWER: Final = msgspec.json.Decoder(AdminAnswer)
