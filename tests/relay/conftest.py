"""One relay process for all tests that do not harm it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.relay.rig import RelayProcess, running_relay, visit

RESERVED = bytes(31) + b"\x01"


@pytest.fixture(scope="session")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    folder: Path = tmp_path_factory.mktemp("relay") / "data"
    with running_relay(folder, blob_bytes=64 * 1024 * 1024, reserved_names=f'["{RESERVED.hex()}"]') as process:
        yield process


@pytest.fixture
def http(relay: RelayProcess) -> Iterator[httpx.Client]:
    with visit(relay.http) as client:
        yield client
