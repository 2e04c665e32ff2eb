"""Frames made of rubbish: each ends its connection with a typed refusal, and nobody else notices."""

from __future__ import annotations

import asyncio
import os
import random
import struct

import msgspec
import pytest
from picows import WSMsgType

from havre.wire.refusals import Code
from havre.wire.stream import COMMAND, Append, Create, Read, Refused
from tests.relay.bystander import bystander
from tests.relay.rig import Queue, RelayProcess, Stream, run

QUEUE = Queue()
HUGE = [
    b"\xcf" + b"\xff" * 8,
    b"\xd3\x80" + bytes(7),
    b"\xcb" + struct.pack(">d", 1e308),
    b"\xca\x7f\x80\x00\x00",
]
"""The largest and the smallest whole number, a large float, infinity."""
VALID = [
    COMMAND.encode(Create(1, QUEUE.id, QUEUE.hashes, 0)),
    COMMAND.encode(Append(1, QUEUE.id, QUEUE.secrets.write, bytes(16), b"body", 5)),
    COMMAND.encode(Read(1, QUEUE.id, QUEUE.secrets.read, 0)),
]
NESTED = {
    "arrays in arrays": b"\x91" * 200_000 + b"\x00",
    "maps in maps": b"\x81\x00" * 200_000 + b"\x00",
    "a command whose fields are nested": b"\x95\x01" + b"\x91" * 100_000,
}
ANNOUNCED = {
    "an array of four billion": b"\xdd\xff\xff\xff\xff",
    "a map of four billion": b"\xdf\xff\xff\xff\xff",
    "four gigabytes of bytes": b"\x93\x02\x01\xc6\xff\xff\xff\xff",
    "a text of four gigabytes": b"\xdb\xff\xff\xff\xff",
    "an extension of four gigabytes": b"\xc9\xff\xff\xff\xff\x01",
    "a subscribe of four billion queues": b"\x93\x05\x01\xdd\xff\xff\xff\xff",
}


def giants() -> list[bytes]:
    """Commands with each number in them replaced by a huge one."""
    made = []
    for kind in range(1, 9):
        for number in HUGE:
            made.append(b"\x93" + bytes([kind]) + number + b"\xc4\x10" + bytes(16))
            made.append(b"\x96\x04\x01\xc4\x10" + bytes(16) + b"\xc4\x20" + bytes(32) + number + number)
            made.append(b"\x95" + number * 5)
    return made


async def refused(url: str, frame: bytes) -> Refused:
    """Send a frame on a connection of its own and return how it is refused."""
    stream = await Stream.open(url)
    stream.send_raw(frame)
    event = await stream.next()
    assert isinstance(event, Refused)
    while await stream.next() is not None:
        pass
    return event


@pytest.mark.parametrize("frame", [*NESTED.values(), *ANNOUNCED.values()], ids=[*NESTED, *ANNOUNCED])
def test_deep_nesting_and_false_lengths(target: RelayProcess, frame: bytes) -> None:
    async def scene() -> None:
        answer = await refused(target.stream, frame)
        assert (answer.code, answer.request) == (Code.MALFORMED, None)

    run(scene())


def test_giant_numbers(target: RelayProcess) -> None:
    async def scene() -> None:
        for answer in await asyncio.gather(*(refused(target.stream, frame) for frame in giants())):
            assert answer.code is Code.MALFORMED

    with bystander(target):
        run(scene())


def spoilt(random_: random.Random) -> bytes:
    """Rubbish, or a command that has been damaged in one place."""
    if random_.random() < 0.3:
        return random_.randbytes(random_.randrange(200))
    frame = bytearray(random_.choice(VALID))
    at = random_.randrange(len(frame))
    match random_.randrange(3):
        case 0:
            frame[at] = random_.randrange(256)
        case 1:
            del frame[at:]
        case _:
            frame[at:at] = random_.randbytes(random_.randrange(1, 9))
    return bytes(frame)


def test_a_flood_of_spoilt_frames(target: RelayProcess) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)
    random_ = random.Random(seed)

    async def spoil(frames: list[bytes]) -> None:
        stream = await Stream.open(target.stream)
        for frame in frames:
            stream.send_raw(frame)
        stream.send_raw(b"\xc1")  # never used in MessagePack: the last word
        while await stream.next() is not None:
            pass

    async def scene() -> None:
        for _ in range(10):
            await asyncio.gather(*(spoil([spoilt(random_) for _ in range(5)]) for _ in range(40)))

    with bystander(target):
        run(scene())


@pytest.mark.parametrize(
    "start",
    [
        b"\x82\xff" + b"\x7f" + b"\xff" * 7 + bytes(4),  # a frame of eight exabytes
        b"\xf2\x81" + bytes(4) + b"x",  # reserved bits
        b"\x83\x81" + bytes(4) + b"x",  # a reserved kind
        b"\x89\xfe\xff\xff" + bytes(4) + bytes(200),  # a ping that is too long
        b"\x02\x81" + bytes(4) + b"x" + b"\x80\x81" + bytes(4) + b"x",  # in pieces
        b"\x82\x01x",  # not masked
    ],
    ids=["exabytes", "reserved bits", "reserved kind", "long ping", "in pieces", "not masked"],
)
def test_frames_that_break_the_websocket_protocol(target: RelayProcess, start: bytes) -> None:
    """The connection ends; whether a refusal comes first depends on how far the parser got."""

    async def scene() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        key = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
        writer.write(b"GET /v1/stream HTTP/1.1\r\nHost: x\r\n" + upgrade + key + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(start)
        async with asyncio.timeout(60):
            await reader.read()
        writer.close()

    run(scene())


def test_a_text_frame_is_no_command(target: RelayProcess) -> None:
    async def scene() -> None:
        stream = await Stream.open(target.stream)
        stream.send_raw(msgspec.json.encode([1, 2]), WSMsgType.TEXT)
        event = await stream.next()
        assert isinstance(event, Refused)
        assert event.code is Code.MALFORMED

    run(scene())
