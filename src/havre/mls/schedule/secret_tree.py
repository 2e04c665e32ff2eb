"""The secret tree and its ratchets: one key a message (RFC 9420 §9).

The tree starts as one secret and unfolds along the paths to those who send; a secret whose
children are there is gone, and so is a key that was taken (§9.2). Values never change: taking a
key gives the tree without it, which shares all but one path with the old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from havre.mls import codec
from havre.mls.codec import vector
from havre.mls.crypto.suite import CipherSuite
from havre.mls.errors import CodecError, StateError

__all__ = ["MessageKey", "Ratchet", "RatchetLimits", "RatchetType", "SecretTree", "read_secret_tree"]


class RatchetType(Enum):
    """Each sender has two ratchets; their names are the labels they are derived with."""

    HANDSHAKE = "handshake"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True)
class RatchetLimits:
    """How far a message may move a ratchet, and how many unused keys each ratchet keeps."""

    forward: int = 1024
    kept: int = 1024


@dataclass(frozen=True, slots=True)
class MessageKey:
    """What one message is encrypted with."""

    generation: int
    key: bytes = field(repr=False)
    nonce: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ratchet:
    """A sender's keys of one type from `generation` on, and those it was moved past unused."""

    secret: bytes = field(repr=False)
    generation: int = 0
    skipped: Mapping[int, tuple[bytes, bytes]] = field(default_factory=dict, repr=False)

    def take(self, suite: CipherSuite, generation: int, limits: RatchetLimits) -> tuple[Ratchet, MessageKey]:
        """Take one generation's key out; raises `StateError` for a used one or one too far ahead."""
        if generation < self.generation:
            return self._take_skipped(generation)
        if generation - self.generation > limits.forward:
            raise StateError(f"generation {generation} is too far ahead of {self.generation}")
        secret, at = self.secret, self.generation
        passed = {}
        while at < generation:
            key, secret = _step(suite, secret, at)
            passed[at] = (key.key, key.nonce)
            at += 1
        key, secret = _step(suite, secret, at)
        skipped = _newest({**self.skipped, **passed}, limits.kept) if passed else self.skipped
        return Ratchet(secret, at + 1, skipped), key

    def _take_skipped(self, generation: int) -> tuple[Ratchet, MessageKey]:
        if generation not in self.skipped:
            raise StateError(f"the key of generation {generation} was used or dropped")
        skipped = dict(self.skipped)
        key, nonce = skipped.pop(generation)
        return Ratchet(self.secret, self.generation, skipped), MessageKey(generation, key, nonce)

    def encode(self) -> bytes:
        """Encode for the caller's vault."""
        skipped = [
            generation.to_bytes(4, "big") + vector(key) + vector(nonce)
            for generation, (key, nonce) in self.skipped.items()
        ]
        return vector(self.secret) + self.generation.to_bytes(8, "big") + vector(b"".join(skipped))


def _step(suite: CipherSuite, secret: bytes, generation: int) -> tuple[MessageKey, bytes]:
    if generation >= 1 << 32:
        raise StateError("the ratchet is at its end; a new epoch is needed")
    key = suite.derive_tree_secret(secret, "key", generation, suite.key_length)
    nonce = suite.derive_tree_secret(secret, "nonce", generation, suite.nonce_length)
    following = suite.derive_tree_secret(secret, "secret", generation, suite.hash_length)
    return MessageKey(generation, key, nonce), following


def _newest(skipped: Mapping[int, tuple[bytes, bytes]], kept: int) -> Mapping[int, tuple[bytes, bytes]]:
    if len(skipped) <= kept:
        return skipped
    return {generation: skipped[generation] for generation in sorted(skipped)[-kept:]}


class _Leaf:
    """A sender's two ratchets."""

    __slots__ = ("_encoded", "application", "handshake")

    def __init__(self, handshake: Ratchet, application: Ratchet) -> None:
        self.handshake = handshake
        self.application = application
        self._encoded: bytes | None = None

    def encode(self) -> bytes:
        if self._encoded is None:
            self._encoded = b"\x02" + self.handshake.encode() + self.application.encode()
        return self._encoded


class _Branch:
    """An unfolded parent, whose own secret is gone."""

    __slots__ = ("_encoded", "left", "right")

    def __init__(self, left: _Node, right: _Node) -> None:
        self.left = left
        self.right = right
        self._encoded: bytes | None = None

    def encode(self) -> bytes:
        if self._encoded is None:
            self._encoded = b"\x01" + _encode(self.left) + _encode(self.right)
        return self._encoded


# A secret that nothing was derived from yet, or what it was unfolded into.
_Node = bytes | _Branch | _Leaf


def _encode(node: _Node) -> bytes:
    return b"\x00" + vector(node) if isinstance(node, bytes) else node.encode()


