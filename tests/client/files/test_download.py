"""Receiving: nothing wrong ever gets the file's name, nothing there is overwritten, and it goes on where it stopped."""

from __future__ import annotations

import errno
import os
import shutil
from collections import namedtuple
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from havre.client.errors import FileDamaged, FileExpired, FileNotWritten, NoRelay, NoSpace
from havre.client.files.chunks import ChunkCipher, FileKey
from havre.client.files.descriptor import FileDescriptor
from havre.client.files.layout import CHUNK, SEALED_CHUNK
from havre.client.files.part import PartFile
from havre.client.files.safe_name import part_path
from tests.client.files.transfers import AEAD, ONCE, RELAY, Transfer, content

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("size", [0, 1, 1024, 1025, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 77])
async def test_it_arrives_as_it_was(tmp_path: Path, size: int) -> None:
    transfer, seen = Transfer(tmp_path, size), list[tuple[int, int]]()
    path = await transfer.download(await transfer.send(), lambda *progress: seen.append(progress)).run()
    assert path.read_bytes() == content(size)
    assert transfer.arrived() == ["a file.bin"]
    assert seen == sorted(seen)
    assert seen[-1] == (size, size)


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path)
    descriptor = await transfer.send()
    names = [(await transfer.download(descriptor).run()).name for _ in range(3)]
    assert names == ["a file.bin", "a file (2).bin", "a file (3).bin"]


async def test_nothing_is_overwritten_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(*args: object, **kwargs: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", unable)
    await test_nothing_is_overwritten(tmp_path)


# --- hostile relays ---------------------------------------------------------------------------------------------


def _bit(data: bytearray) -> None:
    data[len(data) // 2] ^= 4


def _truncated_at_chunk(data: bytearray) -> None:
    del data[2 * SEALED_CHUNK :]


def _truncated(data: bytearray) -> None:
    del data[-1]


def _reordered(data: bytearray) -> None:
    data[:SEALED_CHUNK], data[SEALED_CHUNK : 2 * SEALED_CHUNK] = (
        data[SEALED_CHUNK : 2 * SEALED_CHUNK],
        data[:SEALED_CHUNK],
    )


def _extended(data: bytearray) -> None:
    data += b"x"


def _repeated(data: bytearray) -> None:
    data += data[-SEALED_CHUNK:]


def _left_out(data: bytearray) -> None:
    del data[SEALED_CHUNK : 2 * SEALED_CHUNK]


def _emptied(data: bytearray) -> None:
    data[:] = bytes(len(data))


@pytest.mark.parametrize(
    "harm", [_bit, _truncated_at_chunk, _truncated, _reordered, _extended, _repeated, _left_out, _emptied]
)
async def test_harm_is_refused(tmp_path: Path, harm: Any) -> None:
    transfer = Transfer(tmp_path, 4 * CHUNK)
    descriptor = await transfer.send()
    data = transfer.blobs.bytes_of(descriptor)
    harm(data)
    reserved, _ = transfer.blobs.stored.blobs[descriptor.blob]
    shrunk = type(reserved)(reserved.blob, len(data), reserved.upload)
    transfer.blobs.stored.blobs[descriptor.blob] = (shrunk, data)
    with pytest.raises(FileDamaged):
        await transfer.download(descriptor).run()
    assert transfer.arrived() == []


async def test_a_file_that_is_gone(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path)
    descriptor = await transfer.send()
    transfer.blobs.stored.blobs.clear()
    with pytest.raises(FileExpired):
        await transfer.download(descriptor).run()
    assert transfer.arrived() == []


# --- hostile senders --------------------------------------------------------------------------------------------


async def test_another_hash(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path)
    descriptor = replace(await transfer.send(), sha256=sha256(b"something else").digest())
    with pytest.raises(FileDamaged):
        await transfer.download(descriptor).run()
    assert transfer.arrived() == []


async def test_something_hidden_in_the_padding(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, 1000)
    descriptor = await transfer.send()
    sealed = ChunkCipher(AEAD, descriptor.file_key).seal(0, True, content(1000) + b"hidden" + bytes(18))
    transfer.blobs.bytes_of(descriptor)[:] = sealed
    with pytest.raises(FileDamaged, match="padding"):
        await transfer.download(descriptor).run()


async def test_another_size(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, 3 * CHUNK)
    descriptor = await transfer.send()
    for size in (0, CHUNK, 3 * CHUNK - 1, 3 * CHUNK + 1, 50 * CHUNK):
        with pytest.raises(FileDamaged):
            await transfer.download(replace(descriptor, size=size)).run()
    assert transfer.arrived() == []


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "..", "C:\\evil", "a\u202egpj.exe", "\x00", ""])
async def test_names_stay_in_the_folder(tmp_path: Path, name: str) -> None:
    transfer = Transfer(tmp_path)
    path = await transfer.download(replace(await transfer.send(), name=name)).run()
    assert path.parent == transfer.inbox
    assert path.name.isprintable()


