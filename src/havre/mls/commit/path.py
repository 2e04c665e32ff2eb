"""Step 4 of a Commit: the committer's fresh path (RFC 9420 §7.5, §12.4.1, §12.4.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from havre.mls.commit.apply import Applied
from havre.mls.crypto.suite import KeyPair, SignatureKeyPair
from havre.mls.errors import ValidationError
from havre.mls.rules import Rule
from havre.mls.schedule.group_context import GroupContext
from havre.mls.state import PublicState
from havre.mls.tree.nodes import FromCommit, LeafNode, sign_leaf_node
from havre.mls.tree.ratchet_tree import RatchetTree
from havre.mls.tree.treekem import (
    PathSecrets,
    PrivateKeys,
    UpdatePath,
    decrypt_path,
    derive_path,
    encrypt_path,
    held_keys,
    merge_path,
)
from havre.mls.tree.validation import check_leaf_key_fresh, check_leaf_signature, check_leaf_source

__all__ = ["MadePath", "MergedPath", "TakenPath", "create_path", "merge_update_path", "take_path"]


@dataclass(frozen=True, slots=True)
class MadePath:
    """A path that we made: the new tree, what to send, and what only we know."""

    tree: RatchetTree
    update: UpdatePath
    nodes: tuple[int, ...]
    secrets: PathSecrets
    keys: dict[int, KeyPair] = field(repr=False)

    def path_secret_at(self, node: int) -> bytes:
        """Give the path secret of a node of the path, for a new member below it."""
        return self.secrets.secrets[self.nodes.index(node)]


def provisional_context(public: PublicState, applied: Applied, tree: RatchetTree) -> bytes:
    """Encode the GroupContext that path secrets are encrypted under (RFC 9420 §12.4.1)."""
    old = public.context
    return GroupContext(
        old.cipher_suite,
        old.group_id,
        old.epoch + 1,
        tree.tree_hash(),
        old.confirmed_transcript_hash,
        applied.extensions,
    ).encoded


def create_path(
    public: PublicState, applied: Applied, leaf: int, template: LeafNode, signer: SignatureKeyPair
) -> MadePath:
    """Make fresh keys for a leaf and the nodes above it, and encrypt them to everybody else.

    `template` has the leaf node's lasting fields; keys, source and signature are new.
    """
    suite = public.suite
    editor = applied.tree.edit()
    path = editor.filtered_direct_path(leaf)
    secrets = derive_path(suite, suite.random(suite.hash_length), len(path))
    leaf_key = suite.provider.generate_encryption_key()
    parent_hash = merge_path(editor, leaf, path, [key.public for key in secrets.keys])
    unsigned = _with_keys(template, leaf_key.public, signer.public, parent_hash)
    leaf_node = sign_leaf_node(suite, unsigned, signer.private, public.context.group_id, leaf)
    editor.set(2 * leaf, leaf_node)
    tree = editor.freeze()
    context = provisional_context(public, applied, tree)
    sent = encrypt_path(tree, path, secrets, context, applied.added_leaves)
    nodes = tuple(node for node, _ in path)
    keys = dict(zip(nodes, secrets.keys, strict=True)) | {2 * leaf: leaf_key}
    return MadePath(tree, UpdatePath(leaf_node, sent), nodes, secrets, keys)


def _with_keys(template: LeafNode, encryption: bytes, signature: bytes, parent_hash: bytes) -> LeafNode:
    source = FromCommit(parent_hash)
    return LeafNode(
        encryption,
        signature,
        template.credential,
        template.capabilities,
        source,
        template.extensions,
        b"",
        b"",
    )


@dataclass(frozen=True, slots=True)
class MergedPath:
    """Somebody's path in the tree, checked as far as anybody can without a private key."""

    tree: RatchetTree
    path: list[tuple[int, int]]


def merge_update_path(
    public: PublicState, applied: Applied, update: UpdatePath, leaf: int, old: LeafNode | None
) -> MergedPath:
    """Check a path's public half and merge it into the tree (RFC 9420 §12.4.2).

    `old` is the leaf node it replaces, if it replaces one.
    """
    path = applied.tree.filtered_direct_path(leaf)
    if len(path) != len(update.nodes):
        raise ValidationError(Rule.PATH_LENGTH)
    check_path_leaf(public, update.leaf_node, leaf, old)
    check_path_keys(applied.tree, update)
    editor = applied.tree.edit()
    parent_hash = merge_path(editor, leaf, path, [node.encryption_key for node in update.nodes])
    if not isinstance(update.leaf_node.source, FromCommit) or update.leaf_node.source.parent_hash != parent_hash:
        raise ValidationError(Rule.PATH_PARENT_HASH)
    editor.set(2 * leaf, update.leaf_node)
    return MergedPath(editor.freeze(), path)


def check_path_leaf(public: PublicState, leaf_node: LeafNode, leaf: int, old: LeafNode | None) -> None:
    """Check where a path's leaf node is from, that it is fresh, and signed for its place (RFC 9420 §7.3)."""
    check_leaf_source(leaf_node, FromCommit)
    if old is not None:
        check_leaf_key_fresh(leaf_node, old)
    check_leaf_signature(public.suite, leaf_node, public.context.group_id, leaf)


def check_path_keys(tree: RatchetTree, update: UpdatePath) -> None:
    """Check that a path's public keys are keys, new to the tree, and all different (RFC 9420 §12.4.2)."""
    if not all(tree.suite.provider.is_encryption_key(node.encryption_key) for node in update.nodes):
        raise ValidationError(Rule.PATH_KEYS_USABLE)
    keys = [update.leaf_node.encryption_key, *(node.encryption_key for node in update.nodes)]
    if len(set(keys)) < len(keys) or any(key in tree.encryption_keys for key in keys):
        raise ValidationError(Rule.PATH_KEYS_UNIQUE)


@dataclass(frozen=True, slots=True)
class TakenPath:
    """What a receiver has after a path: its private keys, and the Commit's secret."""

    private_keys: PrivateKeys = field(repr=False)
    commit_secret: bytes = field(repr=False)


def take_path(
    public: PublicState,
    applied: Applied,
    merged: MergedPath,
    update: UpdatePath,
    own_leaf: int,
    private_keys: PrivateKeys,
) -> TakenPath:
    """Decrypt our part of a merged path (RFC 9420 §7.5)."""
    context = provisional_context(public, applied, merged.tree)
    opened = decrypt_path(merged.tree, merged.path, update, own_leaf, private_keys, context, applied.added_leaves)
    keys = held_keys(merged.tree, {**private_keys, **opened.keys})
    return TakenPath(keys, opened.commit_secret)
