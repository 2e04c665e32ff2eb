"""Killed at any write, and started again: nothing lost, nothing twice, nothing half done."""

from __future__ import annotations

import pytest

from havre.client.engine.effects import MessageArrived
from tests.client.engine.looking import group, told
from tests.simulation.world import CrashError, Device, World, crash_at

STATEMENTS = range(12)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_while_sending(talking: World, alice: Device, bob: Device, statement: int) -> None:
    with crash_at(alice, statement):
        alice.send(bob, "perhaps")
    accepted = bool(alice.shown(bob))
    talking.settle()
    assert bob.shown(alice) == alice.shown(bob) == ([("alice", "perhaps")] if accepted else [])
    alice.send(bob, "surely")
    talking.settle()
    assert bob.shown(alice)[-1] == ("alice", "surely")
    assert alice.vault.outbox_size() == 0


@pytest.mark.parametrize("statement", STATEMENTS)
def test_while_receiving(talking: World, alice: Device, bob: Device, statement: int) -> None:
    for number in range(4):
        alice.send(bob, str(number))
    bob.vault.dies_in = statement
    while True:
        try:
            talking.settle()
            break
        except CrashError:
            bob.crash()
    assert bob.shown(alice) == [("alice", str(number)) for number in range(4)]
    assert alice.states(bob) == ["delivered"] * 4


@pytest.mark.parametrize("statement", range(0, 30, 2))
def test_while_beginning(world: World, alice: Device, bob: Device, statement: int) -> None:
    world.settle()
    with crash_at(alice, statement):
        alice.add(bob)
    rows = alice.vault.conversations()
    assert len(rows) == len(alice.vault.people()), "a person without a conversation, or the other way round"
    if not rows:
        alice.add(bob)
    alice.send(bob, "hello")
    world.settle()
    assert bob.shown(alice) == [("alice", "hello")]


@pytest.mark.parametrize("statement", range(0, 30, 2))
def test_while_entering(world: World, alice: Device, bob: Device, statement: int) -> None:
    world.settle()
    alice.add(bob)
    alice.send(bob, "hello")
    bob.vault.dies_in = statement
    for _ in range(5):
        try:
            world.settle()
        except CrashError:
            bob.crash()
    assert bob.shown(alice) == [("alice", "hello")]
    assert group(alice).authenticator == group(bob).authenticator


def test_after_the_commit_before_the_effects(talking: World, alice: Device, bob: Device) -> None:
    alice.vault.dies_committed = True
    with pytest.raises(CrashError):
        alice.send(bob, "accepted")
    alice.crash()
    assert alice.shown(bob) == [("alice", "accepted")]
    talking.settle()
    assert bob.shown(alice) == [("alice", "accepted")]
    assert told(bob, MessageArrived)


def test_engine_that_forgets_goes_on(talking: World, alice: Device, bob: Device) -> None:
    """What the driver does when the disk is full: drop everything in memory, say Connected again."""
    from havre.client.engine import events

    relay = talking.relay(1)
    alice.send(bob, "under way")
    alice.engine.forget()
    alice.happen(events.Started(), events.Connected(relay))
    talking.settle()
    assert bob.shown(alice) == alice.shown(bob) == [("alice", "under way")]
    assert alice.states(bob) == ["delivered"]
