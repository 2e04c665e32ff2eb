"""Surge mode: who may sign up now, and who waits. The traffic of those who have an account is never asked about.

    Open     everybody who knocks comes in
    Surge    so many a second come in, and whoever does not stands in line

A machine that is strained for a moment goes into Surge at the rate that it has just seen, less a part. There the rate
is cut while the machine is strained in most of the last looks, and grows while the rate is used up: ever faster while
the machine is calm; by a step in between (`vitals`), as long as those who come in are finished soon, which tells more
of what the relay can do than a clock does. It goes back once nobody waits and the machine has been calm for a while.

Numbers are called at the rate at which people come in; faster when those who were called stay away, not at all when
more of them stand by than come in. While anybody waits, whoever comes new goes to the end of the line.

State in, state out: `watch` every TICK seconds, `knock`, `come_back` and `leave` for each sign-up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final

from havre.relay.core.line import Line, call, give
from havre.relay.core.vitals import BANDS, Strain, Vitals, judge

TICK: Final = 0.25
"""Seconds between two looks at the machine."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The figures of surge mode; times in seconds, rates in sign-ups a second."""

    most_under_way: int = 512
    """Sign-ups at the same time: so many a crowd may bring before anything has been measured."""
    most_waiting: int = 1_000_000
    """Places in the line."""
    enter_after: float = 0.75
    """How long the machine must be strained."""
    leave_after: float = 5.0
    """How long it must be calm, with nobody in line."""
    slowest: float = 20.0
    """So many come in however strained the machine is: if something else strains it, it would help nobody to wait."""
    cut: float = 0.7
    cut_for_time: float = 0.85
    """The same when nothing but time is short, ..."""
    cut_of_few: float = 0.97
    """... and few are under way, too: then they are not what strains the machine, and refusing them costs as well."""
    cut_every: float = 1.0
    """A cut must be able to show before the next."""
    looks: int = 5
    """A rate is cut if the machine is strained in most of so many looks: a single one may be the noise of others."""
    growth: float = 0.08
    """Part by which the rate grows in a second, for each second that has passed since the last cut, ..."""
    fastest_growth: float = 0.7
    """... up to this part, ..."""
    step: float = 20.0
    """... or by this many sign-ups a second, if that is more."""
    growth_between: float = 0.05
    """The same while the machine is neither calm nor strained."""
    at_once: float = 0.25
    """What is not used of the rate is kept for so long."""
    most_calls: float = 8.0
    """Numbers are called at most so many times as fast as people come in."""
    stand_by: float = 2.0
    """Whoever is called and does not come in at once asks again after so long."""
    shortest_wait: float = 1.0
    longest_wait: float = 15.0
    """After so long whoever waits hears again how long it takes, ..."""
    answers: float = 1000.0
    """... unless the line is so long that this would be more answers a second."""
    hope: float = 2.0
    """Before the rate was ever cut nobody knows what the machine can do: people are asked back as if it went so much
    faster. Later they come back when it is their turn: each time that they come too early costs a part of a sign-up."""


@dataclass(frozen=True, slots=True)
class Open:
    """Everybody comes in. `strained_since`: since when the machine has been strained, if it is."""

    strained_since: float | None = None


@dataclass(frozen=True, slots=True)
class Surge:
    """`rate` a second come in; `credit` of them may do so now."""

    rate: float
    cut_at: float
    """When the rate was last cut; -inf: never."""
    credit: float = 0.0
    calls: float = 1.0
    """How many times as fast as people come in numbers are called."""
    due: float = 0.0
    """Numbers to be called; the part of one is kept."""
    calm_since: float | None = None
    """Since when the machine has been calm with nobody in line, if it is."""
    is_closed: bool = False
    """Nobody comes in for now."""
    recent: tuple[Strain, ...] = ()
    """What the last looks said, oldest first."""


@dataclass(frozen=True, slots=True)
class Count:
    """What has happened since the last look."""

    entered: int = 0
    turned_away: int = 0
    """Called, but not let in at once."""
    left: int = 0


@dataclass(frozen=True, slots=True)
class Door:
    """Everything about sign-ups at one moment."""

    mode: Open | Surge = field(default_factory=Open)
    line: Line = field(default_factory=Line)
    under_way: int = 0
    """Sign-ups that came in and are not finished."""
    count: Count = field(default_factory=Count)
    pace: float = 0.0
    """Sign-ups that come in a second, smoothed."""
    standing_by: float = 0.0
    """About how many are called and could not come in yet."""
    at: float = 0.0
    """When the machine was last looked at."""


