"""MLSMessage: the outermost frame, and what it shows to anybody (RFC 9420 §6)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.errors import CodecError
from havre.mls.framing.content import content_type
from havre.mls.framing.private import PrivateMessage, read_private_message
from havre.mls.framing.public import PublicMessage, read_public_message
from havre.mls.group_info import GroupInfo, Welcome, read_group_info, read_welcome
from havre.mls.key_package import KeyPackage, read_key_package
from havre.mls.schedule.group_context import read_version

__all__ = ["Message", "Peeked", "decode_key_package", "decode_message", "encode_message", "peek"]

Message = PublicMessage | PrivateMessage | Welcome | GroupInfo | KeyPackage

_FORMATS: dict[type[Message], int] = {
    PublicMessage: iana.PUBLIC_MESSAGE,
    PrivateMessage: iana.PRIVATE_MESSAGE,
    Welcome: iana.WELCOME,
    GroupInfo: iana.GROUP_INFO,
    KeyPackage: iana.KEY_PACKAGE,
}
_READERS: dict[int, codec.Reader[Message]] = {
    iana.PUBLIC_MESSAGE: read_public_message,
    iana.PRIVATE_MESSAGE: read_private_message,
    iana.WELCOME: read_welcome,
    iana.GROUP_INFO: read_group_info,
    iana.KEY_PACKAGE: read_key_package,
}


def encode_message(message: Message) -> bytes:
    """Encode a message for the wire, version and format first."""
    return b"\x00\x01" + _FORMATS[type(message)].to_bytes(2, "big") + message.encode()


def _read_message(data: bytes, at: int) -> tuple[Message, int]:
    at = read_version(data, at)
    wire_format, at = codec.read_uint16(data, at)
    reader = _READERS.get(wire_format)
    if reader is None:
        raise CodecError(f"a message of unknown wire format {wire_format}")
    return reader(data, at)


@lru_cache(maxsize=1)
def decode_message(data: bytes) -> Message:
    """Decode a message; raises `CodecError`.

    The last one is remembered: who has peeked at a message opens it next.
    """
    return codec.decode_all(data, _read_message)


def decode_key_package(data: bytes) -> KeyPackage:
    """Decode a key package's message; raises `CodecError`."""
    message = decode_message(data)
    if not isinstance(message, KeyPackage):
        raise CodecError("not a KeyPackage")
    return message


@dataclass(frozen=True, slots=True)
class Peeked:
    """What a message shows without any key.

    `group_id`, `epoch` and `content_type` are there for messages within a group and for a
    GroupInfo; `new_members` are the references of the key packages that a Welcome is for.
    """

    wire_format: int
    group_id: bytes | None = None
    epoch: int | None = None
    content_type: int | None = None
    new_members: tuple[bytes, ...] = ()


def peek(data: bytes) -> Peeked:
    """Tell what a message is and where it belongs, without processing it; raises `CodecError`."""
    message = decode_message(data)
    wire_format = _FORMATS[type(message)]
    if isinstance(message, PublicMessage):
        framed = message.content.framed
        return Peeked(wire_format, framed.group_id, framed.epoch, content_type(framed.content))
    if isinstance(message, PrivateMessage):
        return Peeked(wire_format, message.group_id, message.epoch, message.content_type)
    if isinstance(message, GroupInfo):
        return Peeked(wire_format, message.group_context.group_id, message.group_context.epoch)
    if isinstance(message, Welcome):
        return Peeked(wire_format, new_members=tuple(secret.new_member for secret in message.secrets))
    return Peeked(wire_format)
