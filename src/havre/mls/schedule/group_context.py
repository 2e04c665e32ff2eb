"""GroupContext: what all members of an epoch agree on (RFC 9420 §8.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.codec import vector
from havre.mls.errors import CodecError, StateError
from havre.mls.extensions import Extension, encode_extensions, read_extensions

__all__ = ["GroupContext", "read_group_context", "read_version"]

_VERSION = iana.MLS10.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class GroupContext:
    """The summary of a group's state that every key and signature is bound to."""

    cipher_suite: int
    group_id: bytes
    epoch: int
    tree_hash: bytes
    confirmed_transcript_hash: bytes
    extensions: tuple[Extension, ...]
    encoded: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.epoch >> 64:
            raise StateError("the group is at its last epoch")
        parts = (
            _VERSION,
            self.cipher_suite.to_bytes(2, "big"),
            vector(self.group_id),
            self.epoch.to_bytes(8, "big"),
            vector(self.tree_hash),
            vector(self.confirmed_transcript_hash),
            encode_extensions(self.extensions),
        )
        object.__setattr__(self, "encoded", b"".join(parts))


def read_version(data: bytes, at: int) -> int:
    """Read the protocol version, of which there is one, and give the offset behind it."""
    version, at = codec.read_uint16(data, at)
    if version != iana.MLS10:
        raise CodecError(f"protocol version {version}")
    return at


def read_group_context(data: bytes, at: int) -> tuple[GroupContext, int]:
    """Read a GroupContext."""
    at = read_version(data, at)
    suite, at = codec.read_uint16(data, at)
    group_id, at = codec.read_opaque(data, at)
    epoch, at = codec.read_uint64(data, at)
    tree_hash, at = codec.read_opaque(data, at)
    confirmed, at = codec.read_opaque(data, at)
    extensions, at = read_extensions(data, at)
    return GroupContext(suite, group_id, epoch, tree_hash, confirmed, extensions), at
