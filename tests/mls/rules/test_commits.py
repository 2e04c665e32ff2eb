"""Commits and their paths (RFC 9420 §12.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from havre import mls
from havre.mls.commit.collect import ProposalList
from havre.mls.commit.create import authenticate
from havre.mls.commit.path import MadePath, create_path
from havre.mls.rules import Rule
from havre.mls.tree.nodes import FromCommit
from havre.mls.tree.treekem import UpdatePath, encrypt_path
from tests.mls.people import SUITE, party
from tests.mls.rules import forge
from tests.mls.rules.forge import refused


def with_path(group: mls.Group, change: Callable[[UpdatePath], UpdatePath]) -> bytes:
    """Commit with a path that is changed before it is signed."""

    def changed(*arguments: Any) -> MadePath:
        made = create_path(*arguments)
        return replace(made, update=change(made.update))

    with forge.replaced(create_path=changed):
        return group.commit().message


def test_commit_path() -> None:
    group = party("alice", "bob")
    with patch.object(ProposalList, "needs_path", property(lambda _: False)):
        message = group["alice"].commit(path=False).message
    with refused(Rule.COMMIT_PATH):
        group["bob"].process(message)


def test_path_length() -> None:
    group = party("alice", "bob", "carol")
    message = with_path(group["alice"], lambda update: replace(update, nodes=update.nodes[:-1]))
    with refused(Rule.PATH_LENGTH):
        group["bob"].process(message)


def test_path_ciphertexts() -> None:
    group = party("alice", "bob", "carol")

    def without_one(update: UpdatePath) -> UpdatePath:
        nodes = (*update.nodes[:-1], replace(update.nodes[-1], encrypted_path_secrets=()))
        return replace(update, nodes=nodes)

    with refused(Rule.PATH_CIPHERTEXTS):
        group["bob"].process(with_path(group["alice"], without_one))


def test_path_keys_usable() -> None:
    group = party("alice", "bob", "carol")

    def with_weak_key(update: UpdatePath) -> UpdatePath:
        return replace(update, nodes=(replace(update.nodes[0], encryption_key=bytes(32)), *update.nodes[1:]))

    with refused(Rule.PATH_KEYS_USABLE):
        group["bob"].process(with_path(group["alice"], with_weak_key))


def test_path_keys_unique() -> None:
    group = party("alice", "bob", "carol")
    taken = group["alice"].members()[2].leaf_node.encryption_key

    def with_taken_key(update: UpdatePath) -> UpdatePath:
        return replace(update, nodes=(replace(update.nodes[0], encryption_key=taken), *update.nodes[1:]))

    def with_one_key(update: UpdatePath) -> UpdatePath:
        key = update.nodes[0].encryption_key
        return replace(update, nodes=tuple(replace(node, encryption_key=key) for node in update.nodes))

    for change in (with_taken_key, with_one_key):
        with refused(Rule.PATH_KEYS_UNIQUE):
            group["bob"].process(with_path(group["alice"], change))


def test_path_parent_hash() -> None:
    group = party("alice", "bob", "carol")

    def with_wrong_parent_hash(update: UpdatePath) -> UpdatePath:
        key = update.leaf_node.encryption_key
        leaf_node = forge.leaf_node(group["alice"], FromCommit(bytes(32)), encryption_key=key)
        return replace(update, leaf_node=leaf_node)

    with refused(Rule.PATH_PARENT_HASH):
        group["bob"].process(with_path(group["alice"], with_wrong_parent_hash))


def test_path_keys_derived() -> None:
    group = party("alice", "bob", "carol")

    def other_secrets(tree: Any, path: Any, secrets: Any, *rest: Any) -> Any:
        lies = tuple(SUITE.random(32) for _ in secrets.secrets)
        return encrypt_path(tree, path, replace(secrets, secrets=lies), *rest)

    with patch("havre.mls.commit.path.encrypt_path", other_secrets):
        message = group["alice"].commit().message
    for name in ("bob", "carol"):
        with refused(Rule.PATH_KEYS_DERIVED):
            group[name].process(message)


def test_confirmation_tag() -> None:
    group = party("alice", "bob")

    def wrongly(*arguments: Any) -> Any:
        content = authenticate(*arguments)
        return replace(content, confirmation_tag=forge.flip(content.confirmation_tag or b""))

    with forge.replaced(authenticate=wrongly):
        message = group["alice"].commit().message
    with refused(Rule.CONFIRMATION_TAG):
        group["bob"].process(message)
