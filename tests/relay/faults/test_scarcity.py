"""Descriptors and memory that run out: whoever is there already is served, and afterwards all is as before."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from base64 import b64encode
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import httpx
import msgspec

from havre.wire.directory import NewBlob
from havre.wire.stream import Append, Appended, Create, Done
from tests.relay.bystander import bystander
from tests.relay.faults.lone import Lone
from tests.relay.hostile.conftest import resident
from tests.relay.hostile.test_connections import descriptors
from tests.relay.rig import Person, Queue, RelayProcess, Stream, run, running_relay, visit

MB = 1024 * 1024
FEW = 200
"""Descriptors of a relay that has hardly any."""


def processor_seconds(relay: RelayProcess) -> float:
    fields = Path(f"/proc/{relay.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_descriptors_run_out(tmp_path: Path) -> None:
    """More connections than there are descriptors: the store keeps its own, and accepting does not spin."""
    lone = Lone()

    async def scene(relay: RelayProcess) -> None:
        stream = await Stream.open(relay.stream)
        await lone.begin(stream)
        before = descriptors(relay)
        crowd = [socket.create_connection(("127.0.0.1", relay.port)) for _ in range(2 * FEW)]
        for one in crowd:
            one.setblocking(False)
        async with asyncio.timeout(60):
            while descriptors(relay) < FEW // 2 - 10:  # noqa: ASYNC110  # nothing tells us but a look
                await asyncio.sleep(0.05)
        for _ in range(30):
            assert isinstance(await lone.append(stream, 1000), Appended)
        used, began = processor_seconds(relay), time.monotonic()
        await asyncio.sleep(1)
        busy = (processor_seconds(relay) - used) / (time.monotonic() - began)
        assert busy < 0.7, "the relay runs in circles"
        assert descriptors(relay) <= FEW - 20
        for one in crowd:
            one.close()
        async with asyncio.timeout(60):
            while descriptors(relay) > before + 5:  # noqa: ASYNC110  # here too
                await asyncio.sleep(0.05)
        late = await Stream.open(relay.stream)
        await lone.check(late)

    with running_relay(tmp_path / "relay", f"ulimit -n {FEW}") as relay, bystander(relay):
        run(scene(relay))
    assert b"Too many open files" not in relay.log.read_bytes()


def test_downloads_do_not_take_the_stores_descriptors(tmp_path: Path) -> None:
    """Each download holds a connection and a file; beyond what there is, they are refused in words or cut."""
    secret, data = os.urandom(32), os.urandom(3 * MB)
    form = NewBlob(os.urandom(16), len(data), sha256(secret).digest())
    path = f"/v1/blobs/{form.blob.hex()}"

    async def download(port: int) -> socket.socket:
        reader = socket.create_connection(("127.0.0.1", port))
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return reader

    async def scene(relay: RelayProcess) -> None:
        stream = await Stream.open(relay.stream)
        lone = Lone()
        await lone.begin(stream)
        crowd = [await download(relay.port) for _ in range(FEW)]
        async with asyncio.timeout(60):
            while descriptors(relay) < FEW // 2 - 10:  # noqa: ASYNC110  # nothing tells us but a look
                await asyncio.sleep(0.05)
        for _ in range(20):
            assert isinstance(await lone.append(stream, 1000), Appended)
        for one in crowd:
            one.close()

    def upload(http: httpx.Client) -> None:
        assert http.post("/v1/blobs", content=msgspec.json.encode(form)).status_code == 204
        headers = {"Upload-Offset": "0", "Havre-Upload": b64encode(secret).decode()}
        assert http.patch(path, content=data, headers=headers).status_code == 204

    with running_relay(tmp_path / "relay", f"ulimit -n {FEW}") as relay:
        with visit(relay.http) as http:
            upload(http)
        with bystander(relay):
            run(scene(relay))
        with visit(relay.http) as http:
            assert http.get(path).content == data


def test_memory_runs_short(tmp_path: Path) -> None:
    """A flood of half a gigabyte, at a relay that may not: refused in part, and survived."""
    queue = Queue()

    async def pour(stream: Stream) -> None:
        """Append large entries without waiting for the answers, and read none of them."""
        with suppress(Exception):
            for number in range(100):
                stream.send(Append(number, queue.id, queue.secrets.write, os.urandom(16), bytes(200_000)))
                await asyncio.sleep(0)

    async def carry(port: int) -> asyncio.StreamWriter:
        """Send most of a large request."""
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"PUT /v1/accounts/" + b"0" * 64 + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n")
        writer.write(bytes(3_500_000))
        return writer

    async def scene(relay: RelayProcess) -> None:
        owner = await Stream.open(relay.stream)
        assert isinstance(await owner.ask(Create, queue.id, queue.hashes, 0), Done)
        before = resident(relay)
        streams = [await Stream.open(relay.stream) for _ in range(12)]
        writers = [await carry(relay.port) for _ in range(60)]
        await asyncio.gather(*(pour(stream) for stream in streams))
        most = 0
        for _ in range(20):
            most = max(most, resident(relay) - before)
            await asyncio.sleep(0.05)
        for writer in writers:
            writer.close()
        print("grew by", most // MB, "MB")

    bounds = {"max_pending_bytes": 16 * MB, "max_body_bytes": 16 * MB, "max_unread_bytes": 16 * MB}
    with running_relay(tmp_path / "relay", "ulimit -v 1500000", **bounds) as relay:
        with bystander(relay):
            run(scene(relay))
        with visit(relay.http) as http:
            Person().join(http)
        assert relay.stop() == 0
