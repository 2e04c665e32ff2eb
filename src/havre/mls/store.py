"""Where groups are kept, as the protocol that a caller's vault fulfils, and the use of it.

A group is two records: the epoch half, written once a Commit, and the key half, written once a
message. `write` puts both down in one transaction: a key half of another epoch is of no use, and
a message whose used key comes back after a crash would be readable twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from havre.mls.crypto.suite import SignatureKeyPair
from havre.mls.errors import StateError
from havre.mls.group import Group
from havre.mls.state import GroupSettings

__all__ = ["GroupStore", "load_group", "store_group"]


class GroupStore(Protocol):
    """Keeps groups' encoded states; every method is atomic."""

    def read(self, group_id: bytes) -> tuple[bytes, bytes] | None:
        """Give a group's epoch half and key half, if it is there."""

    def write(self, group_id: bytes, epoch: bytes, keys: bytes) -> None:
        """Replace both halves, or neither."""

    def write_keys(self, group_id: bytes, keys: bytes) -> None:
        """Replace the key half alone."""

    def delete(self, group_id: bytes) -> None:
        """Forget a group."""

    def groups(self) -> Iterable[bytes]:
        """List the ids of the groups that are there."""


def load_group(
    store: GroupStore, group_id: bytes, signer: SignatureKeyPair, settings: GroupSettings | None = None
) -> Group:
    """Read a group back; raises `StateError` if it is not there and `CodecError` if it is damaged."""
    halves = store.read(group_id)
    if halves is None:
        raise StateError("the group is not in the store")
    return Group.decode(*halves, signer, settings)


def store_group(store: GroupStore, group: Group, previous: Group | None = None) -> None:
    """Write a group, and of it only the key half if `previous`, which was written last, allows it."""
    if previous is not None and group.differs_in_keys_only(previous):
        store.write_keys(group.group_id, group.encode_keys())
    else:
        store.write(group.group_id, group.encode_epoch(), group.encode_keys())
