"""A machine whose clock jumps by a day, there and back, under a relay that runs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import httpx
import msgspec
import pytest

from havre.wire.directory import NewBlob
from havre.wire.stream import Append, Appended, Create, Done, Entries, Read
from tests.relay.bystander import bystander
from tests.relay.rig import Person, Queue, RelayProcess, Stream, run, running_relay, visit

DAY = 24 * 3600
SWEEP = 0.1


def swept(relay: RelayProcess, http: httpx.Client) -> None:
    """Wait until the relay has swept: a file that lives for a second is gone."""
    form = NewBlob(os.urandom(16), 5, bytes(32), ttl=1)
    assert http.post("/v1/blobs", content=msgspec.json.encode(form)).status_code == 204
    deadline = time.monotonic() + 60
    while http.head(f"/v1/blobs/{form.blob.hex()}").status_code == 200:
        assert time.monotonic() < deadline, "the sweeper has stopped"
        time.sleep(SWEEP)


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_jump_expires_nothing_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: int) -> None:
    """Entries that live for an hour outlive the jump, what is due goes, budgets and sign-ups work all the while."""
    queue, skew = Queue(), tmp_path / "skew"
    monkeypatch.setenv("SKEW", str(skew))

    async def append(url: str, cursor: int) -> None:
        stream = await Stream.open(url)
        if cursor == 1:
            assert isinstance(await stream.ask(Create, queue.id, queue.hashes, 3600), Done)
        answer = await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"kept")
        assert answer == Appended(answer.request, cursor)
        page = await stream.ask(Read, queue.id, queue.secrets.read, 0)
        assert isinstance(page, Entries)
        assert [entry.cursor for entry in page.entries] == list(range(1, cursor + 1))
        ages = [abs(time.time() - entry.at) for entry in page.entries]
        assert max(ages) < 60, "entries are dated by the time that has really passed"

    with (
        running_relay(tmp_path / "relay", "", "tests.relay.faults.skewed", sweep_seconds=SWEEP) as relay,
        visit(relay.http) as http,
        bystander(relay),
    ):
        run(append(relay.stream, 1))
        for cursor, set_by in enumerate((jump, 0, 2 * jump), start=2):
            skew.write_text(str(set_by))
            swept(relay, http)
            run(append(relay.stream, cursor))
            Person().join(http)
        assert "clock has jumped" in relay.log.read_text()


def test_the_skewed_clock_is_really_skewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that starts on a machine that is a day ahead believes it: it has nothing to compare with."""
    queue, skew = Queue(), tmp_path / "skew"
    monkeypatch.setenv("SKEW", str(skew))
    skew.write_text(str(DAY))

    async def scene(url: str) -> None:
        stream = await Stream.open(url)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"x")
        page = await stream.ask(Read, queue.id, queue.secrets.read, 0)
        assert abs(page.entries[0].at - time.time() - DAY) < 60

    with running_relay(tmp_path / "relay", "", "tests.relay.faults.skewed") as relay:
        run(scene(relay.stream))
