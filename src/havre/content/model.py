"""MIMI content as frozen values (draft-ietf-mimi-content §4): a container of behaviour fields and one nested part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Final

SALT_BYTES: Final = 16
MESSAGE_ID_BYTES: Final = 32

NO_EXTENSIONS: Final[Mapping[int | str, object]] = MappingProxyType({})


class Disposition(IntEnum):
    """What a part is for (§4.3); a number that is none of these is kept as a plain int and shown as unknown."""

    UNSPECIFIED = 0
    RENDER = 1
    REACTION = 2
    PROFILE = 3
    INLINE = 4
    ICON = 5
    ATTACHMENT = 6
    SESSION = 7
    PREVIEW = 8


class PartSemantics(IntEnum):
    """How the parts of a multipart belong together (§4.3)."""

    CHOOSE_ONE = 0
    SINGLE_UNIT = 1
    PROCESS_ALL = 2


@dataclass(frozen=True, slots=True)
class Expiration:
    """When to forget the message: seconds after reading (relative), or seconds since 1970."""

    relative: bool
    time: int


@dataclass(frozen=True, slots=True)
class NullPart:
    """A body without content, as in a deletion."""

    disposition: int = Disposition.UNSPECIFIED
    language: str = ""


@dataclass(frozen=True, slots=True)
class SinglePart:
    """Content that travels inside the message."""

    content_type: str
    content: bytes = field(repr=False)
    disposition: int = Disposition.RENDER
    language: str = ""


@dataclass(frozen=True, slots=True)
class ExternalPart:
    """Content that lies elsewhere, encrypted; whoever has this part can fetch and open it."""

    content_type: str
    url: str = field(repr=False)
    expires: int
    """Seconds since 1970 after which it may be gone; 0: it stays."""
    size: int
    """Bytes of the content itself, without padding and tags; 0: not said."""
    enc_alg: int
    """IANA AEAD number; 0: not encrypted."""
    key: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    aad: bytes = field(repr=False)
    hash_alg: int
    """IANA named-information hash number; 1: SHA-256."""
    content_hash: bytes = field(repr=False)
    description: str = field(repr=False, default="")
    filename: str = field(repr=False, default="")
    disposition: int = Disposition.ATTACHMENT
    language: str = ""


@dataclass(frozen=True, slots=True)
class MultiPart:
    """Two parts or more that belong together."""

    semantics: PartSemantics
    parts: tuple[Part, ...]
    disposition: int = Disposition.RENDER
    language: str = ""


Part = NullPart | SinglePart | ExternalPart | MultiPart


@dataclass(frozen=True, slots=True)
class Content:
    """One MIMI content message (§4.1)."""

    salt: bytes = field(repr=False)
    part: Part
    replaces: bytes | None = None
    topic_id: bytes = b""
    expires: Expiration | None = None
    in_reply_to: bytes | None = None
    extensions: Mapping[int | str, object] = field(default_factory=lambda: NO_EXTENSIONS)
