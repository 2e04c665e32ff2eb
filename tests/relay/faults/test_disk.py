"""Disks that are full, fail, or take no writes: refused in words, read from meanwhile, and forgiven afterwards."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from havre.wire.directory import NewBlob
from havre.wire.refusals import Code
from havre.wire.stream import Done, Refused, Trim
from tests.relay.faults.conftest import SMALL, mount
from tests.relay.faults.lone import Lone
from tests.relay.rig import Person, Stream, refusal, run, running_relay, visit

MB = 1024 * 1024


def assert_http(url: str, person: Person, code: str) -> None:
    """Over HTTP, what changes is refused and what reads works."""
    stranger, form = Person(), NewBlob(os.urandom(16), 10, bytes(32))
    with visit(url) as http:
        answer = stranger.send(http, "PUT", stranger.path, stranger.sign_up())
        assert refusal(answer) in (code, "waiting")  # a disk that fills up is a strain, too
        assert int(answer.headers["Retry-After"]) >= 1
        assert refusal(http.post("/v1/blobs", content=msgspec.json.encode(form))) == code
        assert http.get(person.path).status_code == 200
        assert http.get("/healthz").status_code == 200


def fill_up(ballast: Path) -> None:
    """Take all the room that there is."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def joined(url: str) -> Person:
    person = Person()
    with visit(url) as http:
        person.join(http)
    return person


@pytest.mark.parametrize("reserve", [0, 5 * MB])
def test_a_full_disk(small_disk: Path, reserve: int) -> None:
    """Without a reserve the store itself runs into the wall; with one it never does. Then room is made."""
    lone, ballast = Lone(), small_disk / "ballast"
    ballast.write_bytes(bytes(SMALL - 12 * MB))

    async def until_full(url: str) -> None:
        stream = await Stream.open(url)
        await lone.begin(stream)
        refused = await lone.fill(stream)
        assert refused.code is Code.FULL
        assert len(lone.kept) > 50
        await lone.check(stream)
        if reserve:
            trimmed = await stream.ask(Trim, lone.queue.id, lone.queue.secrets.manage, 0)
            assert isinstance(trimmed, Done), "what makes room goes on"

    async def recovered(url: str) -> None:
        stream = await Stream.open(url)
        await lone.wait_until_taken(stream)
        await lone.check(stream)

    with running_relay(small_disk / "relay", free_bytes=reserve) as relay:
        person = joined(relay.http)
        run(until_full(relay.stream))
        assert_http(relay.http, person, "full")
        if reserve:
            assert "No space" not in (small_disk / "relay/store/LOG").read_text()
        ballast.unlink()
        run(recovered(relay.stream))
        assert relay.stop() == 0


def test_a_relay_that_starts_on_a_full_disk_serves_reads_until_there_is_room(small_disk: Path) -> None:
    lone, ballast = Lone(), small_disk / "ballast"

    async def begin(url: str) -> None:
        await lone.begin(await Stream.open(url), 100)

    async def reads(url: str) -> None:
        stream = await Stream.open(url)
        await lone.check(stream)
        assert await lone.is_refused(stream, Code.FULL)

    async def recovered(url: str) -> None:
        stream = await Stream.open(url)
        await lone.wait_until_taken(stream)
        await lone.check(stream)

    with running_relay(small_disk / "relay") as relay:
        person = joined(relay.http)
        run(begin(relay.stream))
        relay.kill()
        fill_up(ballast)
        relay.start()
        run(reads(relay.stream))
        assert_http(relay.http, person, "full")
        ballast.unlink()
        run(recovered(relay.stream))
        assert relay.stop() == 0


def test_a_disk_that_fails(tmp_path: Path) -> None:
    """A bound on the size of files makes writes fail with another error than that of a full disk; logging, too."""
    lone = Lone()

    async def begin(url: str) -> None:
        await lone.begin(await Stream.open(url))

    async def fails(url: str) -> None:
        stream = await Stream.open(url)
        for _ in range(3):
            refused = await lone.append(stream)
            assert isinstance(refused, Refused)
            assert refused.code is Code.BUSY
            assert "reading works" in refused.message
            await lone.check(stream)

    async def recovered(url: str) -> None:
        stream = await Stream.open(url)
        await lone.wait_until_taken(stream)
        await lone.check(stream)

    with running_relay(tmp_path / "relay") as relay:
        person = joined(relay.http)
        run(begin(relay.stream))
        _, hard = resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        run(fails(relay.stream))
        assert_http(relay.http, person, "busy")
        resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        run(recovered(relay.stream))
        assert "takes writes again" in relay.log.read_text()
        assert relay.stop() == 0


def make_read_only(disk: Path, data: Path, is_read_only: bool) -> None:
    if os.geteuid() == 0:
        assert mount("-o", f"remount,{'ro' if is_read_only else 'rw'}", str(disk))
        return
    for folder in (data, data / "store", data / "blobs"):
        folder.chmod(0o500 if is_read_only else 0o700)


@pytest.fixture
def changeable_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """For root, to whom permissions mean nothing, a file system that can be mounted anew."""
    disk: Path = request.getfixturevalue("small_disk") if os.geteuid() == 0 else tmp_path
    return disk


def test_a_folder_that_takes_no_writes(changeable_disk: Path) -> None:
    lone, data = Lone(), changeable_disk / "relay"

    async def begin(url: str) -> None:
        await lone.begin(await Stream.open(url))

    async def reads(url: str) -> None:
        stream = await Stream.open(url)
        await lone.check(stream)
        refused = await lone.append(stream)
        assert isinstance(refused, Refused)
        assert refused.code is Code.BUSY
        assert "reading works" in refused.message

    async def recovered(url: str) -> None:
        stream = await Stream.open(url)
        await lone.wait_until_taken(stream)
        await lone.check(stream)

    with running_relay(data) as relay:
        person = joined(relay.http)
        run(begin(relay.stream))
        assert relay.stop() == 0
        make_read_only(changeable_disk, data, True)
        relay.log = changeable_disk.parent / "relay.log"
        relay.start()
        run(reads(relay.stream))
        assert_http(relay.http, person, "busy")
        make_read_only(changeable_disk, data, False)
        run(recovered(relay.stream))
        assert relay.stop() == 0
