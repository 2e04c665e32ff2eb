"""How a relay is, in public: `GET /status.json` for programs, `/status` for people, `/readyz` for machines in front."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class State(StrEnum):
    """What people may expect of a relay."""

    OK = "ok"
    BUSY = "busy"
    """New accounts wait in line; whoever has one notices nothing."""
    READ_ONLY = "read-only"
    """The disk takes nothing more: what is there can be read."""
    MAINTENANCE = "maintenance"
    """The relay is about to stop, and comes back."""


class Status(msgspec.Struct, frozen=True):
    """How a relay is at one moment."""

    status: State
    waiting: int = 0
    """New accounts in line."""
    wait: int = 0
    """Seconds that somebody who comes now waits, as far as can be told."""


class Readiness(msgspec.Struct, frozen=True):
    """`GET /readyz`: whether the relay takes everything; if not, the status of the answer is 503."""

    ready: bool
    status: State
