"""Proposals: changes to a group that a Commit brings about (RFC 9420 §12.1)."""

from __future__ import annotations

from dataclasses import dataclass

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.codec import vector
from havre.mls.errors import CodecError
from havre.mls.extensions import Extension, encode_extensions, read_extensions
from havre.mls.key_package import KeyPackage, read_key_package
from havre.mls.schedule.psk import PreSharedKeyId, read_psk_id
from havre.mls.tree.nodes import LeafNode, read_leaf_node

__all__ = [
    "Add",
    "ExternalInit",
    "GroupContextExtensions",
    "PreSharedKey",
    "Proposal",
    "ReInit",
    "Remove",
    "Update",
    "encode_proposal",
    "read_proposal",
]


@dataclass(frozen=True, slots=True)
class Add:
    """Add a client (RFC 9420 §12.1.1)."""

    key_package: KeyPackage

    def encode(self) -> bytes:
        """Encode the proposal's body."""
        return self.key_package.encode()


@dataclass(frozen=True, slots=True)
class Update:
    """Replace the sender's leaf node (RFC 9420 §12.1.2)."""

    leaf_node: LeafNode

    def encode(self) -> bytes:
        """Encode the proposal's body."""
        return self.leaf_node.encode()


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove the member at a leaf index (RFC 9420 §12.1.3)."""

    removed: int

    def encode(self) -> bytes:
        """Encode the proposal's body."""
        return self.removed.to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class PreSharedKey:
    """Mix a pre-shared key into the key schedule (RFC 9420 §12.1.4)."""

    psk: PreSharedKeyId

    def encode(self) -> bytes:
        """Encode the proposal's body."""
        return self.psk.encode()


@dataclass(frozen=True, slots=True)
class ReInit:
    """Close the group; one with these parameters follows it (RFC 9420 §12.1.5)."""

    group_id: bytes
    version: int
    cipher_suite: int
    extensions: tuple[Extension, ...]

    def encode(self) -> bytes:
        """Encode the proposal's body."""
        numbers = self.version.to_bytes(2, "big") + self.cipher_suite.to_bytes(2, "big")
        return vector(self.group_id) + numbers + encode_extensions(self.extensions)


@dataclass(frozen=True, slots=True)
class ExternalInit:
    """What an external Commit starts its key schedule from (RFC 9420 §12.1.6)."""

    kem_output: bytes

    def encode(self) -> bytes:
        """Encode the proposal's body."""
        return vector(self.kem_output)


@dataclass(frozen=True, slots=True)
class GroupContextExtensions:
    """Replace all extensions of the GroupContext (RFC 9420 §12.1.7)."""

    extensions: tuple[Extension, ...]

    def encode(self) -> bytes:
        """Encode the proposal's body."""
        return encode_extensions(self.extensions)


Proposal = Add | Update | Remove | PreSharedKey | ReInit | ExternalInit | GroupContextExtensions

_TYPES: dict[type[Proposal], int] = {
    Add: iana.ADD,
    Update: iana.UPDATE,
    Remove: iana.REMOVE,
    PreSharedKey: iana.PSK,
    ReInit: iana.REINIT,
    ExternalInit: iana.EXTERNAL_INIT,
    GroupContextExtensions: iana.GROUP_CONTEXT_EXTENSIONS,
}


def encode_proposal(proposal: Proposal) -> bytes:
    """Encode a proposal with its type."""
    return _TYPES[type(proposal)].to_bytes(2, "big") + proposal.encode()


def read_reinit(data: bytes, at: int) -> tuple[ReInit, int]:
    """Read a ReInit's body."""
    group_id, at = codec.read_opaque(data, at)
    version, at = codec.read_uint16(data, at)
    suite, at = codec.read_uint16(data, at)
    extensions, at = read_extensions(data, at)
    return ReInit(group_id, version, suite, extensions), at


def read_proposal(data: bytes, at: int) -> tuple[Proposal, int]:
    """Read a proposal; of a type that RFC 9420 does not define, nobody could tell where it ends."""
    kind, at = codec.read_uint16(data, at)
    reader = _READERS.get(kind)
    if reader is None:
        raise CodecError(f"a proposal of unknown type {kind}")
    return reader(data, at)


def _read_add(data: bytes, at: int) -> tuple[Add, int]:
    key_package, at = read_key_package(data, at)
    return Add(key_package), at


def _read_update(data: bytes, at: int) -> tuple[Update, int]:
    leaf_node, at = read_leaf_node(data, at)
    return Update(leaf_node), at


def _read_remove(data: bytes, at: int) -> tuple[Remove, int]:
    removed, at = codec.read_uint32(data, at)
    return Remove(removed), at


def _read_psk(data: bytes, at: int) -> tuple[PreSharedKey, int]:
    psk, at = read_psk_id(data, at)
    return PreSharedKey(psk), at


def _read_external_init(data: bytes, at: int) -> tuple[ExternalInit, int]:
    kem_output, at = codec.read_opaque(data, at)
    return ExternalInit(kem_output), at


def _read_group_context_extensions(data: bytes, at: int) -> tuple[GroupContextExtensions, int]:
    extensions, at = read_extensions(data, at)
    return GroupContextExtensions(extensions), at


_READERS: dict[int, codec.Reader[Proposal]] = {
    iana.ADD: _read_add,
    iana.UPDATE: _read_update,
    iana.REMOVE: _read_remove,
    iana.PSK: _read_psk,
    iana.REINIT: read_reinit,
    iana.EXTERNAL_INIT: _read_external_init,
    iana.GROUP_CONTEXT_EXTENSIONS: _read_group_context_extensions,
}
