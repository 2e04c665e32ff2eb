"""Opus packets as an Ogg file (RFC 3533, RFC 7845); nothing says by which program or when they were recorded."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Final

_FIRST: Final = 2
_LAST: Final = 4
_PACKETS: Final = 50
"""Packets on one page: about a second or two."""
_SEGMENTS: Final = 255
_SERIAL: Final = 1
_TAGS: Final = b"OpusTags" + len(b"Havre").to_bytes(4, "little") + b"Havre" + bytes(4)
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_SECOND: Final = 48_000
"""Samples by which positions count, at whatever rate was recorded (RFC 7845 §4)."""


class NoOpus(ValueError):
    """These are no Opus packets."""


def ogg_file(head: bytes, packets: Sequence[bytes]) -> bytes:
    """Return the file of a stream whose `OpusHead` is given; raises NoOpus."""
    if head[:8] != b"OpusHead" or len(head) < 19 or not packets:
        raise NoOpus("an Opus stream begins otherwise, and is not empty")
    position = int.from_bytes(head[10:12], "little")  # samples to be passed over at the beginning
    pages = [_page([head], 0, 0, _FIRST), _page([_TAGS], 0, 1)]
    groups = list(_grouped(packets))
    for number, group in enumerate(groups):
        position += sum(samples(packet) for packet in group)
        pages.append(_page(group, position, number + 2, _LAST if number == len(groups) - 1 else 0))
    return b"".join(pages)


def samples(packet: bytes) -> int:
    """Return how many samples a packet stands for, at 48 kHz (RFC 6716 §3.1, §3.2); raises NoOpus."""
    if not packet:
        raise NoOpus("an Opus packet is not empty")
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = (120, 240, 480, 960)[config & 3]
    if code == 3 and len(packet) < 2:
        raise NoOpus("an Opus packet says how many frames it has")
    frames = (1, 2, 2, packet[1] & 63 if code == 3 else 0)[code]
    if not 0 < frame * frames <= _SECOND * 120 // 1000:
        raise NoOpus("an Opus packet has 120 ms at most")
    return frame * frames


def _grouped(packets: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield packets by pages: so many, and with no more segments than a page can have."""
    group: list[bytes] = []
    segments = 0
    for packet in packets:
        needed = len(packet) // 255 + 1
        if needed > _SEGMENTS:
            raise NoOpus("an Opus packet has 61,440 bytes at most")
        if len(group) == _PACKETS or segments + needed > _SEGMENTS:
            yield group
            group, segments = [], 0
        group.append(packet)
        segments += needed
    yield group


def _page(packets: Sequence[bytes], position: int, number: int, kind: int = 0) -> bytes:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    before = b"OggS\0" + bytes([kind]) + position.to_bytes(8, "little") + _SERIAL.to_bytes(4, "little")
    before += number.to_bytes(4, "little")
    after = bytes([len(lacing)]) + lacing + b"".join(packets)
    return before + _checksum(before + bytes(4) + after).to_bytes(4, "little") + after


def _checksum(data: bytes) -> int:
    """Return Ogg's CRC: zlib's polynomial with the bits the other way round, from 0 and not inverted."""
    turned = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_REVERSED), "big")