@dataclass(frozen=True, slots=True)
class Enter:
    """Come in."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Come back in `retry_after` seconds; `place` in line (0: you are called, and stand by)."""

    number: int
    place: int
    wait: float
    """Seconds that it will take in all, as far as can be told."""
    retry_after: float


@dataclass(frozen=True, slots=True)
class NoPlace:
    """The line itself is full: come back in `retry_after` seconds."""

    retry_after: float


Verdict = Enter | Wait | NoPlace


def knock(door: Door, rules: Rules) -> tuple[Door, Verdict]:
    """Somebody without a number wants to sign up."""
    if not door.line.waiting and not door.standing_by and _may_enter(door, rules):
        return _entered(door), Enter()
    if isinstance(door.mode, Open):
        rate = max(rules.slowest, door.pace, rules.most_under_way / 2)  # as many came at once, and all is well so far
        door = replace(door, mode=Surge(rate, cut_at=-math.inf))
    if door.line.waiting >= rules.most_waiting:
        return door, NoPlace(_longest(door, rules))
    line, number = give(door.line)
    door = replace(door, line=line)
    return door, _waiting(door, rules, number)


def come_back(door: Door, rules: Rules, number: int) -> tuple[Door, Verdict]:
    """Somebody comes back with a number that was given out."""
    if not door.line.void <= number < door.line.given:
        return knock(door, rules)
    if number >= door.line.called:
        return door, _waiting(door, rules, number)
    if _may_enter(door, rules):
        return _entered(door), Enter()
    count = replace(door.count, turned_away=door.count.turned_away + 1)
    return replace(door, count=count), _standing_by(door, rules, number)


def leave(door: Door) -> Door:
    """A sign-up is finished, however it ended."""
    return replace(door, under_way=door.under_way - 1, count=replace(door.count, left=door.count.left + 1))


def watch(door: Door, rules: Rules, vitals: Vitals, now: float) -> Door:
    """Look at the machine: change the mode and the rate, and call those whose turn it is."""
    seconds = min(max(now - door.at, 0.0), 1.0)
    if seconds == 0.0:
        return replace(door, at=now)
    count, strain = door.count, judge(replace(vitals, hands=door.under_way / rules.most_under_way))
    door = replace(
        door,
        count=Count(),
        pace=(door.pace + count.entered / seconds) / 2,
        standing_by=_faded(door.standing_by, count.turned_away / seconds * rules.stand_by),
        at=now,
    )
    if isinstance(door.mode, Open):
        return replace(door, mode=_watch_open(door.mode, rules, strain, door), line=call(door.line, 0, now))
    is_time_alone = judge(replace(vitals, loop_lag=0.0, commit=0.0)).value < Strain.STRAINED.value
    seen = Seen(strain, count.entered / seconds, count.left / seconds, seconds, is_time_alone)
    mode = replace(door.mode, recent=(*door.mode.recent, strain)[-rules.looks :])
    return _next_tick(door, _steer(mode, rules, door, seen), rules, seen)


def pace_of(door: Door, rules: Rules) -> float:
    """Return how many a second come in, as far as can be told; always more than 0."""
    return door.mode.rate if isinstance(door.mode, Surge) else max(door.pace, rules.slowest)


# --- one sign-up ----------------------------------------------------------------------------------------------


def _may_enter(door: Door, rules: Rules) -> bool:
    if door.under_way >= rules.most_under_way:
        return False
    return isinstance(door.mode, Open) or (door.mode.credit >= 1 and not door.mode.is_closed)


def _entered(door: Door) -> Door:
    mode = replace(door.mode, credit=door.mode.credit - 1) if isinstance(door.mode, Surge) else door.mode
    count = replace(door.count, entered=door.count.entered + 1)
    return replace(door, mode=mode, under_way=door.under_way + 1, count=count)


def _waiting(door: Door, rules: Rules, number: int) -> Wait:
    place, longest = door.line.place(number), _longest(door, rules)
    seconds = (place + door.standing_by) / pace_of(door, rules)
    if isinstance(door.mode, Surge) and door.mode.is_closed:
        return Wait(number, place, max(seconds, longest), longest)
    is_new = isinstance(door.mode, Surge) and door.mode.cut_at == -math.inf
    hoped = seconds / rules.hope if is_new else seconds
    return Wait(number, place, seconds, min(max(hoped, rules.shortest_wait), longest))


def _standing_by(door: Door, rules: Rules, number: int) -> Wait:
    return Wait(number, 0, max(rules.stand_by, door.standing_by / pace_of(door, rules)), rules.stand_by)


def _longest(door: Door, rules: Rules) -> float:
    return max(rules.longest_wait, door.line.waiting / rules.answers)


# --- one look -------------------------------------------------------------------------------------------------


