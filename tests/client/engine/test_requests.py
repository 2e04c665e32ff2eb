"""Strangers wait outside: nothing is sent to them and no relay of theirs is called until I say so."""

from __future__ import annotations

import pytest

from havre.client.engine import effects, events, requests
from havre.client.engine.effects import RequestArrived
from havre.client.engine.requests import BLOCKED, MOST_OF_ONE, REQUESTS
from tests.client.engine.looking import skipped, told
from tests.simulation.world import Device, World


@pytest.fixture(autouse=True)
def closed(bob: Device) -> None:
    """Bob's door is closed, as everybody's is at first."""
    with bob.vault.transaction():
        bob.vault.put_setting(REQUESTS, "")


@pytest.fixture
def asked(world: World, alice: Device, bob: Device) -> World:
    world.settle()
    alice.add(bob)
    alice.send(bob, "are you the Bob from Brest?")
    world.settle()
    return world


def answer(device: Device, intent: type[events.Intent], *fields: object) -> effects.Answer | effects.Failed:
    return device.ask(lambda ticket: intent(ticket, *fields))  # type: ignore[arg-type]  # the test names the fields


def test_nothing_goes_out_before_i_accept(asked: World, alice: Device, bob: Device) -> None:
    (arrived,) = told(bob, RequestArrived)
    assert (arrived.request.account, arrived.request.name) == (alice.account, "alice")
    assert bob.wanted == {asked.relay(2)}, "the stranger's relay was called"
    assert not bob.vault.conversations()
    assert not bob.vault.people()
    assert bob.vault.outbox_size() == 0
    assert alice.states(bob) == ["sent"]


def test_accepted_is_entered_with_what_was_said(asked: World, alice: Device, bob: Device) -> None:
    accepted = answer(bob, events.AcceptRequest, alice.account)
    assert isinstance(accepted, effects.Answer)
    asked.settle()
    assert bob.shown(alice) == [("alice", "are you the Bob from Brest?")]
    bob.send(alice, "the same")
    asked.settle()
    assert alice.shown(bob)[-1] == ("bob", "the same")
    assert alice.states(bob) == ["delivered"]
    assert not bob.vault.requests()


def test_accepting_twice_or_nobody_changes_nothing(asked: World, alice: Device, bob: Device) -> None:
    answer(bob, events.AcceptRequest, alice.account)
    assert isinstance(answer(bob, events.AcceptRequest, bytes(32)), effects.Failed)
    assert len(bob.vault.conversations()) == 1


def test_adding_whoever_has_asked_enters_their_conversation(asked: World, alice: Device, bob: Device) -> None:
    bob.add(alice)
    asked.settle()
    assert len(bob.vault.conversations()) == len(alice.vault.conversations()) == 1
    assert bob.shown(alice) == [("alice", "are you the Bob from Brest?")]


@pytest.mark.parametrize("block", [True, False])
def test_declined_is_forgotten_and_later_ones_are_dropped(
    asked: World, alice: Device, bob: Device, block: bool
) -> None:
    (before,) = bob.vault.requests()
    answer(bob, events.DeclineRequest, alice.account, block)
    assert not bob.vault.requests()
    knock_again(asked, alice, bob)
    assert not bob.vault.requests()
    assert not bob.vault.conversations()
    assert len(told(bob, RequestArrived)) == 1
    assert skipped(bob) == [], "dropped in silence"
    assert bob.wanted == {asked.relay(2)}
    assert before.bundle not in [package.bundle for package in bob.vault.key_packages()]


def knock_again(world: World, alice: Device, bob: Device) -> None:
    """Alice founds another conversation, as a client that has forgotten the first would."""
    (row,) = alice.vault.conversations()
    with alice.vault.transaction():
        alice.vault.execute("DELETE FROM conversation")
        alice.vault.execute("DELETE FROM queue WHERE queue = ?", (row.queue,))
    alice.crash()
    world.settle()
    alice.add(bob)
    world.settle()


def test_one_who_was_declined_can_still_be_added(asked: World, alice: Device, bob: Device) -> None:
    answer(bob, events.DeclineRequest, alice.account, False)
    bob.add(alice)
    asked.settle()
    bob.send(alice, "changed my mind")
    asked.settle()
    assert ("bob", "changed my mind") in alice.shown(bob)


def test_blocked_people_are_not_heard_and_do_not_notice(asked: World, alice: Device, bob: Device) -> None:
    answer(bob, events.AcceptRequest, alice.account)
    asked.settle()
    answer(bob, events.Block, alice.account)
    alice.send(bob, "listen!")
    asked.settle()
    assert bob.shown(alice) == [("alice", "are you the Bob from Brest?")]
    assert alice.states(bob) == ["delivered", "sent"]
    assert bob.vault.outbox_size() == 0
    begun = bob.add(alice)
    assert isinstance(begun, effects.Failed)
    assert begun.sentence == BLOCKED

    answer(bob, events.Unblock, alice.account)
    alice.send(bob, "friends again?")
    asked.settle()
    assert [words for _, words in bob.shown(alice)] == ["are you the Bob from Brest?", "friends again?"]


def test_one_account_cannot_fill_the_vault(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    alice.add(bob)
    world.settle()
    for _ in range(MOST_OF_ONE + 2):
        knock_again(world, alice, bob)
    assert len(bob.vault.requests()) == MOST_OF_ONE


def test_many_accounts_cannot_either(world: World, alice: Device, bob: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST", 1)
    carol = world.person("carol")
    world.settle()
    alice.add(bob)
    carol.add(bob)
    world.settle()
    assert len(bob.vault.requests()) == 1


def test_requests_survive_a_restart(asked: World, alice: Device, bob: Device) -> None:
    bob.crash()
    asked.settle()
    answer(bob, events.AcceptRequest, alice.account)
    asked.settle()
    assert bob.shown(alice) == [("alice", "are you the Bob from Brest?")]
