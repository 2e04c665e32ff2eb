"""KB of relay memory per idle connection: `python -m bench.idle [--quick] [--json FILE]`.

Many connections that say nothing after they have subscribed: to one queue each, and to 30. The queues are made
beforehand and the relay is started anew, so that what is counted is what the connections cost. Loopback only; stops by
itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Any, Final

import uvloop
from rich.progress import Progress

from bench import tables
from bench.connections import Connection, connect, in_turn
from bench.machine import describe, resident_kb
from bench.relay import Relay, running
from havre.wire.capability import Capabilities
from havre.wire.stream import Create, Subscribe, Subscription, Unsubscribe

COUNTS: Final = (1, 30)
MILLION: Final = 1_000_000
SECRETS: Final = Capabilities(b"r" * 32, b"w" * 32, b"m" * 32)
STEADY: Final = 1.0
"""Seconds after which memory is read once more, until it stays as it is."""


async def make_queues(relay: Relay, ids: list[bytes], progress: Progress) -> None:
    """Make queues that all have the same secrets."""
    connection = await connect(relay.stream)
    bar = progress.add_task(f"{len(ids):,} queues", total=len(ids))
    for first in range(0, len(ids), 200):
        some = ids[first : first + 200]
        await asyncio.gather(*(connection.ask(Create(n, q, SECRETS.hashes(), 0)) for n, q in enumerate(some)))
        progress.advance(bar, len(some))
    connection.close()


async def _subscriber(relay: Relay, queues: list[bytes]) -> Connection:
    connection = await connect(relay.stream)
    await connection.ask(Subscribe(1, [Subscription(queue, SECRETS.read, 0) for queue in queues]))
    return connection


async def steady_kb(pid: int) -> int:
    """Return the relay's memory (KB) once it no longer changes."""
    before = 0
    while abs((now := resident_kb(pid)) - before) > 100:
        before = now
        await asyncio.sleep(STEADY)
    return now


async def warm_up(relay: Relay, ids: list[bytes]) -> None:
    """Have the store's cache, which is bounded, hold what will be read, so that nobody's share of it is counted."""
    for connection in await in_turn(_subscriber(relay, ids[:1]) for _ in range(200)):
        connection.close()
    connection = await connect(relay.stream)
    for first in range(0, len(ids), 500):
        some = ids[first : first + 500]
        await connection.ask(Subscribe(1, [Subscription(queue, SECRETS.read, 0) for queue in some]))
        await connection.ask(Unsubscribe(2, some))
    connection.close()


async def measure(relay: Relay, connections: int, each: int, ids: list[bytes]) -> tables.Row:
    """Return what so many connections with so many subscriptions each cost."""
    await warm_up(relay, ids)  # all of them, so that both counts begin with the same cache
    before = await steady_kb(relay.pid)
    shares = (ids[each * number : each * number + each] for number in range(connections))
    idle = await in_turn(_subscriber(relay, share) for share in shares)
    after = await steady_kb(relay.pid)
    for connection in idle:
        connection.close()
    kb = (after - before) / connections
    return {
        "subscriptions_each": each,
        "connections": connections,
        "KB_each": round(kb, 1),
        "GB_for_a_million": round((before + kb * MILLION) / 1024**2, 1),
    }


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure; returns the figures."""
    ids = [os.urandom(16) for _ in range(options.connections * max(COUNTS))]
    rows: list[tables.Row] = []
    loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with running(tables.size(options)) as relay, Progress(transient=True) as progress, loop as runner:
        runner.run(make_queues(relay, ids, progress))
        bar = progress.add_task("connections", total=len(COUNTS))
        for each in COUNTS:
            relay.stop()
            relay.start()
            rows.append(runner.run(measure(relay, options.connections, each, ids)))
            progress.advance(bar)
    return {"machine": describe(), "fill": tables.size(options), "idle": rows}


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = tables.parser(__doc__)
    parser.add_argument("--connections", type=int, help="how many (default: 5000)")
    options = parser.parse_args()
    options.connections = options.connections or (500 if options.quick else 5000)
    figures = run(options)
    tables.show("Memory of idle connections", figures["idle"])
    tables.store(options.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
