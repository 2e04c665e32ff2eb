"""Waiting in a relay's line to sign up (docs/protocol.md, The line): patiently, at the times that the relay names."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from havre.client.errors import NoRelay, RelayRefused
from havre.client.transport.backoff import Backoff, Bounds
from havre.client.transport.base import InLine, Jitter, Waiting
from havre.wire.refusals import Code


@dataclass(frozen=True, slots=True)
class Manners:
    """How somebody waits: times in seconds."""

    shortest: float = 0.5
    """A relay that says less is not believed: nobody asks more often than this."""
    longest: float = 600.0
    """A relay that says more is asked earlier."""
    late: float = 0.1
    """Part of the wait by which one may come later: people who were told the same do not come in step."""
    failures: int = 10
    """So often in a row the relay may be away before one leaves the line."""


DEFAULT: Final = Manners()


async def wait_in_line(
    attempt: Callable[[str | None], Awaitable[None]],
    jitter: Jitter,
    waiting: Waiting,
    ticket: str | None = None,
    manners: Manners = DEFAULT,
) -> None:
    """Call `attempt` with the ticket until it is not told to wait; raises what it raises.

    `waiting` hears of every place. A relay that is away for a moment does not cost one's place.
    """
    backoff, failures = Backoff(jitter, Bounds(1.0, 30.0)), 0
    while True:
        try:
            await attempt(ticket)
            return
        except RelayRefused as no:
            if no.code is not Code.WAITING:
                raise
            failures, seconds = 0, _seconds(no, jitter, manners)
            if no.line is not None:
                ticket = no.line.ticket
            waiting(_in_line(no, seconds, ticket))
        except NoRelay:
            failures += 1
            if ticket is None or failures > manners.failures:
                raise
            seconds = backoff.next_wait()
        await asyncio.sleep(seconds)


def _seconds(no: RelayRefused, jitter: Jitter, manners: Manners) -> float:
    told = min(max(no.retry_after or 0.0, manners.shortest), manners.longest)
    return told * (1 + manners.late * jitter()) + manners.shortest * jitter()


def _in_line(no: RelayRefused, seconds: float, ticket: str | None) -> InLine:
    if no.line is None:
        return InLine(None, seconds, ticket)
    return InLine(no.line.place, max(no.line.wait, 0.0), ticket)
