"""What stands in a ratchet tree: leaf nodes and parent nodes (RFC 9420 §7.1, §7.2).

A node keeps the bytes it was decoded from: hashes and signatures cover them, and reading is the
only moment at which they are at hand for nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.codec import uint16s, uint32s, vector
from havre.mls.credentials import Credential, read_credential
from havre.mls.crypto.suite import CipherSuite
from havre.mls.errors import CodecError
from havre.mls.extensions import Extension, encode_extensions, read_extensions

__all__ = [
    "Capabilities",
    "FromCommit",
    "FromKeyPackage",
    "FromUpdate",
    "LeafNode",
    "LeafNodeSource",
    "Lifetime",
    "Node",
    "ParentNode",
    "read_leaf_node",
    "read_node",
    "sign_leaf_node",
]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a client supports beyond the defaults (RFC 9420 §7.2); numbers of the registries."""

    versions: tuple[int, ...] = (iana.MLS10,)
    cipher_suites: tuple[int, ...] = ()
    extensions: tuple[int, ...] = ()
    proposals: tuple[int, ...] = ()
    credentials: tuple[int, ...] = (iana.BASIC,)

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §7.2."""
        lists = (self.versions, self.cipher_suites, self.extensions, self.proposals, self.credentials)
        return b"".join([uint16s(values) for values in lists])


@lru_cache(maxsize=256)
def _decode_capabilities(data: bytes) -> Capabilities:
    # Members of a group mostly run the same few programs, so most capabilities were seen before.
    at = 0
    lists = []
    for _ in range(5):
        values, at = codec.read_uint16s(data, at)
        lists.append(values)
    return Capabilities(*lists)


def _read_capabilities(data: bytes, at: int) -> tuple[Capabilities, int]:
    start = at
    for _ in range(5):
        size, at = codec.read_varint(data, at)
        at += size
    return _decode_capabilities(data[start:at]), at


@dataclass(frozen=True, slots=True)
class Lifetime:
    """When a key package may be used, in seconds since 1970 (RFC 9420 §7.2)."""

    not_before: int
    not_after: int

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §7.2."""
        return self.not_before.to_bytes(8, "big") + self.not_after.to_bytes(8, "big")

    def has(self, now: int) -> bool:
        """Tell whether a moment is within."""
        return self.not_before <= now <= self.not_after


@dataclass(frozen=True, slots=True)
class FromKeyPackage:
    """The leaf node came with a key package."""

    lifetime: Lifetime

    def encode(self) -> bytes:
        """Encode the source and what goes with it."""
        return b"\x01" + self.lifetime.encode()


@dataclass(frozen=True, slots=True)
class FromUpdate:
    """The leaf node came with an Update proposal."""

    def encode(self) -> bytes:
        """Encode the source and what goes with it."""
        return b"\x02"


@dataclass(frozen=True, slots=True)
class FromCommit:
    """The leaf node came with the path of a Commit; it authenticates that path (RFC 9420 §7.9)."""

    parent_hash: bytes

    def encode(self) -> bytes:
        """Encode the source and what goes with it."""
        return b"\x03" + vector(self.parent_hash)


LeafNodeSource = FromKeyPackage | FromUpdate | FromCommit


def _read_source(data: bytes, at: int) -> tuple[LeafNodeSource, int]:
    kind, at = codec.read_uint8(data, at)
    if kind == 1:
        not_before, at = codec.read_uint64(data, at)
        not_after, at = codec.read_uint64(data, at)
        return FromKeyPackage(Lifetime(not_before, not_after)), at
    if kind == 2:
        return FromUpdate(), at
    if kind == 3:
        parent_hash, at = codec.read_opaque(data, at)
        return FromCommit(parent_hash), at
    raise CodecError(f"a leaf node of unknown source {kind}")


