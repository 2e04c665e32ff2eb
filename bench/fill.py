"""A store that has lived: `python -m bench.fill [--size full|small]` makes it once, into a cache folder.

`full` holds 1,000,000 queues and 10,000,000 entries of 300 bytes that cannot be compressed, written round by round over
all queues, so that the files on disk look as after months of use. The benches work on hard links to its files, which
RocksDB never changes, so a copy costs nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TimeElapsedColumn, TimeRemainingColumn

from bench.machine import raise_descriptors
from havre.relay.store.operations import AddEntry, Operation, SetKeys, SetTail
from havre.relay.store.rocksdb import RocksStore
from havre.relay.store.rows import Keys, Tail
from havre.wire.sizes import MAX_TTL
from havre.wire.stream import Entry, EntryKind, Hashes

BODY_BYTES: Final = 300
BATCH: Final = 4000
YEAR: Final = 365 * 24 * 3600
"""Entries expire that late, so that the cached store stays as it is."""
MADE: Final = "made"


class Size(StrEnum):
    """How much a store holds before a measurement begins."""

    FULL = "full"
    SMALL = "small"
    NONE = "none"


QUEUES: Final = {Size.FULL: 1_000_000, Size.SMALL: 20_000, Size.NONE: 0}
ROUNDS: Final = 10


def cache() -> Path:
    """Return the folder for stores that are made once: HAVRE_BENCH_CACHE, or one in the user's cache."""
    named = os.environ.get("HAVRE_BENCH_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = Path(named) if named else home / "havre" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def made(size: Size) -> Path | None:
    """Return the folder of a filled store, which is made now if it was not before; none for an empty one."""
    if size is Size.NONE:
        return None
    folder = cache() / f"store-{size}"
    if not (folder / MADE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        _fill(folder / "store", QUEUES[size])
        (folder / MADE).touch()
    return folder / "store"


def link(store: Path, target: Path) -> None:
    """Copy a closed store: tables by hard link, since they never change, and the few small files by bytes."""
    target.mkdir(parents=True)
    for file in store.iterdir():
        if file.suffix == ".sst":
            os.link(file, target / file.name)
        elif file.name != "LOCK":
            shutil.copy(file, target / file.name)


def _fill(folder: Path, queues: int) -> None:
    raise_descriptors()
    store = RocksStore(folder)
    ids = os.urandom(16 * queues)
    with Progress("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as progress:
        bar = progress.add_task(f"filling a store with {queues:,} queues", total=queues * ROUNDS)
        for cursor in range(1, ROUNDS + 1):
            for first in range(0, queues, BATCH):
                store.apply(_batch(ids, range(first, min(first + BATCH, queues)), cursor))
                progress.update(bar, advance=min(BATCH, queues - first))
    _settle(store)
    store.close()


def _settle(store: RocksStore) -> None:
    """Let RocksDB finish sorting, so that no measurement pays for the filling."""
    with Progress(SpinnerColumn(), "{task.description}", TimeElapsedColumn()) as progress:
        progress.add_task("letting it settle", total=None)
        while store.is_sorting():
            time.sleep(0.2)


def _batch(ids: bytes, which: range, cursor: int) -> list[Operation]:
    now = int(time.time())
    operations: list[Operation] = []
    for number in which:
        queue = ids[16 * number : 16 * number + 16]
        if cursor == 1:
            hashes = Hashes(os.urandom(32), os.urandom(32), os.urandom(32))
            operations.append(SetKeys(queue, Keys(hashes, MAX_TTL)))
        entry = Entry(cursor, EntryKind.MESSAGE, now, os.urandom(BODY_BYTES))
        operations.append(AddEntry(queue, os.urandom(16), entry, now + YEAR))
        operations.append(SetTail(queue, Tail(cursor)))
    return operations


def main() -> int:
    """Make the store unless it is there; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=Size, choices=list(Size), default=Size.FULL)
    options = parser.parse_args()
    began = time.perf_counter()
    folder = made(options.size)
    if folder is None:
        print("An empty store needs no filling.")
        return 0
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{folder}: {size / 1e9:.1f} GB, {QUEUES[options.size]:,} queues, {QUEUES[options.size] * ROUNDS:,} entries")
    print(f"took {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
