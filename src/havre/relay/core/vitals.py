"""How the machine is: what is measured, from when on it counts as strained, and from when on as calm again.

Between the two figures of a band nothing changes, so that a value that trembles around one of them cannot make the
relay change its mind with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


@dataclass(frozen=True, slots=True)
class Vitals:
    """One look at the machine. Of every figure, more is worse."""

    loop_lag: float = 0.0
    """Seconds that the event loop comes late by the relay's own doing, on average: what everybody's message waits."""
    commit: float = 0.0
    """Seconds that a transaction takes, on average."""
    backlog: float = 0.0
    """What waits for the store, as a part of what may wait at most."""
    hands: float = 0.0
    """Sign-ups under way, as a part of those that may be at most."""
    memory: float = 0.0
    """What the process holds, as a part of what it may hold."""
    disk: float = 0.0
    """The room that must stay free on the disk, as a part of the room that is free."""


class Strain(Enum):
    """What a look at the machine says."""

    CALM = auto()
    BETWEEN = auto()
    STRAINED = auto()
    CLOSED = auto()
    """Nothing more may come in for now."""


@dataclass(frozen=True, slots=True)
class Band:
    """Calm below `calm`, strained from `strained` on, closed from `closed` on."""

    calm: float
    strained: float
    closed: float = float("inf")


BANDS: Final[dict[str, Band]] = {
    "loop_lag": Band(calm=0.01, strained=0.025),
    "commit": Band(calm=0.06, strained=0.15),
    "backlog": Band(calm=0.05, strained=0.2, closed=0.8),
    "hands": Band(calm=0.25, strained=0.5),
    "memory": Band(calm=0.75, strained=0.85, closed=0.95),
    "disk": Band(calm=0.4, strained=0.5),
}
"""A disk below the room that must stay free refuses by itself (`full`), which says more than a place in line."""


def judge(vitals: Vitals) -> Strain:
    """Return the worst that any figure says."""
    return max((_judge_one(getattr(vitals, name), band) for name, band in BANDS.items()), key=lambda one: one.value)


def strained(vitals: Vitals) -> list[str]:
    """Return the names of those figures that are strained."""
    return [name for name, band in BANDS.items() if getattr(vitals, name) >= band.strained]


def _judge_one(value: float, band: Band) -> Strain:
    if value >= band.closed:
        return Strain.CLOSED
    if value >= band.strained:
        return Strain.STRAINED
    return Strain.BETWEEN if value >= band.calm else Strain.CALM
