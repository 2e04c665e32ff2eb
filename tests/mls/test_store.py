"""The vault's side: one atomic write a step, and only the half that changed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from havre import mls
from tests.mls.people import client, party


class MemoryStore:
    """Keeps groups in two dictionaries and counts what is written."""

    def __init__(self) -> None:
        self.epochs: dict[bytes, bytes] = {}
        self.keys: dict[bytes, bytes] = {}
        self.writes: list[str] = []

    def read(self, group_id: bytes) -> tuple[bytes, bytes] | None:
        return (self.epochs[group_id], self.keys[group_id]) if group_id in self.epochs else None

    def write(self, group_id: bytes, epoch: bytes, keys: bytes) -> None:
        self.epochs[group_id], self.keys[group_id] = epoch, keys
        self.writes.append("both")

    def write_keys(self, group_id: bytes, keys: bytes) -> None:
        self.keys[group_id] = keys
        self.writes.append("keys")

    def delete(self, group_id: bytes) -> None:
        del self.epochs[group_id], self.keys[group_id]

    def groups(self) -> Iterable[bytes]:
        return list(self.epochs)


def test_a_group_is_kept_and_found_again() -> None:
    store: mls.GroupStore = MemoryStore()
    group = party("alice", "bob")
    held = group["bob"]
    mls.store_group(store, held)
    steps = [group["alice"].encrypt(b"hello")[1], group["alice"].commit().message]
    for message in steps:
        got = held.process(message).group
        assert got is not None
        mls.store_group(store, got, held)
        held = got
        again = mls.load_group(store, b"a group", client("bob").signer)
        assert again.epoch_authenticator == held.epoch_authenticator
        assert again.encode_keys() == held.encode_keys()
        with pytest.raises(mls.StateError):
            again.process(steps[0])
    assert isinstance(store, MemoryStore)
    assert store.writes == ["both", "keys", "both"]
    assert list(store.groups()) == [b"a group"]


def test_a_proposal_changes_both_halves() -> None:
    store = MemoryStore()
    group = party("alice", "bob")
    got = group["bob"].process(group["alice"].propose_update()[1]).group
    assert got is not None
    mls.store_group(store, got, group["bob"])
    assert store.writes == ["both"]


def test_a_missing_group() -> None:
    with pytest.raises(mls.StateError):
        mls.load_group(MemoryStore(), b"nowhere", client("bob").signer)
