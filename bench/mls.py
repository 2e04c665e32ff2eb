"""Compares Havre's MLS with mls-rs in one run: `python -m bench.mls [--quick] [--json FILE]`.

Medians of rounds in which both do the same, with the same messages, in the same groups. In the
groups every parent of the tree is filled, as it comes to be when everybody commits now and then;
in "new" ones one commit has just added everybody, and none is. Times are processor time, on one
core: mls-rs is kept from sharing its work among threads.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.mls_clients import HAVRE, MLS_RS, Client, HavreClient, MlsRsClient, has_mls_rs
from bench.mls_crowd import Crowd
from bench.rounds import Task, Timings, quiet
from havre import mls

CLASSICAL = mls.X25519_AES128GCM_SHA256_ED25519
POST_QUANTUM = mls.MLKEM768X25519_AES128GCM_SHA256_ED25519
TEXT = bytes(300)
MESSAGES = 5  # each sender's, a round

# Havre / mls-rs at most, which is what the project asks of the classical suite.
TARGETS = {
    "key package": 1.0,
    "encrypt 300 bytes": 1.0,
    "decrypt 300 bytes": 1.0,
    "add 100 in one commit": 2.0,
    "commit": 2.0,
    "process a commit": 2.0,
    "commit, new": 2.0,
    "process a commit, new": 2.0,
    "join": 3.0,
    "join, new": 3.0,
}


@dataclass(frozen=True)
class Plan:
    """How much to measure."""

    rounds: int
    new: tuple[int, ...]
    sizes: tuple[int, ...]
    post_quantum_sizes: tuple[int, ...]


FULL = Plan(21, (101, 1000), (2, 10, 100, 1000, 5000), (2, 10, 100, 1000))
QUICK = Plan(7, (101,), (2, 10, 100), (2, 100))

Factory = Callable[[str], Client]


@dataclass(frozen=True)
class Bench:
    """One cipher suite's measurements, by clients of one program or two."""

    timings: Timings
    suite: int
    factories: Sequence[Factory]
    rounds: int

    def alone(self) -> None:
        """Measure what a client does by itself."""
        added = [HavreClient(str(number), self.suite).key_package() for number in range(100)]
        clients = [make("alone") for make in self.factories]
        for _ in range(self.rounds):
            for client in clients:
                for _ in range(MESSAGES):
                    self.timings.call(Task("key package"), client.program, client.key_package)
                    self.timings.call(Task("create a group"), client.program, client.create)
                self.timings.call(Task("add 100 in one commit"), client.program, client.add, added)

    def new_group(self, size: int) -> None:
        """Measure a group whose members were all added by one commit: joining, and the first commits.

        Those go to everybody apart. Half of those who join make one, each in a future of its own;
        the other half process the first of them.
        """
        creator = HavreClient("creator", self.suite)
        creator.create()
        joiners = self._joiners(self.rounds // 2)
        others: list[Client] = [HavreClient(str(n), self.suite) for n in range(size - 1 - len(joiners))]
        _, welcome = creator.add([client.key_package() for client in [*others, *joiners]])
        self._join(Task("join, new", size), joiners, welcome)
        half = len(joiners) // 2
        task = Task("commit, new", size)
        commits = [self.timings.call(task, one.program, one.commit) for one in joiners[:half]]
        for member in joiners[half:]:
            self.timings.call(Task("process a commit, new", size), member.program, member.process, commits[0])

    def group(self, size: int) -> None:
        """Measure joining, committing, processing and messages in a group of one size."""
        joiners = self._joiners(min(self.rounds // 2, size // 4))
        if size == 2:  # the first is one of ours already
            joiners = joiners[-1:]
        crowd = Crowd(self.suite, size - len(joiners))
        self._join(Task("join", size) if size > 2 else None, joiners, crowd.admit(joiners))
        members = [*joiners[-3:], crowd.first]
        committers = members[-3:-1] if len(members) > 2 else members
        with quiet():
            for member in committers[: len(self.factories)]:
                # A newcomer's first commit fills the blank parents above it; it is not measured.
                self._process(None, members, member, member.commit())
            for _ in range(self.rounds if size < 5000 else self.rounds // 3):
                self._commits(size, members, committers)
                self._messages(size, members, committers)

    def _joiners(self, count: int) -> list[Client]:
        # mls-rs asks that names differ within a group.
        numbered = list(enumerate(self.factories))
        return [make(f"joiner {number}.{n}") for n in range(max(1, count)) for number, make in numbered]

    def _join(self, task: Task | None, joiners: Sequence[Client], welcome: bytes) -> None:
        with quiet():
            for joiner in joiners:
                if task is None:
                    joiner.join(welcome)
                else:
                    self.timings.call(task, joiner.program, joiner.join, welcome)

    def _commits(self, size: int, members: Sequence[Client], committers: Sequence[Client]) -> None:
        for committer in committers:
            message = self.timings.call(Task("commit", size), committer.program, committer.commit)
            self._process(Task("process a commit", size), members, committer, message)

    def _process(self, task: Task | None, members: Sequence[Client], committer: Client, message: bytes) -> None:
        for member in members:
            if member is committer:
                continue
            if task is None:
                member.process(message)
            else:
                self.timings.call(task, member.program, member.process, message)

    def _messages(self, size: int, members: Sequence[Client], senders: Sequence[Client]) -> None:
        for _ in range(MESSAGES):
            for sender in senders:
                task = Task("encrypt 300 bytes", size)
                message = self.timings.call(task, sender.program, sender.encrypt, TEXT)
                for member in members:
                    if member is not sender:
                        task = Task("decrypt 300 bytes", size)
                        self.timings.call(task, member.program, member.decrypt, message)


def measure(plan: Plan, suite: int, factories: Sequence[Factory], sizes: Sequence[int]) -> Timings:
    """Measure everything in one suite."""
    bench = Bench(Timings(), suite, factories, plan.rounds)
    bench.alone()
    for size in plan.new:
        bench.new_group(size)
    for size in sizes:
        bench.group(size)
    return bench.timings


def rows(timings: Timings) -> list[tuple[Task, float, float | None, float | None]]:
    """List task, our seconds, mls-rs' seconds, and the ratio's bound, by task and size."""
    listed = []
    names = list(dict.fromkeys(task.name for task in timings.seconds))
    for task in sorted(timings.seconds, key=lambda task: (names.index(task.name), task.members or 0)):
        ours = timings.median(task, HAVRE)
        assert ours is not None, "every task is one of ours"
        listed.append((task, ours, timings.median(task, MLS_RS), TARGETS.get(task.name)))
    return listed


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1e6:,.0f} µs" if seconds < 1e-2 else f"{seconds * 1e3:,.1f} ms"


def show(title: str, timings: Timings, console: Console) -> None:
    """Print one suite's table."""
    compared = any(MLS_RS in by_program for by_program in timings.seconds.values())
    table = Table(title=title, title_justify="left")
    for heading in ("task", "members", HAVRE, *((MLS_RS, "ratio", "at most", "") if compared else ())):
        table.add_column(heading, justify="left" if heading == "task" else "right")
    for task, ours, theirs, bound in rows(timings):
        cells = [task.name, str(task.members or ""), _time(ours)]
        if compared and theirs:
            ratio = ours / theirs
            verdict = "" if bound is None else "holds" if ratio <= bound else "missed"
            cells += [_time(theirs), f"{ratio:.2f}", f"{bound:.1f}" if bound else "", verdict]
        table.add_row(*cells)
    console.print(table)


def as_json(results: dict[str, Timings]) -> dict[str, object]:
    """Give all medians, in seconds, and what they were measured on."""
    suites = {
        title: [
            {"task": task.name, "members": task.members, HAVRE: ours, MLS_RS: theirs, "target": bound}
            for task, ours, theirs, bound in rows(timings)
        ]
        for title, timings in results.items()
    }
    return {"python": platform.python_version(), "machine": platform.machine(), "suites": suites}


def main() -> int:
    """Measure, print, and write the file if one was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.mls", description="MLS: Havre and mls-rs side by side")
    parser.add_argument("--quick", action="store_true", help="smaller groups, fewer rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all medians to a file")
    arguments = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = "1"  # read by mls-rs when it is first used
    plan = QUICK if arguments.quick else FULL
    console = Console(width=None if sys.stdout.isatty() else 100)
    factories: list[Factory] = [lambda name: HavreClient(name, CLASSICAL)]
    if has_mls_rs():
        factories.append(MlsRsClient)
    else:
        console.print("mls-rs is not installed, so there is nothing to compare with; `make interop` installs it.")
    begun = time.monotonic()
    results = {"X25519 and Ed25519 (suite 0x0001)": measure(plan, CLASSICAL, factories, plan.sizes)}
    ours: list[Factory] = [lambda name: HavreClient(name, POST_QUANTUM)]
    results["X-Wing and Ed25519 (post-quantum)"] = measure(plan, POST_QUANTUM, ours, plan.post_quantum_sizes)
    for title, timings in results.items():
        show(title, timings, console)
    console.print(f"{time.monotonic() - begun:.0f} s in all")
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(results), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
