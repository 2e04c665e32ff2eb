"""What the kinds have in common: how a reader looks, the sender's time, and values inside a part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeGuard, TypeVar

from havre.content.codec import decode_value, encode_value
from havre.content.errors import ContentError
from havre.content.model import MESSAGE_ID_BYTES, Content, Disposition, SinglePart

B = TypeVar("B", covariant=True)
Reader = Callable[[Content, bytes], B]
"""Takes the whole content and the bytes of its single part; raises ContentError when they are not as they should be."""

SENT_AT: Final = "havre.at"
"""Extension: when the sender wrote it, in milliseconds since 1970 by the sender's clock."""

_MAX_TIME: Final = 1 << 53


def sent_at(content: Content) -> int | None:
    """Return when the sender says to have written it (milliseconds since 1970); none: not said, or absurd."""
    value = content.extensions.get(SENT_AT)
    return value if is_number(value, _MAX_TIME) else None


def is_number(value: object, below: int) -> TypeGuard[int]:
    """Tell whether a value is a whole number from 0 to `below`, excluded."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < below


def private_part(media_type: str, values: list[object], disposition: int = Disposition.RENDER) -> SinglePart:
    """Return a part of one of our own media types: an array in CBOR."""
    return SinglePart(media_type, encode_value(values), disposition)


def values_of(data: bytes, count: int, limit: int = 4096) -> list[Any]:
    """Return the `count` values of a part of our own; raises ContentError."""
    values = decode_value(data, limit)
    if not isinstance(values, list) or len(values) != count:
        raise ContentError(f"not {count} values")
    return values


def target_of(content: Content) -> bytes:
    """Return the id of the message that the content is about; raises ContentError when it names none."""
    if content.in_reply_to is None or len(content.in_reply_to) != MESSAGE_ID_BYTES:
        raise ContentError("it does not say which message it is about")
    return content.in_reply_to
