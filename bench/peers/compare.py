"""The servers that people run today, measured in the same go, and how many times theirs the relay's figure is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from bench import tables
from bench.machine import Usage
from bench.peers import xmpp
from bench.peers.servers import PEERS, Peer, serving


def traffic(seconds: float, relay: float) -> list[tables.Row]:
    """Return deliveries a second of each peer that is installed."""
    return _all("delivered_per_second", relay, lambda port: xmpp.traffic(port, seconds))


def sign_ups(seconds: float, relay: float) -> list[tables.Row]:
    """Return accounts made a second by each peer that is installed: a name and a password, no keys."""
    return _all("accounts_per_second", relay, lambda port: xmpp.sign_ups(port, seconds))


def show(peers: list[tables.Row]) -> None:
    """Print what was measured, and which peers are not installed."""
    there = [row for row in peers if "missing" not in row]
    if there:
        tables.show("Beside it, in the same run (messages not durable)", there)
    for row in peers:
        if "missing" in row:
            print(f"{row['server']} is not installed, so it was not measured.")


def _all(what: str, relay: float, measure: Callable[[int], Awaitable[float]]) -> list[tables.Row]:
    return [_one(peer, what, relay, measure) if peer.is_there else _missing(peer) for peer in PEERS]


def _missing(peer: Peer) -> dict[str, Any]:
    return {"server": peer.name, "missing": True}


def _one(peer: Peer, what: str, relay: float, measure: Callable[[int], Awaitable[float]]) -> tables.Row:
    with serving(peer) as processes, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        usage = Usage(processes)
        rate = runner.run(_awaited(measure(peer.port)))
        used = usage.since()
    ratio = round(relay / rate, 2)
    return {"server": peer.name, what: round(rate), "relay_is_times": ratio, "load_busy": used["load_busy"]}


async def _awaited(measuring: Awaitable[float]) -> float:
    return await measuring
