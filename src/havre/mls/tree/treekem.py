"""TreeKEM: fresh keys along a member's path, told to everybody else (RFC 9420 §7.4 - §7.6).

A path secret belongs to each node of the sender's filtered direct path; every other one follows
from the one below. Each is encrypted once to every node that covers the members on the other
side, so each member opens one and derives those above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from havre.mls import codec
from havre.mls.codec import vector
from havre.mls.crypto.suite import CipherSuite, HpkeCiphertext, KeyPair
from havre.mls.errors import StateError, ValidationError
from havre.mls.rules import Rule
from havre.mls.tree import math
from havre.mls.tree.nodes import LeafNode, ParentNode, read_leaf_node
from havre.mls.tree.parent_hash import parent_hash
from havre.mls.tree.ratchet_tree import RatchetTree, TreeEditor

__all__ = [
    "OpenedPath",
    "PathSecrets",
    "PrivateKeys",
    "UpdatePath",
    "UpdatePathNode",
    "decrypt_path",
    "derive_path",
    "encrypt_path",
    "held_keys",
    "merge_path",
    "read_update_path",
]

PrivateKeys = Mapping[int, KeyPair]
"""A member's private keys by node index: its leaf's, and those on its direct path that it was told."""


@dataclass(frozen=True, slots=True)
class UpdatePathNode:
    """A node's fresh public key, and its path secret for each node of the copath's resolution."""

    encryption_key: bytes
    encrypted_path_secrets: tuple[HpkeCiphertext, ...]

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §7.6."""
        secrets = b"".join([secret.encode() for secret in self.encrypted_path_secrets])
        return vector(self.encryption_key) + vector(secrets)


@dataclass(frozen=True, slots=True)
class UpdatePath:
    """The sender's fresh leaf node and the nodes of its filtered direct path, lowest first."""

    leaf_node: LeafNode
    nodes: tuple[UpdatePathNode, ...]

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §7.6."""
        return self.leaf_node.encode() + vector(b"".join([node.encode() for node in self.nodes]))


def _read_update_path_node(data: bytes, at: int) -> tuple[UpdatePathNode, int]:
    encryption_key, at = codec.read_opaque(data, at)
    secrets, at = codec.read_vector(data, at, HpkeCiphertext.read)
    return UpdatePathNode(encryption_key, secrets), at


def read_update_path(data: bytes, at: int) -> tuple[UpdatePath, int]:
    """Read an UpdatePath."""
    leaf_node, at = read_leaf_node(data, at)
    nodes, at = codec.read_vector(data, at, _read_update_path_node)
    return UpdatePath(leaf_node, nodes), at


@dataclass(frozen=True, slots=True)
class PathSecrets:
    """The secrets and key pairs of consecutive path nodes, lowest first, and what follows the last."""

    secrets: tuple[bytes, ...] = field(repr=False)
    keys: tuple[KeyPair, ...]
    commit_secret: bytes = field(repr=False)


def derive_path(suite: CipherSuite, path_secret: bytes, length: int) -> PathSecrets:
    """Derive the path secrets and key pairs of `length` nodes from the lowest one's (RFC 9420 §7.4)."""
    secrets = []
    keys = []
    for _ in range(length):
        secrets.append(path_secret)
        keys.append(suite.derive_key_pair(suite.derive_secret(path_secret, "node")))
        path_secret = suite.derive_secret(path_secret, "path")
    return PathSecrets(tuple(secrets), tuple(keys), path_secret)


def merge_path(tree: TreeEditor, leaf: int, path: list[tuple[int, int]], keys: list[bytes]) -> bytes:
    """Put fresh public keys on a filtered direct path and give the leaf's parent hash (RFC 9420 §7.5).

    `path` has each node with its child off the path. Hashes go from the root down, since each
    covers the one above it.
    """
    tree.blank_path(leaf)
    above = b""
    for (node, copath), key in zip(reversed(path), reversed(keys), strict=True):
        tree.set(node, ParentNode(key, above, ()))
        above = parent_hash(tree.suite, key, above, tree.tree_hash(copath))
    return above


