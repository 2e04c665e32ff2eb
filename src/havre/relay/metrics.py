"""What operators watch, for Prometheus: figures of the whole relay, on a port of its own that is not public.

No label names a user, a queue or a peer; tests/relay/test_metrics.py keeps the list of all that may appear.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from havre.relay.app import Relay
from havre.relay.core.line import Line
from havre.relay.core.surge import Surge
from havre.relay.data_folder import STORE
from havre.relay.machine import memory_used
from havre.wire.refusals import Code
from havre.wire.status import State

SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SIZES: Final = (1, 4, 16, 64, 256, 1024)


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at a relay; sizes in bytes, times in seconds."""

    state: State
    connections: int
    queues_followed: int
    commands: int
    pending: int
    loop_lag: float
    signed_up: int
    line: Line
    rate: float
    uploads: int
    peers: int
    memory: int
    disk_free: int
    store: int
    refusals: dict[Code, int]


def look(relay: Relay) -> Figures:
    """Look at a relay. This happens in another thread than all else, so nothing is walked through."""
    door = relay.doorkeeper.door
    return Figures(
        state=relay.condition.state,
        connections=len(relay.sessions),
        queues_followed=len(relay.subscribers),
        commands=relay.committer.tally.works,
        pending=relay.committer.depth,
        loop_lag=relay.lag.mean,
        signed_up=relay.doorkeeper.entered,
        line=door.line,
        rate=door.mode.rate if isinstance(door.mode, Surge) else 0.0,
        uploads=len(relay.services.uploads),
        peers=relay.budgets.connections.peers,
        memory=memory_used(),
        disk_free=relay.machine.free_bytes(),
        store=folder_size(relay.config.data / STORE),
        refusals=dict(relay.refusals),
    )


class Gauges(Collector):
    """Turns one look at the relay into metrics."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def collect(self) -> Iterable[Metric]:
        now = look(self._relay)
        states = GaugeMetricFamily("havre_state", "1 for the state that the relay is in.", labels=["state"])
        for state in State:
            states.add_metric([state.value], float(state is now.state))
        yield states
        refusals = CounterMetricFamily("havre_refusals", "Commands and requests that were refused.", labels=["code"])
        for code in Code:
            refusals.add_metric([code.value], now.refusals.get(code, 0))
        yield refusals
        yield CounterMetricFamily("havre_commands", "Commands and requests that were carried out.", now.commands)
        yield CounterMetricFamily("havre_sign_ups_admitted", "Sign-ups that were let in.", now.signed_up)
        yield CounterMetricFamily("havre_sign_ups_lined_up", "Places in line that were given out.", now.line.given)
        for name, words, value in _gauges(now):
            yield GaugeMetricFamily(f"havre_{name}", words, value)


def _gauges(now: Figures) -> list[tuple[str, str, float]]:
    return [
        ("connections", "Streams that are open.", now.connections),
        ("queues_followed", "Queues that somebody follows at this moment.", now.queues_followed),
        ("pending", "Commands and requests that wait for the store.", now.pending),
        ("loop_lag_seconds", "How late the event loop comes, smoothed.", now.loop_lag),
        ("sign_ups_waiting", "New accounts in line.", now.line.waiting),
        ("sign_up_rate", "Sign-ups a second that come in while others wait; 0: everybody comes in.", now.rate),
        ("uploads", "Uploads that are under way.", now.uploads),
        ("peers", "Peers that are connected.", now.peers),
        ("memory_bytes", "Memory that the relay holds.", now.memory),
        ("disk_free_bytes", "Room on the disk.", now.disk_free),
        ("store_bytes", "What the store takes on the disk, files of users not counted.", now.store),
    ]


class Metrics:
    """The registry of one relay, and what serves it."""

    def __init__(self, relay: Relay) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(Gauges(relay))
        self._commit = Histogram(
            "havre_commit_seconds", "How long a transaction takes.", buckets=SECONDS, registry=self.registry
        )
        self._batch = Histogram(
            "havre_batch_size", "Commands and requests in a transaction.", buckets=SIZES, registry=self.registry
        )
        relay.committer.observe = self.committed
        self._server: tuple[WSGIServer, threading.Thread] | None = None

    def committed(self, size: int, seconds: float) -> None:
        """A transaction of so many commands and requests is over."""
        self._commit.observe(seconds)
        self._batch.observe(size)

    def serve(self, host: str, port: int) -> None:
        """Serve them in a thread; raises OSError when the port cannot be had."""
        self._server = start_http_server(port, host, self.registry)

    def close(self) -> None:
        """Serve them no longer."""
        if self._server is not None:
            server, thread = self._server
            server.shutdown()
            server.server_close()
            thread.join()


def folder_size(folder: Path) -> int:
    """Return the bytes of a folder's files; those that vanish meanwhile are not counted."""
    size = 0
    for path in folder.glob("*"):
        try:
            size += path.stat().st_size
        except OSError:
            continue
    return size
