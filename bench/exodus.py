"""Sign-ups a second while existing users talk: `python -m bench.exodus [--quick] [--peers] [--json FILE]`.

Everybody who comes wants all of it: account, user name, device, last-resort key package, inbox. First 500 existing
users talk by themselves; then people sign up as fast as the relay takes them; then at rising rates, the last of which
is half as much again as it can take, so that they have to wait in line. All requests are signed beforehand. A sign-up
counts when its 204 has come, and it is on disk by then; `all in` counts until the last one was in. Failures are
printed by kind. Loopback only; stops by itself: every step has a time after which it ends with what there is.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any, Final

import uvloop

from bench import tables
from bench.crowd import PATIENCE, Crowd
from bench.flows import Flow, Tally, opened, pace, settle
from bench.machine import Usage, describe
from bench.peers import compare
from bench.people import crowd
from bench.relay import Relay, running

TALKING: Final = 250
"""Pairs of existing users."""
TALK: Final = 500.0
"""Messages a second that they send together."""
SHARES: Final = (0.25, 0.5, 0.75, 0.9, 1.5)
"""Rates, as shares of what the relay takes at most."""
DOORS: Final = 1000
AT_ONCE: Final = 100
GUESS: Final = 4000
"""Sign-ups a second, at most, for which requests are signed beforehand."""
TALK_PATIENCE: Final = 15.0
"""Seconds after which a message of theirs counts as unanswered."""
STEP: Final = 2 * PATIENCE + TALK_PATIENCE + 15
"""Seconds that one rate may take, beyond those for which people come."""
LONGEST: Final = 1800
"""Seconds that all of it may take, with filling a store."""


class Talkers:
    """The existing users, and how long their messages take."""

    def __init__(self, flows: list[Flow], tally: Tally) -> None:
        self._flows = flows
        self._tally = tally

    async def during(self, seconds: float) -> dict[str, Any]:
        """Talk for so long; returns how long deliveries took and how many were refused."""
        self._tally.delays = type(self._tally.delays)("d")
        refused = self._tally.refused
        await pace(self._flows, TALK, seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout(TALK_PATIENCE):
                await settle(self._flows, self._tally)
        times = self._tally.percentiles()
        return {
            "talk_p50_ms": times["p50_ms"],
            "talk_p99_ms": times["p99_ms"],
            "talk_refused": self._tally.refused - refused,
            "talk_unanswered": sum(flow.number for flow in self._flows)
            - self._tally.acknowledged
            - self._tally.refused,
        }


async def at_rate(
    relay: Relay, people: Iterator[bytes], talkers: Talkers, rate: float, seconds: float, failures: Counter[str]
) -> tables.Row:
    """Return what happens while so many sign up each second; a rate of 0: as many as the relay takes."""
    coming = Crowd(people)
    await coming.connect(relay.stream, DOORS)
    began, usage = time.perf_counter(), Usage([relay.pid])
    arriving = coming.arrive(rate, seconds) if rate else coming.press(AT_ONCE, seconds)
    talk, passed = await asyncio.gather(talkers.during(seconds), timed(arriving))
    in_time, used = coming.outcome.done / (time.perf_counter() - began), usage.since()
    await coming.settle()
    all_in = coming.outcome.done / (time.perf_counter() - began)
    coming.close()
    outcome = coming.outcome
    failures.update(outcome.failures)
    row: tables.Row = {
        "coming_per_second": round(outcome.arrived / passed) if rate else "all that go",
        "signed_up_per_second": round(in_time),
        "all_in_per_second": round(all_in),
        "relay_us_each": round(used["server_busy"] / max(1.0, in_time) * 1e6),
        "failed": outcome.failures.total(),
        "waited": outcome.waited,
        "longest_s": round(max(outcome.delays, default=0.0), 2),
    }
    row |= talk | used
    return row


async def timed(arriving: Coroutine[Any, Any, None]) -> float:
    """Return how long people came."""
    began = time.perf_counter()
    await arriving
    return time.perf_counter() - began


async def measure(
    relay: Relay, people: Iterator[bytes], seconds: float, rows: list[tables.Row], failures: Counter[str]
) -> None:
    """Add one row for each rate."""
    async with asyncio.timeout(seconds + STEP):
        tally = Tally()
        flows = await opened(relay.stream, tally, TALKING, 1)
        talkers = Talkers(flows, tally)
        await pace(flows, TALK, 1.0)
        usage = Usage([relay.pid])
        alone = await talkers.during(seconds)
    nobody: tables.Row = {"signed_up_per_second": 0, "all_in_per_second": 0, "relay_us_each": 0}
    nobody |= {"failed": 0, "waited": 0, "longest_s": 0.0}
    rows.append({"coming_per_second": "nobody"} | nobody | alone | usage.since())
    for share in (0.0, *SHARES):
        rate = share * float(rows[1]["signed_up_per_second"]) if share else 0.0
        async with asyncio.timeout(seconds + STEP):
            rows.append(await at_rate(relay, people, talkers, rate, seconds, failures))


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure; returns the figures."""
    people = crowd(int(GUESS * options.seconds * (1 + sum(SHARES)) * 0.8))
    rows: list[tables.Row] = []
    failures: Counter[str] = Counter()
    with running(tables.size(options)) as relay, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(measure(relay, iter(people), options.seconds, rows, failures))
        except TimeoutError:
            failures[f"rate {len(rows) + 1} was not done in time, and those after it were not tried"] += 1
    figures: dict[str, Any] = {"machine": describe(), "fill": tables.size(options), "exodus": rows}
    figures["failures"] = dict(failures)
    if options.peers and len(rows) > 1:
        figures["peers"] = compare.sign_ups(options.seconds, rows[1]["signed_up_per_second"])
    return figures


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = tables.parser(__doc__)
    parser.add_argument("--seconds", type=float, help="of each rate (default: 10)")
    parser.add_argument("--peers", action="store_true", help="run Prosody and ejabberd, too")
    options = parser.parse_args()
    options.seconds = options.seconds or (2.0 if options.quick else 10.0)
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"bench.exodus: not done after {LONGEST} s"))
    signal.alarm(LONGEST)
    figures = run(options)
    if figures["exodus"]:
        tables.show("Sign-ups while 500 existing users talk", figures["exodus"])
    for kind, count in figures["failures"].items():
        sys.stdout.write(f"{count:,} failed: {kind}\n")
    if "peers" in figures:
        compare.show(figures["peers"])
    tables.store(options.json, figures)
    return 0 if len(figures["exodus"]) == 2 + len(SHARES) else 1


if __name__ == "__main__":
    sys.exit(main())
