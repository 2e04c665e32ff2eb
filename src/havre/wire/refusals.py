"""Every way in which the relay says no. A refusal changes nothing on the relay."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class Code(StrEnum):
    """Why a command or request was refused; the only part of a refusal that a program should look at."""

    MALFORMED = "malformed"
    """The bytes are no command of this version (truncated, trailing bytes, wrong size, unknown kind)."""
    OVERSIZED = "oversized"
    """A frame, entry, file or list is larger than the relay takes."""
    CAPABILITY = "capability"
    """The secret does not open this queue, or no longer does."""
    UNKNOWN = "unknown"
    """There is no such queue, account, name, device or blob here."""
    TAKEN = "taken"
    """The name, id or offset belongs to somebody or something else."""
    NOT_ALLOWED = "not-allowed"
    """The relay's rules forbid it (a reserved name, sign-ups closed)."""
    SIGNATURE = "signature"
    """The request or record is not signed by the key that it names."""
    STALE = "stale"
    """The sequence number is not above the last one: a repeated or overtaken request."""
    OFFSET = "offset"
    """An upload does not go on where the blob ends; ask for the offset and go on there."""
    FULL = "full"
    """The queue, account or disk has no room for this."""
    BUSY = "busy"
    """Too much at once; come back after `retry_after` seconds."""
    WAITING = "waiting"
    """New accounts stand in line; come back after `retry_after` seconds with the ticket that `line` holds."""


class Place(msgspec.Struct, frozen=True):
    """Where somebody who wants to sign up stands in line."""

    place: int
    """The next one's is 1; 0: called, but the relay has its hands full at this moment."""
    wait: float
    """Seconds until the end of the wait, as far as the relay can tell."""
    ticket: str
    """To be shown in the header `Havre-Ticket`; it keeps the place, and serves this account alone."""


class Refusal(msgspec.Struct, frozen=True):
    """The JSON body of a refused HTTP request; on the stream the same fields ride in `Refused`."""

    code: Code
    message: str
    """One sentence for a person: what is wrong and what to do."""
    retry_after: float | None = None
    """Seconds after which trying again makes sense; none: trying again will not help."""
    line: Place | None = None
    """The place of somebody who is `waiting`; none: nobody is, or the line itself is full."""


STATUS: Final[dict[Code, int]] = {
    Code.MALFORMED: 400,
    Code.OVERSIZED: 413,
    Code.CAPABILITY: 403,
    Code.UNKNOWN: 404,
    Code.TAKEN: 409,
    Code.NOT_ALLOWED: 403,
    Code.SIGNATURE: 401,
    Code.STALE: 409,
    Code.OFFSET: 409,
    Code.FULL: 507,
    Code.BUSY: 429,
    Code.WAITING: 429,
}
"""The HTTP status that goes with each code."""
