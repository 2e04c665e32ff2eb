"""Durable deliveries a second: `python -m bench.traffic [--quick] [--peers] [--json FILE]`.

Three shapes: one to one, groups of 50, and one queue with 5,000 subscribers. Each first as fast as it goes, every
sender keeping some appends under way; then at half of that, at a steady pace, with the time from when a message was due
until a subscriber has it. A delivery counts when it has arrived; every entry was synced to disk before. `--peers` runs
Prosody and ejabberd beside it, where they are installed. Loopback only; stops by itself.
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

from bench import limits, tables
from bench.flows import Flow, Tally, opened, pace, settle
from bench.machine import Usage, describe
from bench.peers import compare
from bench.relay import Relay, running


@dataclass(frozen=True, slots=True)
class Shape:
    """Who talks to how many."""

    name: str
    flows: int
    subscribers: int
    depth: int


SHAPES: Final = (
    Shape("1:1", flows=200, subscribers=1, depth=10),
    Shape("groups of 50", flows=20, subscribers=49, depth=5),
    Shape("one to 5,000", flows=1, subscribers=5000, depth=8),
)
WARM_UP: Final = 1.0


async def saturate(relay: Relay, flows: list[Flow], tally: Tally, shape: Shape, seconds: float) -> dict[str, Any]:
    """Return deliveries a second when every sender sends as soon as it may, and what each cost the relay."""
    for flow in flows:
        flow.start(shape.depth)
    await asyncio.sleep(WARM_UP)
    before, began, usage = tally.delivered, time.perf_counter(), Usage([relay.pid])
    await asyncio.sleep(seconds)
    rate = (tally.delivered - before) / (time.perf_counter() - began)
    used = usage.since()
    await settle(flows, tally)
    return {
        "delivered_per_second": round(rate),
        "relay_us_each": round(used["server_busy"] / rate * 1e6, 1),
    } | used


async def at_half(
    relay: Relay, flows: list[Flow], tally: Tally, shape: Shape, rate: float, seconds: float
) -> dict[str, Any]:
    """Return how long deliveries take at half of `rate` (deliveries a second)."""
    appends = rate / shape.subscribers / 2
    await pace(flows, appends, WARM_UP)
    tally.delays = type(tally.delays)("d")
    usage = Usage([relay.pid])
    await pace(flows, appends, seconds)
    used = usage.since()
    await settle(flows, tally)
    return tally.percentiles() | {"server_busy": used["server_busy"]}


async def measure(relay: Relay, shape: Shape, seconds: float) -> dict[str, Any]:
    """Return the figures of one shape."""
    tally = Tally()
    flows = await opened(relay.stream, tally, shape.flows, shape.subscribers)
    fast = await saturate(relay, flows, tally, shape, seconds)
    slow = await at_half(relay, flows, tally, shape, fast["delivered_per_second"], seconds)
    for flow in flows:
        for connection in (flow.sender, *flow.readers):
            connection.close()
    return (
        {"shape": shape.name}
        | fast
        | {f"half_{name}": value for name, value in slow.items()}
        | {"refused": tally.refused}
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure all shapes; returns the figures."""
    rows: list[dict[str, Any]] = []
    shapes = [shape for shape in SHAPES if options.shape in (None, shape.name)]
    with running(tables.size(options)) as relay, Progress(transient=True) as progress:
        bar = progress.add_task("traffic", total=len(shapes))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            for shape in shapes:
                progress.update(bar, description=f"traffic, {shape.name}")
                rows.append(runner.run(measure(relay, shape, options.seconds)))
                progress.advance(bar)
    figures: dict[str, Any] = {"machine": describe(), "fill": tables.size(options), "traffic": rows}
    figures["limits"] = limits.measure(options.seconds, rows[0]["delivered_per_second"])
    if options.peers:
        figures["peers"] = compare.traffic(options.seconds, rows[0]["delivered_per_second"])
    return figures


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = tables.parser(__doc__)
    parser.add_argument("--seconds", type=float, help="of each measurement (default: 10)")
    parser.add_argument("--shape", choices=[shape.name for shape in SHAPES], help="this one alone")
    parser.add_argument("--peers", action="store_true", help="run Prosody and ejabberd, too")
    options = parser.parse_args()
    options.seconds = options.seconds or (2.0 if options.quick else 10.0)
    figures = run(options)
    tables.show("Durable deliveries of 300 bytes", figures["traffic"])
    tables.show("What the machine can do", figures["limits"])
    for peers in [figures["peers"]] if options.peers else []:
        compare.show(peers)
    tables.store(options.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
