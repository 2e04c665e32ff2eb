"""Large groups, made quickly: members of ours whose states are one, told apart by a leaf.

All that a member knows of an epoch is the same for everybody, but for its leaf and its private
keys; so one state, with another leaf and signer put in, commits in that member's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench.mls_clients import Client, HavreClient
from havre import mls


class Crowd:
    """A group of `size` members in which every parent of the tree is filled."""

    def __init__(self, suite: int, size: int) -> None:
        self.first = HavreClient("0", suite)
        self.first.create()
        self._members = [HavreClient(str(number), suite) for number in range(1, size)]
        if self._members:
            self.first.add([member.key_package() for member in self._members])
        for leaf in _spread(size):
            self._commit_as(leaf)
        # Whoever commits needs no private keys for it, and has all of its path's afterwards.
        self._commit_as(0)

    def admit(self, newcomers: list[Client]) -> bytes:
        """Add these in one commit and give the Welcome, by which they are still to join."""
        _, welcome = self.first.add([newcomer.key_package() for newcomer in newcomers])
        return welcome

    def _commit_as(self, leaf: int) -> None:
        self._become(leaf)
        self.first.group = self.first.group.commit(ratchet_tree=False).group

    def _become(self, leaf: int) -> None:
        state = self.first.group.state
        signer = self._members[leaf - 1].signer if leaf else self.first.signer
        state = replace(state, own_leaf=leaf, signer=signer, private_keys={}, past=(), resumption_psks={})
        self.first.group = mls.Group(state)


def _spread(size: int) -> Iterator[int]:
    """List every other leaf, so that the first commits fill the parents of large subtrees."""
    width = 1 << (size - 1).bit_length()
    step = width
    listed = set()
    while step > 1:
        for leaf in range(0, size, step):
            if leaf not in listed:
                listed.add(leaf)
                yield leaf
        step //= 2