@pytest.mark.parametrize("size", [-1, 2**63])
def test_absurd_sizes_are_refused_at_once(size: int) -> None:
    with pytest.raises(FileDamaged):
        FileDescriptor(RELAY, bytes(16), FileKey(bytes(32), bytes(7)), size, bytes(32))


# --- going on -----------------------------------------------------------------------------------------------------


async def test_it_goes_on_after_every_break(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, 10 * CHUNK)
    descriptor = await transfer.send()
    transfer.blobs.breaks, transfer.blobs.times, transfer.blobs.sent = SEALED_CHUNK + 17, 8, 0
    path = await transfer.download(descriptor).run()
    assert path.read_bytes() == content(10 * CHUNK)
    assert transfer.blobs.times == 0


async def interrupted(transfer: Transfer, descriptor: FileDescriptor) -> Path:
    """Download a little more than two chunks, and stop as a process that is killed."""
    transfer.blobs.breaks, transfer.blobs.times = 2 * SEALED_CHUNK + 99, 1
    with pytest.raises(NoRelay):
        await transfer.download(descriptor, tries=ONCE).run()
    transfer.blobs.times = transfer.blobs.sent = 0
    return part_path(transfer.inbox, descriptor.name, descriptor.blob)


async def test_it_goes_on_in_another_process(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, 5 * CHUNK)
    descriptor = await transfer.send()
    part = await interrupted(transfer, descriptor)
    assert part.read_bytes() == content(5 * CHUNK)[: 2 * CHUNK]
    with part.open("ab") as file:
        file.write(b"half a chunk that a crash left")
    path = await transfer.download(descriptor).run()
    assert path.read_bytes() == content(5 * CHUNK)
    assert transfer.blobs.sent == 3 * SEALED_CHUNK
    assert transfer.arrived() == ["a file.bin"]


async def test_a_wrong_part_is_thrown_away(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, 5 * CHUNK)
    descriptor = await transfer.send()
    part = await interrupted(transfer, descriptor)
    part.write_bytes(bytes(2 * CHUNK))
    path = await transfer.download(descriptor).run()
    assert path.read_bytes() == content(5 * CHUNK)


async def test_a_complete_part_needs_no_relay(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, 4 * CHUNK)
    descriptor = await transfer.send()
    part = await interrupted(transfer, descriptor)
    part.write_bytes(content(4 * CHUNK))
    transfer.blobs.stored.blobs.clear()
    assert (await transfer.download(descriptor).run()).read_bytes() == content(4 * CHUNK)


async def test_a_crash_right_after_the_end_harms_nothing(tmp_path: Path) -> None:
    """Both names mean the same bytes then; cutting the part would cut the file."""
    transfer = Transfer(tmp_path, 3 * CHUNK + 5)
    descriptor = await transfer.send()
    path = await transfer.download(descriptor).run()
    os.link(path, part_path(transfer.inbox, descriptor.name, descriptor.blob))
    again = await transfer.download(descriptor).run()
    assert again.read_bytes() == path.read_bytes() == content(3 * CHUNK + 5)
    assert again.stat().st_ino != path.stat().st_ino


# --- the disk -----------------------------------------------------------------------------------------------------


async def test_no_space_is_seen_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = Transfer(tmp_path, 3 * CHUNK)
    descriptor = await transfer.send()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 0))
    transfer.blobs.sent = 0
    with pytest.raises(NoSpace):
        await transfer.download(descriptor).run()
    assert transfer.blobs.sent == 0


async def test_a_disk_that_fills_up_keeps_what_arrived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = Transfer(tmp_path, 5 * CHUNK)
    descriptor = await transfer.send()
    add = PartFile.add

    def filling(self: PartFile, data: bytes) -> None:
        if self.digest() != sha256(content(5 * CHUNK)[: 2 * CHUNK]).digest():
            return add(self, data)
        raise NoSpace(str(tmp_path))

    monkeypatch.setattr(PartFile, "add", filling)
    with pytest.raises(NoSpace):
        await transfer.download(descriptor).run()
    monkeypatch.undo()
    transfer.blobs.sent = 0
    assert (await transfer.download(descriptor).run()).read_bytes() == content(5 * CHUNK)
    assert transfer.blobs.sent == 3 * SEALED_CHUNK


def test_what_the_system_says_about_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    part = PartFile(tmp_path / "x.part")
    part._file.close()
    with open("/dev/full", "r+b", buffering=0) as full:  # noqa: PTH123  (a device, not a path of ours)
        part._file = full
        with pytest.raises(NoSpace):
            part.add(b"data")


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path)
    descriptor = await transfer.send()
    transfer.inbox.write_text("a file where the folder should be")
    with pytest.raises(FileNotWritten):
        await transfer.download(descriptor).run()


async def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path)
    descriptor = await transfer.send()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    transfer.inbox.mkdir()
    part_path(transfer.inbox, descriptor.name, descriptor.blob).symlink_to(victim)
    with pytest.raises(FileNotWritten):
        await transfer.download(descriptor).run()
    assert victim.read_text() == "precious"
