"""With mls-rs: one short history with every run, twenty long ones with the long tests."""

from __future__ import annotations

from random import Random

import pytest

from tests.mls.interop.history import History
from tests.mls.interop.mls_rs import RustPeer
from tests.mls.interop.ours import OurPeer

pytest.importorskip("mls_rs_uniffi", reason="the wheel agentvault-mls-rs-uniffi is not installed")


def live(seed: int, steps: int) -> History:
    history = History(Random(seed), [OurPeer, RustPeer])
    if seed % 2:
        history.make.reverse()
    history.begin()
    for _ in range(steps):
        history.step()
    return history


def test_a_short_history() -> None:
    history = live(0, 30)
    assert sum(history.done.values()) == 30


def test_a_tree_whose_left_half_is_empty() -> None:
    """The filtered direct path ends below the root, and the commit secret with it (RFC 9420 §12.4.1)."""
    history = History(Random(0), [OurPeer, RustPeer])
    alice, bob = OurPeer("member alice"), RustPeer("member bob")
    carol, dave = OurPeer("member carol"), RustPeer("member dave")
    alice.create()
    history.members[alice.name] = alice
    history.commit(alice.name, [bob, carol, dave])
    history.commit(carol.name, remove=[alice.name, bob.name])
    history.commit(dave.name)
    history.commit(carol.name)
    assert [member.leaf_index for member in carol.group.members()] == [2, 3]
    assert carol.group.state.public.tree.node(3) is None


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_a_long_history(seed: int) -> None:
    history = live(seed, 200)
    print(f"seed {seed}: {history.born} members in all, {len(history.members)} at the end, {dict(history.done)}")
