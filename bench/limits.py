"""What the machine can do: the same frames through nothing but picows, the same rows into nothing but the store."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench import fill
from bench.connections import in_turn
from bench.machine import Usage, cores, precedence
from bench.relay import on_cores
from havre.relay.store.operations import AddEntry, Operation, SetTail
from havre.relay.store.rocksdb import RocksStore
from havre.relay.store.rows import Tail
from havre.wire.sizes import MAX_TTL
from havre.wire.stream import Entry, EntryKind

PAIRS: Final = 200
DEPTH: Final = 10
FRAME: Final = os.urandom(400)
"""An append of 300 bytes with its secret, ids and MessagePack around it is about as long."""
BATCH: Final = 500


def measure(seconds: float, relay: float) -> list[dict[str, Any]]:
    """Return messages a second through each part alone, and which share of it the relay reaches."""
    with precedence():  # as the relay had it
        rows = [_passing(seconds), _storing(seconds)]
    return [row | {"relay_reaches": f"{relay / row['per_second']:.0%}"} for row in rows]


# --- picows alone ---------------------------------------------------------------------------------------------


class _Counter(WSListener):
    """A sender sends again at each answer; a reader counts."""

    count = 0

    def __init__(self, is_sender: bool) -> None:
        self._is_sender = is_sender

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take a frame."""
        if self._is_sender:
            transport.send(WSMsgType.BINARY, FRAME)
        else:
            _Counter.count += 1


async def _pairs(port: int, seconds: float, pid: int) -> dict[str, Any]:
    at = f"ws://127.0.0.1:{port}"
    await in_turn(ws_connect(lambda: _Counter(False), f"{at}/r/{number}") for number in range(PAIRS))
    senders = await in_turn(ws_connect(lambda: _Counter(True), f"{at}/s/{number}") for number in range(PAIRS))
    for transport, _ in senders:
        for _ in range(DEPTH):
            transport.send(WSMsgType.BINARY, FRAME)
    await asyncio.sleep(0.5)
    before, began, usage = _Counter.count, time.perf_counter(), Usage([pid])
    await asyncio.sleep(seconds)
    rate = (_Counter.count - before) / (time.perf_counter() - began)
    return {"part": "picows alone, 1:1", "per_second": round(rate)} | usage.since()


def _passing(seconds: float) -> dict[str, Any]:
    ready, told = os.pipe()
    with on_cores(cores().server):
        server = subprocess.Popen([sys.executable, "-m", "bench.raw", str(told)], pass_fds=[told])
    os.close(told)
    try:
        with os.fdopen(ready) as lines, on_cores(cores().load):
            port = int(lines.readline())
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(_pairs(port, seconds, server.pid))
    finally:
        server.kill()
        server.wait()


# --- the store alone ------------------------------------------------------------------------------------------


def _batches(count: int) -> list[list[Operation]]:
    """Return batches as the relay's 200 busiest queues make them."""
    now, queues = int(time.time()), [os.urandom(16) for _ in range(PAIRS)]
    made: list[list[Operation]] = []
    for number in range(count):
        entries = [
            Entry(number * BATCH + each, EntryKind.MESSAGE, now, os.urandom(fill.BODY_BYTES)) for each in range(BATCH)
        ]
        batch: list[Operation] = [
            AddEntry(queues[each % PAIRS], os.urandom(16), entry, now + MAX_TTL) for each, entry in enumerate(entries)
        ]
        made.append(batch + [SetTail(queue, Tail(number)) for queue in queues])
    return made


def _storing(seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=fill.cache()) as folder, on_cores(cores().server):
        store = RocksStore(Path(folder) / "store")
        batches, written, busy, usage = _batches(200), 0, 0.0, Usage([])
        while busy < seconds:
            began = time.perf_counter()
            store.apply(batches[written % len(batches)])
            busy += time.perf_counter() - began
            written += 1
        used = usage.since()
        store.close()
    return {"part": f"the store alone, synced batches of {BATCH}", "per_second": round(written * BATCH / busy)} | {
        "server_busy": used["load_busy"],
        "network": None,
        "stolen": None,
        "idle": used["idle"],
        "load_busy": None,
        "others": None,
    }
