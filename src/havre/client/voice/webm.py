"""Opus packets out of WebM, which is what some browsers record into (RFC 8794, RFC 9559). One's own recordings only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from havre.client.voice.ogg import NoOpus

MAGIC: Final = b"\x1a\x45\xdf\xa3"
_ENTERED: Final = frozenset({0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0xA0})
"""Segment, Cluster, Tracks, TrackEntry, BlockGroup: read through, whether or not they say how long they are."""
_CODEC: Final = 0x86
_HEAD: Final = 0x63A2
_BLOCKS: Final = frozenset({0xA3, 0xA1})
_LACED: Final = 0x06


def opus_packets(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return the `OpusHead` and the packets of a recording with one track; raises NoOpus."""
    head, codec, packets = b"", b"", []
    for name, value in _elements(data):
        if name == _CODEC:
            codec = value
        elif name == _HEAD:
            head = value
        elif name in _BLOCKS:
            packets.append(_packet(value))
    if codec != b"A_OPUS":
        raise NoOpus("the recording is not in Opus")
    return head, packets


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield every element that holds no others, in the order of the file; one that was cut off ends it."""
    place = 0
    while place < len(data):
        name, place = _number(data, place)
        size, place = _size(data, place)
        if name in _ENTERED:
            continue
        if size is None:
            raise NoOpus("an element without an end cannot be passed over")
        if place + size > len(data):
            return
        yield name, data[place : place + size]
        place += size


def _size(data: bytes, place: int) -> tuple[int | None, int]:
    """Return a length (none: it is not known), and where it ends."""
    number, end = _number(data, place)
    bits = 7 * (end - place)
    value = number & ((1 << bits) - 1)
    return (None if value == (1 << bits) - 1 else value), end


def _number(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of variable length with its marker, as ids are written, and where it ends (RFC 8794 §4)."""
    first = data[place] if place < len(data) else 0
    end = place + 9 - first.bit_length()
    if not first or end > len(data):
        raise NoOpus("it ends in the middle of a number, or is no WebM")
    return int.from_bytes(data[place:end], "big"), end


def _packet(block: bytes) -> bytes:
    _, place = _size(block, 0)  # the track
    if len(block) < place + 3 or block[place + 2] & _LACED:
        raise NoOpus("its packets are put together in a way that recorders of speech do not use")
    return block[place + 3 :]
