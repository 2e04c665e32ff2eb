"""Files through the real relay, in processes of their own: memory stays flat, and a killed process is no loss."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.client.files.transfers import content
from tests.relay.rig import RelayProcess, running_relay

MEGABYTE = 2**20
PEAK = 200 * MEGABYTE
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayProcess]:
    with running_relay(tmp_path / "data") as process:
        yield process


def worker(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.client.files.worker", *map(str, arguments)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE)


def finished(process: subprocess.Popen[bytes]) -> Any:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return json.loads(output.splitlines()[-1])


def write_file(path: Path, megabytes: int) -> str:
    """Write a file that compresses badly, in flat memory, and return its SHA-256."""
    block, whole = content(MEGABYTE), sha256()
    with path.open("wb") as file:
        for number in range(megabytes):
            piece = number.to_bytes(8, "big") + block[8:]
            whole.update(piece)
            file.write(piece)
    return whole.hexdigest()


def hash_of(path: str) -> str:
    with Path(path).open("rb") as file:
        whole = sha256()
        while piece := file.read(MEGABYTE):
            whole.update(piece)
    return whole.hexdigest()


@pytest.mark.parametrize("megabytes", [64, pytest.param(1024, marks=pytest.mark.long)])
def test_memory_stays_flat(relay: RelayProcess, tmp_path: Path, megabytes: int) -> None:
    digest = write_file(tmp_path / "big.bin", megabytes)
    sent = finished(worker("send", relay.http, tmp_path / "big.bin", tmp_path / "state"))
    received = finished(worker("receive", relay.http, tmp_path / "state", tmp_path / "inbox"))
    assert hash_of(received["path"]) == digest
    print(f"{megabytes} MB: sent {sent}, received {received}")
    assert sent["peak"] < PEAK
    assert received["peak"] < PEAK


def killed_half_way(process: subprocess.Popen[bytes]) -> int:
    """Kill a worker once it has done a third of its work, and return how many bytes that were."""
    assert process.stdout is not None
    for line in process.stdout:
        done, total = json.loads(line)["progress"]
        if 3 * done >= total > 0:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
            return int(done)
    raise AssertionError("it was done before it could be killed")


def test_killed_while_sending_and_while_receiving(relay: RelayProcess, tmp_path: Path) -> None:
    digest = write_file(tmp_path / "big.bin", 24)
    killed_half_way(worker("send", relay.http, tmp_path / "big.bin", tmp_path / "state", "slowly"))
    assert (tmp_path / "state.plan").exists()
    sent = finished(worker("send", relay.http, tmp_path / "big.bin", tmp_path / "state"))
    assert sent["first"] > 0
    killed_half_way(worker("receive", relay.http, tmp_path / "state", tmp_path / "inbox", "slowly"))
    received = finished(worker("receive", relay.http, tmp_path / "state", tmp_path / "inbox"))
    assert received["first"] > 0
    assert hash_of(received["path"]) == digest
    assert [path.name for path in (tmp_path / "inbox").iterdir()] == ["big.bin"]


def test_the_relay_is_killed_while_a_file_is_sent(relay: RelayProcess, tmp_path: Path) -> None:
    digest = write_file(tmp_path / "big.bin", 24)
    process = worker("send", relay.http, tmp_path / "big.bin", tmp_path / "state", "slowly")
    time.sleep(1.5)
    relay.kill()
    time.sleep(0.5)
    relay.start()
    finished(process)
    received = finished(worker("receive", relay.http, tmp_path / "state", tmp_path / "inbox"))
    assert hash_of(received["path"]) == digest


def test_the_relay_learns_nothing(relay: RelayProcess, tmp_path: Path) -> None:
    (tmp_path / "telling name.txt").write_bytes(b"telling content " * 5000)
    finished(worker("send", relay.http, tmp_path / "telling name.txt", tmp_path / "state"))
    relay.stop()
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            assert b"telling" not in path.read_bytes()
