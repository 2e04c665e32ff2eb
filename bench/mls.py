"""havre.mls beside mls-rs: `python -m bench.mls [--json FILE] [--quick]`.

mls-rs comes by the wheel `agentvault-mls-rs-uniffi`; without it our figures stand alone. Both run
in one process, in turns, and each figure is the median of its rounds in microseconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.mls_sides import Ours, Rust, Side, fill_tree
from havre import mls

ROUNDS = 9
TARGETS = {
    "key package": 1.0,
    "add 100": 2.0,
    "join 101": 3.0,
    "join 1000": 3.0,
    "encrypt 300 bytes": 1.0,
    "decrypt 300 bytes": 1.0,
    "commit, 2": 2.0,
    "process, 2": 2.0,
    "commit, 100": 2.0,
    "process, 100": 2.0,
    "commit, 1000": 2.0,
    "process, 1000": 2.0,
}


@dataclass
class Figures:
    """Times in microseconds by operation and side."""

    times: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, operation: str, side: str, seconds: float) -> None:
        self.times.setdefault(operation, {}).setdefault(side, []).append(seconds * 1e6)

    def median(self, operation: str, side: str) -> float | None:
        taken = self.times[operation].get(side)
        return statistics.median(taken) if taken else None


def clock(action: Callable[[], object], repeat: int = 1) -> float:
    """Give the mean time of an action, in seconds."""
    started = time.perf_counter()
    for _ in range(repeat):
        action()
    return (time.perf_counter() - started) / repeat


def measure_small(figures: Figures, sides: list[Side], rounds: int) -> None:
    """Key packages and messages."""
    scenes = {side.name: side.scene(101) for side in sides}
    for _ in range(rounds):
        for side in sides:
            scene = scenes[side.name]
            figures.add("key package", side.name, clock(side.key_package, 20))
            figures.add("create", side.name, clock(side.create, 20))
            figures.add("encrypt 300 bytes", side.name, clock(scene.encrypt, 20))
            figures.add("decrypt 300 bytes", side.name, clock(scene.decrypt, 20))


def measure_groups(figures: Figures, sides: list[Side], rounds: int) -> None:
    """Adding, joining, committing and processing."""
    for size in (2, 100, 1000):
        scenes = {side.name: side.scene(size) for side in sides}
        for _ in range(rounds if size < 1000 else max(3, rounds // 2)):
            for side in sides:
                figures.add(f"commit, {size}", side.name, clock(scenes[side.name].commit))
                figures.add(f"process, {size}", side.name, clock(scenes[side.name].process))
    for _ in range(max(3, rounds // 2)):
        for side in sides:
            figures.add("add 100", side.name, side.add(100))
            figures.add("join 101", side.name, side.join(101))
    for _ in range(2):
        for side in sides:
            figures.add("join 1000", side.name, side.join(1000))


def measure_growth(figures: Figures, sides: list[Side], sizes: tuple[int, ...]) -> None:
    """How the costs grow with the group; a full tree is one in which everybody has committed."""
    for size in sizes:
        for side in sides:
            scene = side.scene(size)
            figures.add(f"add all, {size}", side.name, scene.added)
            figures.add(f"join, {size}", side.name, scene.joined)
            figures.add(f"encrypt, {size}", side.name, clock(scene.encrypt, 5))
            figures.add(f"decrypt, {size}", side.name, clock(scene.decrypt, 5))
            figures.add(f"commit, new tree, {size}", side.name, clock(scene.commit))
            figures.add(f"process, new tree, {size}", side.name, clock(scene.process))
            if isinstance(side, Ours):
                fill_tree(scene)
                for _ in range(3):
                    figures.add(f"commit, full tree, {size}", side.name, clock(scene.commit))
                    figures.add(f"process, full tree, {size}", side.name, clock(scene.process))


def show(figures: Figures, names: list[str]) -> list[dict[str, Any]]:
    """Print a table and give its rows."""
    rows = []
    print(f"{'':28}" + "".join(f"{name:>14}" for name in names) + f"{'ratio':>9}{'target':>9}")
    for operation in figures.times:
        medians = [figures.median(operation, name) for name in names]
        both = len(medians) == 2 and None not in medians
        ratio = medians[0] / medians[1] if both and medians[0] and medians[1] else None
        target = TARGETS.get(operation)
        cells = "".join(f"{'-' if value is None else f'{value:,.0f} us':>14}" for value in medians)
        print(
            f"{operation:28}{cells}{'' if ratio is None else f'{ratio:.2f}':>9}"
            f"{'' if target is None or ratio is None else f'{target:.1f}':>9}"
        )
        rows.append({"operation": operation, "us": dict(zip(names, medians, strict=True)), "ratio": ratio})
    return rows


class Section(Protocol):
    """Takes one group of figures."""

    def __call__(self, figures: Figures, sides: list[Side]) -> None: ...


def run(title: str, sides: list[Side], section: Section) -> dict[str, Any]:
    """Measure and print one section."""
    figures = Figures()
    section(figures, sides)
    print(f"\n{title}")
    return {"title": title, "rows": show(figures, [side.name for side in sides])}


def main() -> None:
    """Measure all sections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and groups of 1,000 at most")
    options = parser.parse_args()
    rounds = 3 if options.quick else ROUNDS
    sizes = (10, 100, 1000) if options.quick else (10, 100, 1000, 5000)
    classical: list[Side] = [Ours(mls.X25519_AES128GCM_SHA256_ED25519, "havre")]
    if Rust.is_here():
        classical.append(Rust("mls-rs"))
    quantum: list[Side] = [Ours(mls.MLKEM768X25519_AES128GCM_SHA256_ED25519, "havre, X-Wing")]

    def small_and_groups(figures: Figures, sides: list[Side]) -> None:
        measure_small(figures, sides, rounds)
        measure_groups(figures, sides, rounds)

    def growth(figures: Figures, sides: list[Side]) -> None:
        measure_growth(figures, sides, sizes)

    sections = [
        run("X25519, AES-128-GCM, SHA-256, Ed25519", classical, small_and_groups),
        run("The post-quantum suite", quantum, small_and_groups),
        run("Growth", classical, growth),
    ]
    if options.json:
        options.json.write_text(json.dumps(sections, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
