"""The presentation language of RFC 9420 §2.1: integers, optional values, vectors.

Readers take the bytes and an offset and give the value and the offset behind it; there is no
stream object, since this is the innermost loop of reading a ratchet tree. Every reader refuses
what has a second encoding, so that equal values are equal bytes, and raises only `CodecError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from havre.mls.errors import CodecError

__all__ = [
    "decode_all",
    "optional",
    "read_opaque",
    "read_optional",
    "read_uint8",
    "read_uint16",
    "read_uint16s",
    "read_uint32",
    "read_uint32s",
    "read_uint64",
    "read_varint",
    "read_vector",
    "uint16s",
    "uint32s",
    "varint",
    "vector",
]

T = TypeVar("T")
Reader = Callable[[bytes, int], tuple[T, int]]

MAX_VECTOR = (1 << 30) - 1
_ONE_BYTE = tuple(bytes([n]) for n in range(64))


def varint(value: int) -> bytes:
    """Encode a vector's length in one, two or four bytes (RFC 9420 §2.1.2)."""
    if value < 0x40:
        return _ONE_BYTE[value]
    if value < 0x4000:
        return (0x4000 | value).to_bytes(2, "big")
    if value <= MAX_VECTOR:
        return (0x8000_0000 | value).to_bytes(4, "big")
    raise CodecError(f"a vector of {value} bytes is too long to encode")


def vector(data: bytes) -> bytes:
    """Encode an opaque vector: its length, then its bytes."""
    size = len(data)
    return (_ONE_BYTE[size] if size < 64 else varint(size)) + data


def uint16s(values: Iterable[int]) -> bytes:
    """Encode a vector of 16-bit numbers."""
    return vector(b"".join([value.to_bytes(2, "big") for value in values]))


def uint32s(values: Iterable[int]) -> bytes:
    """Encode a vector of 32-bit numbers."""
    return vector(b"".join([value.to_bytes(4, "big") for value in values]))


def optional(data: bytes | None) -> bytes:
    """Encode an optional value that is already encoded (RFC 9420 §2.1.1)."""
    return b"\x00" if data is None else b"\x01" + data


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a vector's length; a length that would have fitted in fewer bytes is refused."""
    try:
        first = data[at]
    except IndexError:
        raise CodecError("the data ends where a length was expected") from None
    if first < 0x40:
        return first, at + 1
    if first >= 0xC0:
        raise CodecError("a length with the invalid prefix 3")
    size = 2 if first < 0x80 else 4
    end = at + size
    if end > len(data):
        raise CodecError("the data ends within a length")
    value = int.from_bytes(data[at:end], "big") & ((1 << (8 * size - 2)) - 1)
    if value < (0x40 if size == 2 else 0x4000):
        raise CodecError("a length that is not in its shortest encoding")
    return value, end


def read_opaque(data: bytes, at: int) -> tuple[bytes, int]:
    """Read an opaque vector."""
    size = data[at] if at < len(data) else 0xFF
    # Nearly all vectors are shorter than 64 bytes, so the one-byte length is read here.
    if size < 0x40:
        at += 1
    else:
        size, at = read_varint(data, at)
    end = at + size
    if end > len(data):
        raise CodecError(f"a vector of {size} bytes where {len(data) - at} are left")
    return data[at:end], end


def _read_integer(data: bytes, at: int, size: int) -> tuple[int, int]:
    end = at + size
    if end > len(data):
        raise CodecError("the data ends within a number")
    return int.from_bytes(data[at:end], "big"), end


def read_uint8(data: bytes, at: int) -> tuple[int, int]:
    """Read an 8-bit number."""
    if at >= len(data):
        raise CodecError("the data ends where a number was expected")
    return data[at], at + 1


def read_uint16(data: bytes, at: int) -> tuple[int, int]:
    """Read a 16-bit number."""
    if at + 2 > len(data):
        raise CodecError("the data ends within a number")
    return data[at] << 8 | data[at + 1], at + 2


def read_uint32(data: bytes, at: int) -> tuple[int, int]:
    """Read a 32-bit number."""
    return _read_integer(data, at, 4)


def read_uint64(data: bytes, at: int) -> tuple[int, int]:
    """Read a 64-bit number."""
    return _read_integer(data, at, 8)


def _read_integers(data: bytes, at: int, size: int) -> tuple[tuple[int, ...], int]:
    body, at = read_opaque(data, at)
    if len(body) % size:
        raise CodecError(f"a vector of {8 * size}-bit numbers has {len(body)} bytes")
    return tuple([int.from_bytes(body[i : i + size], "big") for i in range(0, len(body), size)]), at


def read_uint16s(data: bytes, at: int) -> tuple[tuple[int, ...], int]:
    """Read a vector of 16-bit numbers."""
    return _read_integers(data, at, 2)


def read_uint32s(data: bytes, at: int) -> tuple[tuple[int, ...], int]:
    """Read a vector of 32-bit numbers."""
    return _read_integers(data, at, 4)


def read_optional(data: bytes, at: int, reader: Reader[T]) -> tuple[T | None, int]:
    """Read an optional value; any presence byte but 0 and 1 is refused."""
    present, at = read_uint8(data, at)
    if present == 0:
        return None, at
    if present != 1:
        raise CodecError(f"an optional value with presence {present}")
    return reader(data, at)


def read_vector(data: bytes, at: int, reader: Reader[T]) -> tuple[tuple[T, ...], int]:
    """Read a vector of structures; the last one has to end where the vector ends."""
    size, at = read_varint(data, at)
    end = at + size
    if end > len(data):
        raise CodecError(f"a vector of {size} bytes where {len(data) - at} are left")
    items: list[T] = []
    while at < end:
        item, at = reader(data, at)
        items.append(item)
    if at != end:
        raise CodecError("the last item of a vector goes beyond its end")
    return tuple(items), at


def decode_all(data: bytes, reader: Reader[T]) -> T:
    """Decode one structure that fills the data; trailing bytes are refused."""
    value, at = reader(data, 0)
    if at != len(data):
        raise CodecError(f"{len(data) - at} bytes behind the end")
    return value
