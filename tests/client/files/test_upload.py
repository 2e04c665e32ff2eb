"""Sending: only what was planned is ever sealed, and an upload goes on wherever it stopped."""

from __future__ import annotations

import asyncio
import os
from hashlib import sha256
from pathlib import Path

import pytest

from havre.client.errors import FileChanged, FileGone, FileTooLarge, NoRelay, RelayRefused
from havre.client.files.chunks import ChunkCipher
from havre.client.files.layout import CHUNK, SEALED_CHUNK
from havre.client.files.plan import PLAN
from havre.client.files.upload import plan_upload
from havre.wire.directory import NewBlob
from havre.wire.refusals import Code
from tests.client.files.transfers import AEAD, ONCE, RELAY, Transfer, content

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("size", [0, 1, 1024, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 1_000_003])
async def test_what_is_sent_opens_chunk_by_chunk(tmp_path: Path, size: int) -> None:
    transfer = Transfer(tmp_path, size)
    descriptor = await transfer.send()
    sealed = bytes(transfer.blobs.bytes_of(descriptor))
    assert len(sealed) == descriptor.sealed_size
    cipher = ChunkCipher(AEAD, descriptor.file_key)
    chunks = [sealed[at : at + SEALED_CHUNK] for at in range(0, len(sealed), SEALED_CHUNK)]
    opened = b"".join(cipher.open(n, n == len(chunks) - 1, chunk) for n, chunk in enumerate(chunks))
    assert opened == content(size) + bytes(descriptor.padded_size - size)
    assert descriptor.sha256 == sha256(content(size)).digest()
    assert (descriptor.name, descriptor.size, descriptor.relay) == ("a file.bin", size, RELAY)


async def test_every_file_has_its_own_key(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path)
    one, other = await transfer.plan(), await transfer.plan()
    assert len({one.key, other.key, one.blob, other.blob, one.upload, other.upload}) == 6


async def test_it_goes_on_after_every_break(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, 10 * CHUNK)
    transfer.blobs.breaks, transfer.blobs.times = SEALED_CHUNK + 17, 8
    whole = await transfer.send()
    assert transfer.blobs.times == 0
    path = await transfer.download(whole).run()
    assert path.read_bytes() == content(10 * CHUNK)


async def test_it_goes_on_in_another_process(tmp_path: Path) -> None:
    """Everything that the second process knows is the stored plan; both seal the same bytes."""
    transfer = Transfer(tmp_path, 5 * CHUNK)
    plan = await transfer.plan()
    stored = PLAN.encode(plan)
    transfer.blobs.breaks, transfer.blobs.times = 2 * SEALED_CHUNK + 99, 1
    with pytest.raises(NoRelay):
        await transfer.upload(plan, tries=ONCE).run()
    before = bytes(transfer.blobs.stored.blobs[plan.blob][1])
    assert len(before) == 2 * SEALED_CHUNK + 99
    descriptor = await transfer.upload(PLAN.decode(stored)).run()
    assert transfer.blobs.bytes_of(descriptor)[: len(before)] == before
    assert (await transfer.download(descriptor).run()).read_bytes() == content(5 * CHUNK)


async def test_it_gives_up_when_nothing_gets_on(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, CHUNK)
    transfer.blobs.breaks, transfer.blobs.times = 0, 10**6
    with pytest.raises(NoRelay):
        await transfer.send()
    assert 10**6 - transfer.blobs.times == 4


@pytest.mark.parametrize("size", [3 * CHUNK, 64 * CHUNK + 1])
async def test_progress_is_complete_at_the_end_and_not_before(tmp_path: Path, size: int) -> None:
    """The larger one's last chunk is padding."""
    transfer, seen = Transfer(tmp_path, size), list[tuple[int, int]]()
    await transfer.upload(await transfer.plan(), lambda done, total: seen.append((done, total))).run()
    assert seen == sorted(seen)
    assert [one for one in seen if one == (size, size)] == seen[-1:]


# --- files that do not stay what they are -----------------------------------------------------------------------


def overwrite(path: Path, at: int, data: bytes) -> None:
    """Change a file without its size or time telling."""
    times = path.stat()
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


