"""One relay for all attacks, so that what an earlier one left behind shows in a later one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.relay.rig import RelayProcess, running_relay

GROWTH = 250 * 1024 * 1024
"""Bytes by which no attack may make the relay grow."""


def resident(relay: RelayProcess) -> int:
    """Return how much memory the relay uses, in bytes."""
    pages = int(Path(f"/proc/{relay.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    folder: Path = tmp_path_factory.mktemp("target") / "data"
    bounds = {"request_seconds": 1, "heartbeat": 1, "send_buffer": 1024 * 1024, "connection_bytes": 512 * 1024}
    with running_relay(folder, **bounds) as relay:
        yield relay
        assert relay.stop() == 0


@pytest.fixture(autouse=True)
def bounded(target: RelayProcess) -> Iterator[None]:
    """No attack makes the relay fail inside, and none makes it grow beyond bounds."""
    before, said = resident(target), target.log.stat().st_size
    yield
    assert resident(target) - before < GROWTH
    lines = target.log.read_bytes()[said:].splitlines()
    assert [line for line in lines if b'"level": "error"' in line] == []
