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


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_a_long_history(seed: int) -> None:
    history = live(seed, 200)
    print(f"seed {seed}: {history.born} members in all, {len(history.members)} at the end, {dict(history.done)}")