def _faded(former: float, new: float) -> float:
    mean = (former + new) / 2
    return mean if mean >= 0.5 else 0.0


def _watch_open(mode: Open, rules: Rules, strain: Strain, door: Door) -> Open | Surge:
    if strain in (Strain.CALM, Strain.BETWEEN):
        return Open()
    since = door.at if mode.strained_since is None else mode.strained_since
    if strain is not Strain.CLOSED and door.at - since < rules.enter_after:
        return Open(since)
    rate = max(rules.slowest, door.pace * rules.cut)
    return Surge(rate, door.at, credit=rate * TICK, is_closed=strain is Strain.CLOSED)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look has seen: how the machine is, and how many sign-ups a second came in and were finished."""

    strain: Strain
    entered: float
    finished: float
    seconds: float
    """Since the last look."""
    is_time_alone: bool
    """Neither memory nor disk nor the store's backlog is strained."""


def _steer(mode: Surge, rules: Rules, door: Door, seen: Seen) -> Surge:
    """Return the mode with the rate that follows from a look."""
    is_first = mode.cut_at == -math.inf
    if _usual(mode.recent) in (Strain.STRAINED, Strain.CLOSED):
        if door.at - mode.cut_at < rules.cut_every or _eases(rules, door, seen):
            return mode
        able = max(door.pace, seen.finished)
        cut = _cut(rules, door, seen)
        rate = (able if is_first else min(mode.rate, max(able, mode.rate * 0.9))) * cut
        return replace(mode, rate=max(rules.slowest, rate), cut_at=door.at)
    if seen.entered < 0.7 * mode.rate:
        return mode
    rate = mode.rate + max(mode.rate * _growth(mode, rules, door, seen), _step(rules, door, seen)) * seen.seconds
    return replace(mode, rate=max(rate, seen.finished) if is_first and seen.strain is Strain.CALM else rate)


def _eases(rules: Rules, door: Door, seen: Seen) -> bool:
    """Tell whether those under way, by whose number it is strained, are few soon: the rate is low enough."""
    fewer = (seen.finished - seen.entered) * rules.cut_every
    return seen.is_time_alone and not _are_few(rules, door) and fewer > door.under_way / 2


def _cut(rules: Rules, door: Door, seen: Seen) -> float:
    if not seen.is_time_alone:
        return rules.cut
    return rules.cut_of_few if _are_few(rules, door) else rules.cut_for_time


def _usual(looks: tuple[Strain, ...]) -> Strain:
    return sorted(looks, key=lambda one: one.value)[(len(looks) - 1) // 2]


def _growth(mode: Surge, rules: Rules, door: Door, seen: Seen) -> float:
    if seen.strain is Strain.CALM:
        return min(rules.growth * (door.at - mode.cut_at), rules.fastest_growth)
    return rules.growth_between if _keeps_up(rules, door, seen) else 0.0


def _step(rules: Rules, door: Door, seen: Seen) -> float:
    return rules.step if seen.strain is Strain.CALM or _keeps_up(rules, door, seen) else 0.0


def _keeps_up(rules: Rules, door: Door, seen: Seen) -> bool:
    """Tell whether nothing is strained, and few of those who came in are under way."""
    return seen.strain is Strain.BETWEEN and _are_few(rules, door)


def _are_few(rules: Rules, door: Door) -> bool:
    return door.under_way < BANDS["hands"].calm * rules.most_under_way


def _next_tick(door: Door, surge: Surge, rules: Rules, seen: Seen) -> Door:
    """Hand out the credit of a tick, call numbers, and see whether surge mode is over."""
    calls = min(surge.calls * 1.2, rules.most_calls) if seen.entered < 0.7 * surge.rate else 1.0
    is_closed = seen.strain is Strain.CLOSED
    has_called_enough = is_closed or door.standing_by > surge.rate * rules.stand_by / 2
    due = 0.0 if has_called_enough else surge.due % 1 + surge.rate * seen.seconds * calls
    line = call(door.line, int(due), door.at)
    is_at_rest = seen.strain is Strain.CALM and not line.waiting and not door.standing_by
    calm_since = (door.at if surge.calm_since is None else surge.calm_since) if is_at_rest else None
    if calm_since is not None and door.at - calm_since >= rules.leave_after:
        return replace(door, mode=Open(), line=line)
    credit = min(max(1.0, surge.rate * rules.at_once), surge.credit + surge.rate * seen.seconds)
    credit = 0.0 if is_closed else credit
    mode = Surge(surge.rate, surge.cut_at, credit, calls, due, calm_since, is_closed, surge.recent)
    return replace(door, mode=mode, line=line)
