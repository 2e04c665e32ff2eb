"""A crash among thousands of clients: `python -m bench.outage [--quick] [--json FILE]`.

Thousands of clients are connected and talk; the relay is killed (`kill -9`) and started again. Counted from that start:
how long until the last client is connected and has all that it should have, which includes what was under way and had
to be sent again. Then the same with a relay that stays away for an hour (by its clock): many messages lie there unread
that were acknowledged before, and everybody comes back with more to send. A checker holds all acknowledgements against
what arrived: none may be lost, none may come twice, no cursor may serve twice. Loopback only; stops by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

import uvloop
from rich.progress import Progress

from bench import tables
from bench.comeback import Pair, Reconnecting
from bench.connections import in_turn
from bench.flows import TICK
from bench.machine import Usage, describe
from bench.relay import Relay, running

CLIENTS: Final = 8000
RATE: Final = 2000.0
"""Messages a second that all of them send together."""
TALK: Final = 3.0
"""Seconds of talk before the crash."""
BACKLOG: Final = 10
"""Messages that lie unread for each reader, and that each sender has to send, when the relay comes back late."""
PATIENCE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker found."""

    acknowledged: int
    lost: int
    twice: int
    cursors_reused: int


def judge(pairs: list[Pair]) -> Verdict:
    """Hold what was acknowledged against what arrived."""
    lost = twice = reused = acknowledged = 0
    for pair in pairs:
        acknowledged += len(pair.acknowledged)
        lost += sum(pair.arrived.get(cursor) != number for number, cursor in pair.acknowledged.items())
        twice += len(pair.arrived) - len(set(pair.arrived.values()))
        reused += pair.reused
    return Verdict(acknowledged, lost, twice, reused)


async def talk(pairs: list[Pair], seconds: float) -> None:
    """Have all pairs take turns."""
    began, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        for number in range(done, due := int(passed * RATE)):
            pairs[number % len(pairs)].write()
        done = due
        await asyncio.sleep(TICK)


async def all_back(pairs: list[Pair]) -> None:
    """Wait until everybody is connected, and has sent and read all there is."""
    async with asyncio.timeout(PATIENCE):
        while not all(pair.is_done for pair in pairs):  # noqa: ASYNC110  # many events
            await asyncio.sleep(0.02)


async def come_back(relay: Relay, pairs: list[Pair], name: str, hours: float) -> dict[str, Any]:
    """Start the relay again, and return how long each step took from then on (seconds)."""
    began = time.perf_counter()
    await asyncio.to_thread(relay.start, hours)
    listening, usage = time.perf_counter() - began, Usage([relay.pid])
    await all_back(pairs)
    done = time.perf_counter() - began
    verdict = judge(pairs)
    return {
        "crash": name,
        "clients": 2 * len(pairs),
        "listening_s": round(listening, 2),
        "all_back_s": round(done, 2),
        "acknowledged": verdict.acknowledged,
        "lost": verdict.lost,
        "twice": verdict.twice,
        "cursors_reused": verdict.cursors_reused,
    } | usage.since()


async def measure(relay: Relay, clients: int, progress: Progress) -> list[tables.Row]:
    """Return one row for each crash."""
    bar = progress.add_task("connecting", total=4)
    pairs = [Pair() for _ in range(clients // 2)]
    where = Reconnecting(relay.stream)
    await in_turn(pair.begin(where) for pair in pairs)
    progress.update(bar, description="in full flight", advance=1)
    talking = asyncio.create_task(talk(pairs, TALK + 1))
    await asyncio.sleep(TALK)
    await asyncio.to_thread(relay.kill)
    await talking  # they go on writing while there is no relay
    progress.update(bar, description="coming back", advance=1)
    rows = [await come_back(relay, pairs, "in full flight", 0)]
    progress.update(bar, description="an hour away", advance=1)
    await fall_behind(pairs)
    await asyncio.to_thread(relay.kill)
    for pair in pairs:
        for _ in range(BACKLOG):
            pair.write()
        pair.listen()
    rows.append(await come_back(relay, pairs, "an hour away, with backlogs", 1.0))
    progress.update(bar, advance=1)
    where.close()
    return rows


async def fall_behind(pairs: list[Pair]) -> None:
    """Have every reader leave, and messages pile up that nobody has read."""
    for pair in pairs:
        pair.stop_listening()
    for _ in range(BACKLOG):
        for first in range(0, len(pairs), 100):
            for pair in pairs[first : first + 100]:
                pair.write()
            await asyncio.sleep(TICK)
    async with asyncio.timeout(PATIENCE):
        while not all(pair.is_sent for pair in pairs):  # noqa: ASYNC110  # many events
            await asyncio.sleep(0.02)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure; returns the figures."""
    loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with running(tables.size(options)) as relay, Progress(transient=True) as progress, loop as runner:
        rows = runner.run(measure(relay, options.clients, progress))
    return {"machine": describe(), "fill": tables.size(options), "outage": rows}


def main() -> int:
    """Measure and print; returns the exit code, 1 if anything was lost."""
    parser = tables.parser(__doc__)
    parser.add_argument("--clients", type=int, help=f"how many (default: {CLIENTS})")
    options = parser.parse_args()
    options.clients = options.clients or (400 if options.quick else CLIENTS)
    figures = run(options)
    tables.show("From the restart until everybody is back", figures["outage"])
    tables.store(options.json, figures)
    return int(any(row["lost"] or row["twice"] or row["cursors_reused"] for row in figures["outage"]))


if __name__ == "__main__":
    sys.exit(main())
