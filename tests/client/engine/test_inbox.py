"""What strangers lay into an inbox: each Welcome is tried once, and none that is bad stops the next."""

from __future__ import annotations

import pytest

from havre.client.engine.groups import Reason, Step
from havre.client.engine.terms import Handover, Home, Terms, encode_handover, encode_terms
from havre.client.vault.rows import Purpose
from havre.wire.capability import inbox_write
from havre.wire.stream import Append, Appended, Hashes
from tests.client.engine.looking import skipped
from tests.simulation.world import Device, World


def knock(world: World, device: Device, body: bytes) -> None:
    """Put something into a device's inbox, as whoever knows its account can."""
    me = device.vault.me()
    relay = world.relays[me.relay]
    stranger = relay.connect()
    stranger.commands.append(Append(1, me.inbox, inbox_write(me.account_key), world.random.randbytes(16), body))
    relay.take(stranger)
    assert isinstance(stranger.events[0], Appended)


def welcomes_to(world: World, device: Device) -> list[bytes]:
    me = device.vault.me()
    return [entry.body for entry in world.relays[me.relay].entries[me.inbox].values()]


def test_garbage_does_not_block_the_inbox(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    for body in (b"", b"\x00", b"not mls", bytes(5000)):
        knock(world, bob, body)
    alice.add(bob)
    world.settle()
    alice.send(bob, "through")
    world.settle()
    assert bob.shown(alice) == [("alice", "through")]
    assert skipped(bob) == [Reason.MALFORMED] * 4


def test_repeated_welcome_is_noted_and_skipped(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    alice.add(bob)
    while not welcomes_to(world, bob):
        for relay, wire in alice.wires.items():
            while wire.commands:
                world.relays[relay].take(wire)
            alice.hear(relay, 9)
        alice.connect(world.relay(2))
    (welcome,) = welcomes_to(world, bob)
    knock(world, bob, welcome)
    world.settle()
    assert len(bob.vault.conversations()) == 1
    assert skipped(bob) == [Reason.UNKNOWN_KEY_PACKAGE]


def test_repeated_welcome_for_the_last_resort(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    world.packages[bob.account].clear()
    alice.add(bob)
    rows = [alice.vault.outgoing(seq) for seq in range(1, 9)]
    (welcome,) = [row.body for row in rows if row is not None and row.purpose is Purpose.WELCOME]
    world.settle()
    knock(world, bob, welcome)
    world.settle()
    assert len(bob.vault.conversations()) == 1
    assert skipped(bob) == [Reason.REPEATED]


def test_key_package_is_gone_with_the_welcome_that_used_it(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    before = {package.ref for package in bob.vault.key_packages()}
    alice.add(bob)
    world.settle()
    after = {package.ref for package in bob.vault.key_packages()}
    assert len(before - after) == 1


def test_last_resort_stays(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    world.packages[bob.account].clear()
    alice.add(bob)
    world.settle()
    assert any(package.last_resort for package in bob.vault.key_packages())
    carol = world.person("carol")
    world.settle()
    world.packages[bob.account].clear()
    carol.add(bob)
    world.settle()
    carol.send(bob, "me too")
    world.settle()
    assert bob.shown(carol) == [("carol", "me too")]


def test_inbox_is_trimmed(talking: World, bob: Device) -> None:
    assert welcomes_to(talking, bob) == []


def test_welcome_to_a_group_of_strangers_is_refused(world: World, alice: Device, bob: Device) -> None:
    carol = world.person("carol")
    world.settle()
    packages = [world.packages[one.account].pop() for one in (bob, carol)]
    home = Home(world.relay(1), bytes(16))
    group = alice.groups.found(bytes(16), encode_terms(Terms(1, "direct", [home])))
    handover = encode_handover(Handover(bytes(32), bytes(32), None, 0))
    made = alice.groups.commit(group, Step(add=tuple(packages), handover=handover), world.now // 1000)
    assert made.welcome is not None
    knock(world, bob, made.welcome)
    world.settle()
    assert skipped(bob) == [Reason.FORBIDDEN]
    assert not bob.vault.conversations()


def test_welcome_with_an_address_that_is_none_is_refused(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    for address in ("http://10.0.0.1", "ftp://x", "https://UPPER.example/", "", "http://127.0.0.1:631"):
        package = world.packages[bob.account].pop() if world.packages[bob.account] else world.last_resorts[bob.account]
        terms = encode_terms(Terms(1, "direct", [Home(address, world.random.randbytes(16))]))
        group = alice.groups.found(bytes(16), terms)
        handover = encode_handover(Handover(bytes(32), bytes(32), None, 0))
        made = alice.groups.commit(group, Step(add=(package,), handover=handover), world.now // 1000)
        assert made.welcome is not None
        knock(world, bob, made.welcome)
    world.settle()
    assert skipped(bob) == [*[Reason.MALFORMED] * 4, Reason.FORBIDDEN]
    assert not bob.vault.conversations()
    assert not bob.vault.people()


@pytest.mark.parametrize("exists", [True, False])
def test_welcome_to_a_queue_that_does_not_open_leaves_nothing_waiting(
    world: World, alice: Device, bob: Device, exists: bool
) -> None:
    world.settle()
    queue = world.random.randbytes(16)
    if exists:
        world.relays[world.relay(1)].make_queue(queue, Hashes(bytes(32), bytes(32), bytes(32)))
    terms = encode_terms(Terms(1, "direct", [Home(world.relay(1), queue)]))
    handover = encode_handover(Handover(bytes(32), bytes(32), None, 0))
    package = world.packages[bob.account].pop()
    step = Step(add=(package,), handover=handover)
    made = alice.groups.commit(alice.groups.found(bytes(16), terms), step, world.now // 1000)
    assert made.welcome is not None
    knock(world, bob, made.welcome)
    world.settle()
    assert len(bob.vault.conversations()) == 1
    assert bob.vault.outbox_size() == 0
    assert bob.engine.quiet()
