"""Mirrors: gone with the process that made them, or with the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from havre.relay.store import mirror
from havre.relay.store.mirror import MOMENT, drop_leftovers, drop_mirror, make_mirror
from havre.relay.store.rocksdb import RocksStore

DIE = """
import os, pathlib, signal, sys
from havre.relay.store import mirror
mirror.MEMORY = pathlib.Path(sys.argv[1])
mirror.make_mirror(pathlib.Path(sys.argv[2]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def age(folder: Path) -> None:
    """Have it look as if it had been made long ago."""
    then = folder.stat().st_mtime - 2 * MOMENT
    os.utime(folder, (then, then))


def test_what_a_killed_process_left_goes_when_the_next_store_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, source = tmp_path / "memory", tmp_path / "source"
    for folder in (memory, source):
        folder.mkdir()
    (source / "CURRENT").write_text("x")
    monkeypatch.setattr(mirror, "MEMORY", memory)
    done = subprocess.run([sys.executable, "-c", DIE, str(memory), str(source)], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = memory.iterdir()
    alive, other = make_mirror(source), memory / "somebody-elses"
    other.mkdir()
    drop_leftovers()
    assert left.exists(), "one that is new may be about to be locked"
    for folder in (left, alive.folder, other):
        age(folder)
    RocksStore(tmp_path / "store").close()
    assert set(memory.iterdir()) == {alive.folder, other}
    assert (source / "CURRENT").read_text() == "x", "only links go"
    drop_mirror(alive)
    assert set(memory.iterdir()) == {other}
