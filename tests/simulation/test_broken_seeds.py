"""What single seeds have brought to light, told without chance."""

from __future__ import annotations

import pytest

from havre.client.engine import effects
from havre.client.vault.rows import MessageState, Standing
from havre.wire.refusals import Code
from havre.wire.stream import Appended, Done, Refused
from tests.client.engine.looking import conversation, queue
from tests.simulation.real import real_another, real_newcomer
from tests.simulation.world import Device, World, fake_another, fake_newcomer


@pytest.fixture(params=["fake", "real"])
def world(request: pytest.FixtureRequest) -> World:
    """One relay; and both kinds of groups."""
    real = request.param == "real"
    return World(1, real_newcomer, real_another) if real else World(1, fake_newcomer, fake_another)


@pytest.fixture
def alice(world: World) -> Device:
    return world.person("alice")


@pytest.fixture
def bob(world: World) -> Device:
    return world.person("bob")


def carry_out(world: World, device: Device) -> None:
    """Have the relay work, and nobody hear of it."""
    relay = world.relay()
    while device.wires[relay].commands:
        world.relays[relay].take(device.wires[relay])


def test_removed_device_comes_to_rest(world: World, alice: Device, bob: Device) -> None:
    """Seed 180: what it had not sent waited for ever for new capabilities, and a commit of its own with it."""
    lost = world.further_device(alice)
    world.settle()
    alice.add(bob)
    world.settle()
    lost.disconnect(world.relay())
    lost.send(bob, "from the thief")
    world.take_out(alice, lost)
    world.pass_time(world.tuning.refresh_age)
    world.settle()
    alice.send(bob, "after it")
    world.settle()
    assert lost.states(bob) == [MessageState.FAILED]
    assert lost.vault.outbox_size() == 0
    assert lost.vault.pending(conversation(lost).queue) is None
    chat = lost.vault.chat(bob.account)
    assert chat is not None
    assert chat.standing is Standing.REMOVED
    assert lost.shown(bob) == [("alice", "from the thief")]
    assert bob.shown(alice) == [("alice", "after it")]
    for _ in range(2):
        lost.crash()
        lost.send(bob, "again")
        world.settle()
    assert set(lost.states(bob)) == {MessageState.FAILED}
    assert lost.vault.outbox_size() == 0


def test_device_that_stays_outlives_a_rotation_in_any_order(world: World, alice: Device, bob: Device) -> None:
    """The end of the old subscription may be heard before, with or after the commit that explains it."""
    other = world.further_device(alice)
    world.settle()
    alice.add(bob)
    world.settle()
    world.take_out(alice, other)
    carry_out(world, alice)
    bob.wires[world.relay()].events.rotate(1)
    world.settle()
    bob.send(alice, "still here")
    world.settle()
    assert alice.shown(bob) == [("bob", "still here")]
    assert bob.states(alice) == [MessageState.DELIVERED]


def test_queue_whose_making_was_never_acknowledged(world: World, alice: Device, bob: Device) -> None:
    """Seed 103: it was asked for again after a rotation, with the new capabilities, and refused as another's."""
    other = world.further_device(alice)
    world.settle()
    alice.add(bob)
    relay = world.relay()
    carry_out(world, alice)
    alice.wires[relay].events.clear()
    alice.disconnect(relay)
    alice.connect(relay)
    carry_out(world, alice)
    wire = alice.wires[relay]
    kept = [event for event in wire.events if not isinstance(event, Done)]
    wire.events.clear()
    wire.events.extend(kept)
    while wire.events:
        alice.hear(relay)
    world.take_out(alice, other)
    world.settle()
    alice.crash()
    alice.send(bob, "arrives")
    world.settle()
    assert [words for _, words in bob.shown(alice)] == ["arrives"]
    assert not [one for one in alice.told if isinstance(one, effects.RelayRefused)]


@pytest.mark.parametrize("acknowledged", [True, False])
def test_own_entries_that_expired_keep_their_place(
    world: World, alice: Device, bob: Device, acknowledged: bool
) -> None:
    """Seeds 142 and 505: they were shown after what had come later, or at the end for ever."""
    world.settle()
    alice.add(bob)
    world.settle()
    relay = world.relay()
    alice.send(bob, "first")
    world.settle()
    alice.send(bob, "second")
    carry_out(world, alice)
    if acknowledged:
        wire = alice.wires[relay]
        (answer,) = [event for event in wire.events if isinstance(event, Appended)]
        wire.events.clear()
        wire.events.append(answer)
        alice.hear(relay)
    alice.lose(relay)
    while bob.wires[relay].events or bob.wires[relay].commands:
        carry_out(world, bob)
        bob.hear(relay, 9)
    world.relays[relay].expire(queue(bob).queue, queue(bob).cursor)
    world.pass_time(3_600_000)
    bob.send(alice, "third")
    carry_out(world, bob)
    alice.crash()
    world.settle()
    expected = [("alice", "first"), ("alice", "second"), ("bob", "third")]
    assert alice.shown(bob) == bob.shown(alice) == expected


def test_refused_while_the_relay_is_too_busy_to_be_followed(world: World, alice: Device, bob: Device) -> None:
    """Seed 195: a message under old capabilities was given up, because its queue was just not being followed."""
    other = world.further_device(alice)
    world.settle()
    alice.add(bob)
    world.settle()
    relay = world.relay()
    bob.disconnect(relay)
    world.take_out(alice, other)
    while alice.wires[relay].events or alice.wires[relay].commands:
        carry_out(world, alice)
        alice.hear(relay, 9)
    bob.send(alice, "hold on to this")
    bob.connect(relay)
    wire = bob.wires[relay]
    subscribe = wire.commands.popleft()
    wire.events.append(Refused(subscribe.request, Code.BUSY, "later", 30.0))
    bob.hear(relay)
    carry_out(world, bob)
    world.settle()
    world.pass_time(60_000)
    world.settle()
    assert alice.shown(bob) == [("bob", "hold on to this")]
    assert bob.states(alice) == [MessageState.DELIVERED]
