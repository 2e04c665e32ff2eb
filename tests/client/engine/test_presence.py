"""Typing, and the switches: what others learn of me is mine to say."""

from __future__ import annotations

import pytest

from havre.client.engine import events, settings
from havre.client.engine.effects import SomebodyTyping
from havre.client.engine.groups import Reason
from havre.client.engine.message_intents import SayTyping
from havre.client.engine.presence import PAUSE
from havre.client.vault.rows import Purpose
from havre.content import encode, text
from havre.wire.stream import Append, Entry, EntryKind, Pushed
from tests.client.engine.looking import conversation, group, queue, skipped, told
from tests.simulation.world import Device, World


def say_typing(device: Device, other: Device, active: bool = True) -> None:
    device.ask(lambda ticket: SayTyping(ticket, other.account, active))


def switch(device: Device, name: str, value: str) -> None:
    device.ask(lambda ticket: events.ChangeSetting(ticket, name, value))


def test_who_is_there_hears_it_and_nothing_is_kept(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relays[talking.relay(1)]
    before = dict(relay.entries[queue(alice).queue])
    say_typing(alice, bob)
    talking.settle()
    assert told(bob, SomebodyTyping) == [SomebodyTyping(alice.account, alice.account, True)]
    assert told(alice, SomebodyTyping) == []
    assert skipped(alice) == skipped(bob) == [], "her own she knows again"
    assert relay.entries[queue(alice).queue] == before
    say_typing(alice, bob, active=False)
    talking.settle()
    assert told(bob, SomebodyTyping)[-1].active is False


def test_it_is_not_said_over_and_over(talking: World, alice: Device, bob: Device) -> None:
    for _ in range(20):
        say_typing(alice, bob)
    talking.settle()
    assert len(told(bob, SomebodyTyping)) == 1
    talking.pass_time(PAUSE)
    say_typing(alice, bob)
    talking.settle()
    assert len(told(bob, SomebodyTyping)) == 2


def test_it_does_no_harm_when_nobody_can_hear_it(talking: World, alice: Device, bob: Device) -> None:
    alice.disconnect(talking.relay(1))
    alice.wanted.clear()
    say_typing(alice, bob)
    assert alice.vault.outbox_size() == 0


def test_whoever_switches_typing_off_neither_tells_nor_sees(talking: World, alice: Device, bob: Device) -> None:
    switch(alice, settings.TYPING, settings.OFF)
    say_typing(alice, bob)
    say_typing(bob, alice)
    talking.settle()
    assert told(bob, SomebodyTyping) == told(alice, SomebodyTyping) == []


@pytest.mark.parametrize("content", [encode(text(bytes(16), "only to you", 0)), b"garbage"])
def test_a_message_that_the_relay_does_not_keep_is_refused(
    talking: World, alice: Device, bob: Device, content: bytes
) -> None:
    """Otherwise somebody could say one thing to those who are there and another to the rest."""
    _, body = alice.groups.encrypt(group(alice), content)
    entry = Entry(0, EntryKind.MESSAGE, talking.now // 1000, body)
    relay = talking.relay(1)
    bob.happen(events.FromRelay(relay, Pushed(queue(bob).queue, [entry])))
    assert bob.shown(alice) == []
    assert skipped(bob) == [Reason.MALFORMED if content == b"garbage" else Reason.FORBIDDEN]
    assert not conversation(bob).refresh_due


def test_read_receipts_can_be_switched_off(talking: World, alice: Device, bob: Device) -> None:
    switch(bob, settings.READ_RECEIPTS, settings.OFF)
    alice.send(bob, "read me")
    bob.send(alice, "and me")
    talking.settle()
    bob.mark_read(alice)
    alice.mark_read(bob)
    talking.settle()
    assert alice.states(bob) == ["delivered"]
    assert bob.states(alice) == ["delivered"], "who tells nothing learns nothing"
    switch(bob, settings.READ_RECEIPTS, settings.ON)
    alice.send(bob, "and this")
    talking.settle()
    bob.mark_read(alice)
    talking.settle()
    assert alice.states(bob) == ["read", "read"]


def test_without_receipts_nothing_is_sent_back(talking: World, alice: Device, bob: Device) -> None:
    switch(bob, settings.READ_RECEIPTS, settings.OFF)
    switch(bob, settings.DELIVERED_RECEIPTS, settings.OFF)
    alice.send(bob, "silence")
    talking.settle()
    bob.mark_read(alice)
    assert not bob.vault.waiting(queue(bob).queue, Purpose.RECEIPT)
    assert not [one for one in bob.wires[talking.relay(1)].commands if isinstance(one, Append)]
    talking.settle()
    assert alice.states(bob) == ["sent"]