def encrypt_path(
    tree: RatchetTree,
    path: list[tuple[int, int]],
    secrets: PathSecrets,
    context: bytes,
    added: frozenset[int],
) -> tuple[UpdatePathNode, ...]:
    """Encrypt each path secret to the other side's resolution (RFC 9420 §7.5, §7.6).

    `context` is the encoded provisional GroupContext. `added` are the leaf indices of members
    that this Commit adds; they get their secrets in the Welcome.
    """
    nodes = []
    for (_, copath), secret, key in zip(path, secrets.secrets, secrets.keys, strict=True):
        encrypted = []
        for index in receivers(tree, copath, added):
            node = tree.node(index)
            assert node is not None
            public = node.encryption_key
            encrypted.append(tree.suite.encrypt_with_label(public, "UpdatePathNode", context, secret))
        nodes.append(UpdatePathNode(key.public, tuple(encrypted)))
    return tuple(nodes)


def receivers(tree: RatchetTree, copath: int, added: frozenset[int]) -> list[int]:
    """Give the nodes that a path secret is encrypted to (RFC 9420 §7.6)."""
    resolution = tree.resolution(copath)
    if not added:
        return resolution
    return [index for index in resolution if index & 1 or index >> 1 not in added]


@dataclass(frozen=True, slots=True)
class OpenedPath:
    """What a member learns of somebody's path: private keys from the common ancestor up."""

    keys: dict[int, KeyPair] = field(repr=False)
    path_secret: bytes = field(repr=False)
    commit_secret: bytes = field(repr=False)


def decrypt_path(
    tree: RatchetTree,
    path: list[tuple[int, int]],
    update: UpdatePath,
    own_leaf: int,
    private_keys: PrivateKeys,
    context: bytes,
    added: frozenset[int],
) -> OpenedPath:
    """Open the one path secret that is for us and derive those above it (RFC 9420 §7.5).

    `tree` already has the path merged. Raises `ValidationError` if the ciphertexts do not
    match the tree or the derived keys not the path, and `CryptoError` if ours does not open.
    """
    check_ciphertext_counts(tree, path, update, added)
    place = next(i for i, (_, copath) in enumerate(path) if math.is_below(2 * own_leaf, copath))
    to = receivers(tree, path[place][1], added)
    position, private = _held(tree, to, private_keys)
    ciphertext = update.nodes[place].encrypted_path_secrets[position]
    path_secret = tree.suite.decrypt_with_label(private, "UpdatePathNode", context, ciphertext)
    return open_path(tree.suite, path[place:], update.nodes[place:], path_secret)


def open_path(
    suite: CipherSuite, path: list[tuple[int, int]], nodes: tuple[UpdatePathNode, ...], path_secret: bytes
) -> OpenedPath:
    """Derive a path's private keys and check them against its public keys (RFC 9420 §7.5)."""
    derived = derive_path(suite, path_secret, len(path))
    if [key.public for key in derived.keys] != [node.encryption_key for node in nodes]:
        raise ValidationError(Rule.PATH_KEYS_DERIVED)
    keys = {index: key for (index, _), key in zip(path, derived.keys, strict=True)}
    return OpenedPath(keys, path_secret, derived.commit_secret)


def check_ciphertext_counts(
    tree: RatchetTree, path: list[tuple[int, int]], update: UpdatePath, added: frozenset[int]
) -> None:
    """Check that every node's path secret is there for everybody who needs it (RFC 9420 §7.6)."""
    for (index, copath), node in zip(path, update.nodes, strict=True):
        if len(node.encrypted_path_secrets) != len(receivers(tree, copath, added)):
            raise ValidationError(Rule.PATH_CIPHERTEXTS, f"node {index}")


def _held(tree: RatchetTree, indices: list[int], private_keys: PrivateKeys) -> tuple[int, bytes]:
    for position, index in enumerate(indices):
        held = private_keys.get(index)
        node = tree.node(index)
        if held is not None and node is not None and held.public == node.encryption_key:
            return position, held.private
    raise StateError("none of the private keys that we hold opens this path")


def held_keys(tree: RatchetTree, private_keys: PrivateKeys) -> dict[int, KeyPair]:
    """Keep the private keys whose nodes still have them; what was replaced is gone (RFC 9420 §7.5)."""
    kept = {}
    for index, pair in private_keys.items():
        node = tree.node(index) if index <= 2 * tree.root else None
        if node is not None and node.encryption_key == pair.public:
            kept[index] = pair
    return kept