class SecretTree:
    """An epoch's message keys."""

    __slots__ = ("_depth", "_root", "suite")

    def __init__(self, suite: CipherSuite, leaf_count: int, root: _Node) -> None:
        self.suite = suite
        self._depth = leaf_count.bit_length() - 1
        self._root = root

    def __repr__(self) -> str:
        return f"SecretTree({1 << self._depth} leaves)"

    @property
    def leaf_count(self) -> int:
        """The number of leaves, a power of two."""
        return 1 << self._depth

    def take(
        self, leaf: int, kind: RatchetType, generation: int, limits: RatchetLimits
    ) -> tuple[SecretTree, MessageKey]:
        """Take the key of one generation of a sender's ratchet out of the tree; raises `StateError`."""
        above, ratchets = self._unfolded(leaf)
        if kind is RatchetType.HANDSHAKE:
            ratchet, key = ratchets.handshake.take(self.suite, generation, limits)
            node: _Node = _Leaf(ratchet, ratchets.application)
        else:
            ratchet, key = ratchets.application.take(self.suite, generation, limits)
            node = _Leaf(ratchets.handshake, ratchet)
        for branch in reversed(above):
            node = _Branch(branch.left, node) if leaf & 1 else _Branch(node, branch.right)
            leaf >>= 1
        return SecretTree(self.suite, 1 << self._depth, node), key

    def next_generation(self, leaf: int, kind: RatchetType) -> int:
        """Give the first unused generation of a sender's ratchet."""
        node = self._root
        for depth in range(self._depth, 0, -1):
            if not isinstance(node, _Branch):
                return 0
            node = node.right if leaf >> (depth - 1) & 1 else node.left
        if not isinstance(node, _Leaf):
            return 0
        return (node.handshake if kind is RatchetType.HANDSHAKE else node.application).generation

    def _unfolded(self, leaf: int) -> tuple[list[_Branch], _Leaf]:
        """Give the branches from the root down to a leaf, and its ratchets, derived where they were not."""
        above = []
        node = self._root
        for depth in range(self._depth - 1, -1, -1):
            branch = node if isinstance(node, _Branch) else self._branch(node)
            above.append(branch)
            node = branch.right if leaf >> depth & 1 else branch.left
        return above, node if isinstance(node, _Leaf) else self._ratchets(node)

    def _branch(self, secret: _Node) -> _Branch:
        assert isinstance(secret, bytes), "a leaf is at the bottom"
        suite, size = self.suite, self.suite.hash_length
        left = suite.expand_with_label(secret, "tree", b"left", size)
        return _Branch(left, suite.expand_with_label(secret, "tree", b"right", size))

    def _ratchets(self, secret: _Node) -> _Leaf:
        assert isinstance(secret, bytes), "a branch is above the bottom"
        suite, size = self.suite, self.suite.hash_length
        handshake = Ratchet(suite.expand_with_label(secret, "handshake", b"", size))
        return _Leaf(handshake, Ratchet(suite.expand_with_label(secret, "application", b"", size)))

    def encode(self) -> bytes:
        """Encode for the caller's vault; what did not change since the last time is not encoded anew."""
        return bytes([self._depth]) + _encode(self._root)


def _read_skipped(data: bytes, at: int) -> tuple[tuple[int, tuple[bytes, bytes]], int]:
    generation, at = codec.read_uint32(data, at)
    key, at = codec.read_opaque(data, at)
    nonce, at = codec.read_opaque(data, at)
    return (generation, (key, nonce)), at


def _read_ratchet(data: bytes, at: int) -> tuple[Ratchet, int]:
    secret, at = codec.read_opaque(data, at)
    generation, at = codec.read_uint64(data, at)
    skipped, at = codec.read_vector(data, at, _read_skipped)
    return Ratchet(secret, generation, dict(skipped)), at


def _read_node(data: bytes, at: int, depth: int) -> tuple[_Node, int]:
    kind, at = codec.read_uint8(data, at)
    if kind == 0:
        return codec.read_opaque(data, at)
    if kind == 1 and depth > 0:
        left, at = _read_node(data, at, depth - 1)
        right, at = _read_node(data, at, depth - 1)
        return _Branch(left, right), at
    if kind == 2 and depth == 0:
        handshake, at = _read_ratchet(data, at)
        application, at = _read_ratchet(data, at)
        return _Leaf(handshake, application), at
    raise CodecError(f"a secret tree's node of type {kind} at depth {depth}")


def read_secret_tree(suite: CipherSuite, data: bytes, at: int) -> tuple[SecretTree, int]:
    """Read what `SecretTree.encode` made."""
    depth, at = codec.read_uint8(data, at)
    if depth > 31:
        raise CodecError(f"a secret tree of depth {depth}")
    root, at = _read_node(data, at, depth)
    return SecretTree(suite, 1 << depth, root), at
