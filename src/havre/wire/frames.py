"""Strict MessagePack: bytes become exactly one value of the type asked for, or one `WireError`."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class WireError(ValueError):
    """The bytes are not what they should be; the message says how, and quotes none of them."""


class Frame(Generic[T]):
    """Encoder and strict decoder of one type; made once at import, used for every frame."""

    def __init__(self, kind: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(kind)
        self._encoder = msgspec.msgpack.Encoder()

    def encode(self, value: T) -> bytes:
        """Return the one encoding of `value`."""
        return self._encoder.encode(value)

    def decode(self, data: bytes | bytearray | memoryview) -> T:
        """Return the value that `data` encodes; raises WireError, and nothing else, on any other bytes."""
        try:
            return self._decoder.decode(data)
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeDecodeError) as error:
            raise WireError(str(error)) from None