async def test_other_bytes_are_never_sealed_even_if_nothing_shows(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, 4 * CHUNK)
    plan = await transfer.plan()
    overwrite(transfer.path, 2 * CHUNK + 5, b"other")
    with pytest.raises(FileChanged):
        await transfer.upload(plan).run()
    assert transfer.blobs.sent <= 2 * SEALED_CHUNK
    assert transfer.blobs.stored.blobs == {}


@pytest.mark.parametrize("how", ["grown", "shrunk", "touched", "replaced", "gone", "folder"])
async def test_a_changed_file_is_not_sent(tmp_path: Path, how: str) -> None:
    transfer = Transfer(tmp_path, 2 * CHUNK)
    plan = await transfer.plan()
    _change(transfer.path, how)
    with pytest.raises((FileChanged, FileGone)) as caught:
        await transfer.upload(plan).run()
    assert isinstance(caught.value, FileGone) == (how in ("gone", "folder"))
    assert str(transfer.path) in str(caught.value)
    assert transfer.blobs.sent == 0


@pytest.mark.parametrize("how", ["grown", "shrunk", "touched", "replaced", "gone"])
async def test_a_file_that_changes_meanwhile_leaves_nothing(tmp_path: Path, how: str) -> None:
    transfer = Transfer(tmp_path, 6 * CHUNK)
    plan, changed = await transfer.plan(), asyncio.Event()

    def meddle(done: int, total: int) -> None:
        if done >= 2 * CHUNK and not changed.is_set():
            changed.set()
            _change(transfer.path, how)

    with pytest.raises((FileChanged, FileGone)):
        await transfer.upload(plan, meddle).run()
    assert changed.is_set()
    assert transfer.blobs.sent < 6 * SEALED_CHUNK or how in ("replaced", "gone"), "an open file outlives its name"
    assert transfer.blobs.stored.blobs == {}


def _change(path: Path, how: str) -> None:
    match how:
        case "grown":
            with path.open("ab") as file:
                file.write(b"more")
        case "shrunk":
            os.truncate(path, 5)
        case "touched":
            os.utime(path)
        case "replaced":
            path.with_suffix(".new").write_bytes(b"x")
            path.with_suffix(".new").replace(path)
        case "gone":
            path.unlink()
        case "folder":
            path.unlink()
            path.mkdir()


async def test_a_file_that_grows_while_it_is_planned(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, 40 * CHUNK)
    with pytest.raises(FileChanged):
        await plan_upload(transfer.path, os.urandom, progress=lambda done, total: _change(transfer.path, "grown"))


async def test_no_file_at_all(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "nothing", tmp_path, tmp_path / "pipe"):
        with pytest.raises(FileGone):
            await plan_upload(path, os.urandom)


# --- relays that refuse -----------------------------------------------------------------------------------------


async def test_too_large_for_the_relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = Transfer(tmp_path)

    async def refuse(body: NewBlob) -> None:
        raise RelayRefused(RELAY.url, Code.OVERSIZED, "a file holds at most 5 bytes")

    monkeypatch.setattr(transfer.blobs, "reserve", refuse)
    with pytest.raises(FileTooLarge):
        await transfer.send()


async def test_a_blob_that_expired_half_way_is_reserved_again(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, 3 * CHUNK)
    plan, forgotten = await transfer.plan(), asyncio.Event()

    def forget(done: int, total: int) -> None:
        if done >= CHUNK and not forgotten.is_set():
            forgotten.set()
            transfer.blobs.stored.blobs.clear()
            transfer.blobs.breaks, transfer.blobs.times = 0, 1

    descriptor = await transfer.upload(plan, forget).run()
    assert (await transfer.download(descriptor).run()).read_bytes() == content(3 * CHUNK)


async def test_no_secret_is_shown(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path)
    plan = await transfer.plan()
    descriptor = await transfer.upload(plan).run()
    for secret in (plan.key, plan.prefix, plan.upload):
        for shown in (repr(plan), repr(descriptor), repr(transfer.upload(plan))):
            assert repr(secret)[2:-1] not in shown
            assert secret.hex() not in shown
