"""Durable deliveries a second, one to one: `python -m bench.traffic [--pairs N] [--seconds S] [--json FILE]`.

A relay process of its own on loopback, with fsync on; pairs of connections, of which one appends (several at a time)
and the other is subscribed. A delivery counts when the entry has reached the subscriber. Stops by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from havre.wire.capability import Capabilities
from havre.wire.stream import (
    COMMAND,
    EVENT,
    Append,
    Appended,
    Create,
    Done,
    Pushed,
    Subscribe,
    Subscribed,
    Subscription,
)

BODY_BYTES = 300
SETTINGS = {"HAVRE_RELAY_FREE_BYTES": "0", "HAVRE_RELAY_BUDGETS": "false"}
"""One load program stands for many people, so it is not held to what one peer may do."""


@dataclass
class Tally:
    """What was counted; times in seconds."""

    delivered: int = 0
    acknowledged: int = 0
    refused: int = 0
    delays: list[float] = field(default_factory=list)
    running: bool = True


class Peer(WSListener):
    """One connection of a pair."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.answered: asyncio.Future[Any] | None = None
        self.on_event: Any = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.BINARY:
            return
        event = EVENT.decode(frame.get_payload_as_memoryview())
        if self.answered is not None and isinstance(event, Done | Subscribed):
            answered, self.answered = self.answered, None
            answered.set_result(event)
        elif self.on_event is not None:
            self.on_event(event)

    async def ask(self, command: Any) -> Any:
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.send(WSMsgType.BINARY, COMMAND.encode(command))
        return await self.answered


async def peer(url: str) -> Peer:
    _, listener = await ws_connect(Peer, url)
    assert isinstance(listener, Peer)
    return listener


class Pair:
    """A sender that keeps `depth` appends under way, and a subscriber."""

    def __init__(self, tally: Tally, depth: int) -> None:
        self.tally = tally
        self.depth = depth
        self.queue = os.urandom(16)
        self.secrets = Capabilities(os.urandom(32), os.urandom(32), os.urandom(32))
        self.body = os.urandom(BODY_BYTES)
        self.number = 0
        self.sent: deque[float] = deque()

    async def connect(self, url: str) -> None:
        self.sender, self.reader = await peer(url), await peer(url)
        await self.sender.ask(Create(0, self.queue, self.secrets.hashes(), 0))
        await self.reader.ask(Subscribe(0, [Subscription(self.queue, self.secrets.read, 0)]))
        self.sender.on_event = self.acknowledged
        self.reader.on_event = self.pushed

    def start(self) -> None:
        for _ in range(self.depth):
            self.append()

    def append(self) -> None:
        self.number += 1
        dedupe = self.number.to_bytes(16, "big")
        self.sent.append(time.perf_counter())
        command = Append(self.number, self.queue, self.secrets.write, dedupe, self.body)
        self.sender.transport.send(WSMsgType.BINARY, COMMAND.encode(command))

    def acknowledged(self, event: Any) -> None:
        if not isinstance(event, Appended):
            self.tally.refused += 1
            return
        self.tally.acknowledged += 1
        if self.tally.running:
            self.append()

    def pushed(self, event: Any) -> None:
        if isinstance(event, Pushed):
            now = time.perf_counter()
            self.tally.delivered += len(event.entries)
            for _ in event.entries:
                self.tally.delays.append(now - self.sent.popleft())


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, all threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(url: str, pid: int, pairs: int, depth: int, seconds: float) -> dict[str, float]:
    """Return deliveries a second, how long they took (ms), and what each cost the relay (us of CPU)."""
    tally = Tally()
    all_pairs = [Pair(tally, depth) for _ in range(pairs)]
    for start in range(0, pairs, 50):
        await asyncio.gather(*(pair.connect(url) for pair in all_pairs[start : start + 50]))
    for pair in all_pairs:
        pair.start()
    await asyncio.sleep(1.0)
    tally.delays.clear()
    before, start_time, own, relay = tally.delivered, time.perf_counter(), time.process_time(), cpu_seconds(pid)
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - start_time
    delivered = tally.delivered - before
    busy, cost = (time.process_time() - own) / elapsed, cpu_seconds(pid) - relay
    tally.running = False
    await asyncio.sleep(0.5)
    delays = sorted(tally.delays)
    return {
        "delivered_per_second": round(delivered / elapsed),
        "p50_ms": round(delays[len(delays) // 2] * 1000, 1),
        "p99_ms": round(delays[len(delays) * 99 // 100] * 1000, 1),
        "relay_cpu_us_each": round(cost / delivered * 1e6, 1),
        "relay_busy": round(cost / elapsed, 2),
        "refused": tally.refused,
        "load_program_busy": round(busy, 2),
    }


def relay_process(data: Path, core: int | None) -> tuple[subprocess.Popen[bytes], str]:
    """Start a relay, on one core if asked to; returns it and its stream's address."""
    ready, told = os.pipe()
    command = [sys.executable, "-m", "havre.relay", "--data", str(data), "--port", "0", "--ready-fd", str(told)]
    process = subprocess.Popen(command, pass_fds=[told], env=os.environ | SETTINGS)
    os.close(told)
    with os.fdopen(ready, "rb") as lines:
        port = msgspec.json.decode(lines.readline())["port"]
    if core is not None:
        for thread in Path(f"/proc/{process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})
    return process, f"ws://127.0.0.1:{port}/v1/stream"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--depth", type=int, default=20, help="appends under way in each pair")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        relay, url = relay_process(Path(folder) / "relay", cores[0] if len(cores) > 1 else None)
        try:
            if len(cores) > 1:
                os.sched_setaffinity(0, set(cores[1:]))
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                result = runner.run(measure(url, relay.pid, options.pairs, options.depth, options.seconds))
        finally:
            relay.send_signal(signal.SIGTERM)
            relay.wait(timeout=20)
    print("\n".join(f"{key:24} {value:>10}" for key, value in result.items()))
    if options.json:
        options.json.write_bytes(msgspec.json.encode(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
