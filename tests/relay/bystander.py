"""Somebody who minds their own business while others misbehave: appends, and waits for what they appended.

`python -m tests.relay.bystander URL` is that somebody, in a process of their own, so that what is measured is the
relay and not the attack. `bystander(relay)` starts it, and checks afterwards that nothing was noticed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from havre.wire.stream import Append, Appended, Create, Done, Read, Subscribe, Subscribed, Subscription
from tests.relay.nursery import BYSTANDER, bear
from tests.relay.rig import PATIENCE, Queue, RelayProcess, Stream, run

QUIET_ROUNDS = 100
FEWEST = 20
PAUSE = 0.004
SLOWEST = 5.0
"""Seconds within which 99 of 100 messages are with their receiver, on a machine that does other things, too."""
TYPICAL = 1.0


class Report(msgspec.Struct):
    """Seconds from an append to its arrival, before and during the attack."""

    quiet: list[float]
    attacked: list[float]


@dataclass
class Watch:
    """What a test knows of its bystander; the figures are there once it is over."""

    report: Report = field(default_factory=lambda: Report([], []))

    def __str__(self) -> str:
        quiet, attacked = self.report.quiet, self.report.attacked
        return (
            f"{len(attacked)} messages, p50 {share(attacked, 0.5) * 1e3:.1f} ms (quiet {share(quiet, 0.5) * 1e3:.1f}), "
            f"p99 {share(attacked, 0.99) * 1e3:.1f} ms (quiet {share(quiet, 0.99) * 1e3:.1f})"
        )


def share(values: list[float], part: float) -> float:
    """Return the value below which this part of all values lies; of a few, the very largest may be the machine's."""
    return sorted(values)[min(len(values) - 2, int(len(values) * part))]


@contextmanager
def bystander(relay: RelayProcess) -> Iterator[Watch]:
    """Have somebody talk while the block runs; afterwards fail if anything was refused, lost or late."""
    watch = Watch()
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    process = bear(BYSTANDER, [relay.stream], dict(os.environ), {0: theirs_in, 1: theirs_out})
    for descriptor in (theirs_in, theirs_out):
        os.close(descriptor)
    with os.fdopen(ours_in, "rb") as said:
        try:
            assert said.readline() == b"begun\n"
            yield watch
        finally:
            os.close(ours_out)
            out = said.read()
    assert process.wait(timeout=PATIENCE) == 0, "the bystander was refused, lost a message or the connection"
    watch.report = msgspec.json.decode(out, type=Report)
    print(watch)
    assert share(watch.report.attacked, 0.99) < SLOWEST, watch
    assert share(watch.report.attacked, 0.5) < max(TYPICAL, 20 * share(watch.report.quiet, 0.5)), watch
    assert relay.process.poll() is None, relay.log.read_text()


async def _talk(url: str, over: threading.Event) -> None:
    queue, report = Queue(), Report([], [])
    sender, receiver = await Stream.open(url), await Stream.open(url)
    assert isinstance(await sender.ask(Create, queue.id, queue.hashes, 0), Done)
    subscribed = await receiver.ask(Subscribe, [Subscription(queue.id, queue.secrets.read, 0)])
    assert isinstance(subscribed, Subscribed)
    cursor = 0
    while not over.is_set() or len(report.attacked) < FEWEST:
        cursor += 1
        began = time.perf_counter()
        answer = await sender.ask(Append, queue.id, queue.secrets.write, os.urandom(16), os.urandom(300))
        assert isinstance(answer, Appended)
        assert answer.cursor == cursor
        [entry] = await receiver.pushed(queue.id, 1)
        assert entry.cursor == cursor
        (report.quiet if cursor <= QUIET_ROUNDS else report.attacked).append(time.perf_counter() - began)
        if cursor == QUIET_ROUNDS:
            print("begun", flush=True)
        await asyncio.sleep(PAUSE)
    page = await sender.ask(Read, queue.id, queue.secrets.read, cursor - 10)
    assert [entry.cursor for entry in page.entries] == list(range(cursor - 9, cursor + 1))
    print(msgspec.json.encode(report).decode())


def main(arguments: list[str]) -> int:
    """Talk until standard input ends; returns the exit code."""
    over = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    run(_talk(arguments[0], over))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
