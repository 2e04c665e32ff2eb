"""What every blob store does: the real relay's over HTTP, and the one in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from os import urandom
from pathlib import Path

import pytest

from havre.client.errors import RelayRefused
from havre.client.identity.address import RelayAddress
from havre.client.transport.base import Blobs, BlobState
from havre.client.transport.memory_store import MemoryBlobs, Stored
from havre.client.transport.network import InternetNetwork
from havre.wire.directory import NewBlob
from havre.wire.refusals import Code
from tests.client.transport.scripted import half
from tests.relay.rig import RelayProcess, running_relay

pytestmark = pytest.mark.anyio

SECRET = urandom(32)
DATA = urandom(300_000)


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    folder: Path = tmp_path_factory.mktemp("relay")
    with running_relay(folder) as process:
        yield process


@pytest.fixture(params=["http", "memory"])
async def blobs(request: pytest.FixtureRequest) -> AsyncIterator[Blobs]:
    if request.param == "memory":
        yield MemoryBlobs("https://relay.example", Stored())
        return
    network = InternetNetwork(half)
    yield network.blobs(RelayAddress.parse(request.getfixturevalue("relay").http))
    await network.close()


@pytest.fixture
def blob() -> bytes:
    return urandom(16)


def form(blob: bytes, size: int = len(DATA)) -> NewBlob:
    return NewBlob(blob, size, sha256(SECRET).digest())


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 100_000):
        yield data[start : start + 100_000]


async def fetched(blobs: Blobs, blob: bytes, offset: int = 0) -> bytes:
    async with blobs.download(blob, offset) as incoming:
        return b"".join([piece async for piece in incoming])


async def test_upload_in_parts_and_download(blobs: Blobs, blob: bytes) -> None:
    await blobs.reserve(form(blob))
    assert await blobs.state(blob) == BlobState(0, len(DATA))
    assert await blobs.append(blob, SECRET, 0, 1000, pieces(DATA[:1000])) == 1000
    assert await blobs.state(blob) == BlobState(1000, len(DATA))
    assert await blobs.append(blob, SECRET, 1000, len(DATA) - 1000, pieces(DATA[1000:])) == len(DATA)
    assert await fetched(blobs, blob) == DATA
    assert await fetched(blobs, blob, 123_456) == DATA[123_456:]


async def test_reserving_again_is_harmless(blobs: Blobs, blob: bytes) -> None:
    await blobs.reserve(form(blob))
    await blobs.append(blob, SECRET, 0, 10, pieces(DATA[:10]))
    await blobs.reserve(form(blob))
    assert (await blobs.state(blob)).offset == 10
    with pytest.raises(RelayRefused) as caught:
        await blobs.reserve(form(blob, 7))
    assert caught.value.code is Code.TAKEN


async def test_upload_elsewhere_than_at_the_end(blobs: Blobs, blob: bytes) -> None:
    await blobs.reserve(form(blob))
    with pytest.raises(RelayRefused) as caught:
        await blobs.append(blob, SECRET, 5, 10, pieces(DATA[:10]))
    assert caught.value.code is Code.OFFSET


async def test_wrong_secret(blobs: Blobs, blob: bytes) -> None:
    await blobs.reserve(form(blob))
    with pytest.raises(RelayRefused) as caught:
        await blobs.append(blob, urandom(32), 0, 10, pieces(DATA[:10]))
    assert caught.value.code is Code.CAPABILITY
    with pytest.raises(RelayRefused) as caught:
        await blobs.delete(blob, urandom(32))
    assert caught.value.code is Code.CAPABILITY


async def test_nothing_there(blobs: Blobs, blob: bytes) -> None:
    for asked in (blobs.state(blob), fetched(blobs, blob), blobs.append(blob, SECRET, 0, 1, pieces(b"x"))):
        with pytest.raises(RelayRefused) as caught:
            await asked
        assert caught.value.code is Code.UNKNOWN
    await blobs.delete(blob, SECRET)


async def test_unfinished_files_are_not_given_out(blobs: Blobs, blob: bytes) -> None:
    await blobs.reserve(form(blob))
    await blobs.append(blob, SECRET, 0, 10, pieces(DATA[:10]))
    with pytest.raises(RelayRefused) as caught:
        await fetched(blobs, blob)
    assert caught.value.code is Code.UNKNOWN


async def test_beyond_the_end(blobs: Blobs, blob: bytes) -> None:
    await blobs.reserve(form(blob, 10))
    await blobs.append(blob, SECRET, 0, 10, pieces(DATA[:10]))
    with pytest.raises(RelayRefused) as caught:
        await fetched(blobs, blob, 10)
    assert caught.value.code is Code.OFFSET


async def test_deleted_is_gone(blobs: Blobs, blob: bytes) -> None:
    await blobs.reserve(form(blob, 10))
    await blobs.append(blob, SECRET, 0, 10, pieces(DATA[:10]))
    await blobs.delete(blob, SECRET)
    with pytest.raises(RelayRefused):
        await fetched(blobs, blob)


async def test_what_came_before_a_break_is_kept(blobs: Blobs, blob: bytes) -> None:
    class BreakError(Exception):
        pass

    async def breaking() -> AsyncIterator[bytes]:
        yield DATA[:100_000]
        raise BreakError

    await blobs.reserve(form(blob))
    with pytest.raises(BreakError):
        await blobs.append(blob, SECRET, 0, len(DATA), breaking())
    for _ in range(100):
        try:
            offset = (await blobs.state(blob)).offset
            await blobs.append(blob, SECRET, offset, len(DATA) - offset, pieces(DATA[offset:]))
            break
        except RelayRefused as error:  # the relay has not noticed yet that we are gone
            if error.code not in (Code.BUSY, Code.OFFSET):
                raise
            await asyncio.sleep(0.05)
    assert await fetched(blobs, blob) == DATA