@dataclass(frozen=True, slots=True, eq=False)
class LeafNode:
    """A member, as it signed itself (RFC 9420 §7.2). Two are equal when their encodings are."""

    encryption_key: bytes
    signature_key: bytes
    credential: Credential
    capabilities: Capabilities
    source: LeafNodeSource
    extensions: tuple[Extension, ...]
    signature: bytes
    encoded: bytes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LeafNode) and self.encoded == other.encoded

    def __hash__(self) -> int:
        return hash(self.encoded)

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §7.2."""
        return self.encoded

    def to_be_signed(self, group_id: bytes, leaf_index: int) -> bytes:
        """Give LeafNodeTBS; the place counts only for leaf nodes made for one group."""
        body = self.encoded[: -len(vector(self.signature))]
        return body if isinstance(self.source, FromKeyPackage) else body + _place(group_id, leaf_index)

    def is_signed(self, suite: CipherSuite, group_id: bytes, leaf_index: int) -> bool:
        """Tell whether the signature is by the leaf node's own key."""
        content = self.to_be_signed(group_id, leaf_index)
        return suite.verify(self.signature_key, "LeafNodeTBS", content, self.signature)


def _place(group_id: bytes, leaf_index: int) -> bytes:
    return vector(group_id) + leaf_index.to_bytes(4, "big")


def read_leaf_node(data: bytes, at: int) -> tuple[LeafNode, int]:
    """Read a leaf node."""
    start = at
    encryption_key, at = codec.read_opaque(data, at)
    signature_key, at = codec.read_opaque(data, at)
    credential, at = read_credential(data, at)
    capabilities, at = _read_capabilities(data, at)
    source, at = _read_source(data, at)
    extensions, at = read_extensions(data, at)
    signature, at = codec.read_opaque(data, at)
    fields = (encryption_key, signature_key, credential, capabilities, source, extensions, signature)
    return LeafNode(*fields, data[start:at]), at


def sign_leaf_node(
    suite: CipherSuite, template: LeafNode, private: bytes, group_id: bytes, leaf_index: int
) -> LeafNode:
    """Sign a leaf node whose other fields are filled in; a key package's has no place, so pass b"" and 0."""
    body = b"".join(
        (
            vector(template.encryption_key),
            vector(template.signature_key),
            template.credential.encode(),
            template.capabilities.encode(),
            template.source.encode(),
            encode_extensions(template.extensions),
        )
    )
    placed = body if isinstance(template.source, FromKeyPackage) else body + _place(group_id, leaf_index)
    signature = suite.sign(private, "LeafNodeTBS", placed)
    return replace(template, signature=signature, encoded=body + vector(signature))


@dataclass(frozen=True, slots=True)
class ParentNode:
    """A key that a subtree shares (RFC 9420 §7.1); `unmerged_leaves` are leaf indices, in order."""

    encryption_key: bytes
    parent_hash: bytes
    unmerged_leaves: tuple[int, ...]

    def lists_unmerged(self, leaf: int) -> bool:
        """Tell whether a leaf is among the unmerged ones, of which a stranger's tree may have many."""
        place = bisect_left(self.unmerged_leaves, leaf)
        return place < len(self.unmerged_leaves) and self.unmerged_leaves[place] == leaf

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §7.1."""
        return vector(self.encryption_key) + vector(self.parent_hash) + uint32s(self.unmerged_leaves)


Node = LeafNode | ParentNode


def _read_parent_node(data: bytes, at: int) -> tuple[ParentNode, int]:
    encryption_key, at = codec.read_opaque(data, at)
    parent_hash, at = codec.read_opaque(data, at)
    unmerged, at = codec.read_uint32s(data, at)
    if any(a >= b for a, b in pairwise(unmerged)):
        raise CodecError("unmerged leaves that are not in increasing order")
    return ParentNode(encryption_key, parent_hash, unmerged), at


def read_node(data: bytes, at: int) -> tuple[Node, int]:
    """Read a node of either kind (RFC 9420 §12.4.3.3)."""
    kind, at = codec.read_uint8(data, at)
    if kind == 1:
        return read_leaf_node(data, at)
    if kind == 2:
        return _read_parent_node(data, at)
    raise CodecError(f"a node of unknown type {kind}")
