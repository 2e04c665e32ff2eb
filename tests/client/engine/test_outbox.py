"""What must arrive: in order, once, byte for byte the same until it is acknowledged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from havre import mls
from havre.client.engine import events, turn
from havre.client.engine.effects import RelayRefused
from havre.client.engine.mls_groups import SUITE, MlsGroups
from havre.client.identity.account import AccountKey, certify_device, credential_identity
from havre.client.vault.rows import MessageState
from havre.wire.refusals import Code
from havre.wire.stream import Append, Appended, Commit, Refused
from tests.client.engine.looking import queue, told
from tests.simulation.world import Device, World


def appends(device: Device, relay: str) -> list[Append]:
    return [command for command in device.wires[relay].commands if isinstance(command, Append)]


def lose_answers(world: World, device: Device, relay: str) -> None:
    """The relay carries out what it was sent, and the connection breaks before it can say so."""
    wire = device.wires[relay]
    while wire.commands:
        world.relays[relay].take(wire)
    device.disconnect(relay)


def test_lost_acknowledgement_is_no_second_message(talking: World, alice: Device, bob: Device) -> None:
    alice.send(bob, "once")
    lose_answers(talking, alice, talking.relay(1))
    assert alice.states(bob) == ["waiting"]
    talking.settle()
    assert bob.shown(alice) == alice.shown(bob) == [("alice", "once")]
    assert alice.states(bob) == ["delivered"]
    assert alice.vault.outbox_size() == 0


def test_sent_again_byte_for_byte(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    alice.send(bob, "again and again")
    (first,) = appends(alice, relay)
    alice.disconnect(relay)
    alice.crash()
    alice.connect(relay)
    (second,) = appends(alice, relay)
    assert (first.body, first.dedupe) == (second.body, second.dedupe)


def test_window_bounds_what_is_under_way(talking: World, alice: Device, bob: Device) -> None:
    for number in range(20):
        alice.send(bob, str(number))
    assert len(appends(alice, talking.relay(1))) == talking.tuning.window
    talking.settle()
    assert bob.shown(alice) == [("alice", str(number)) for number in range(20)]


def test_written_offline_sent_when_connected(talking: World, alice: Device, bob: Device) -> None:
    alice.disconnect(talking.relay(1))
    alice.wanted.clear()
    for number in range(5):
        alice.send(bob, str(number))
    talking.settle()
    assert bob.shown(alice) == []
    alice.start()
    talking.settle()
    assert bob.shown(alice) == [("alice", str(number)) for number in range(5)]


def test_busy_relay_is_left_alone_until_it_said(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    alice.send(bob, "patience")
    (command,) = appends(alice, relay)
    alice.wires[relay].commands.clear()
    alice.wires[relay].events.append(Refused(command.request, Code.BUSY, "later", 30.0))
    alice.hear(relay)
    assert not appends(alice, relay)
    talking.pass_time(29_000)
    assert not appends(alice, relay)
    talking.pass_time(2_000)
    talking.settle()
    assert bob.shown(alice) == [("alice", "patience")]


def test_refused_for_good_is_told_and_marked(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    alice.send(bob, "too large, say")
    (command,) = appends(alice, relay)
    alice.wires[relay].commands.clear()
    alice.wires[relay].events.append(Refused(command.request, Code.OVERSIZED, "an entry holds less"))
    alice.hear(relay)
    assert alice.states(bob) == [MessageState.FAILED]
    assert [one.code for one in told(alice, RelayRefused)] == [Code.OVERSIZED]
    alice.send(bob, "but this")
    talking.settle()
    assert bob.shown(alice) == [("alice", "but this")]


def test_answer_to_nothing_that_was_asked_changes_nothing(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    alice.wires[relay].events.append(Appended(999_999, 5))
    alice.hear(relay)
    alice.send(bob, "fine")
    talking.settle()
    assert bob.shown(alice) == [("alice", "fine")]


def test_rotation_has_refused_messages_encrypted_anew(world: World, alice: Device, bob: Device) -> None:
    """Alice removes a device of hers, which rotates the capabilities, while Bob's message is on its way."""
    second = _second_device(world, alice, bob)
    relay = world.relay(1)
    _remove(alice, second)
    bob.send(alice, "crossing")
    commit = [command for command in alice.wires[relay].commands if isinstance(command, Commit)]
    assert commit
    assert commit[0].rotate is not None
    while alice.wires[relay].commands:
        world.relays[relay].take(alice.wires[relay])
    before = queue(bob).write
    (first,) = appends(bob, relay)
    world.settle()
    assert queue(bob).write == queue(alice).write != before
    assert alice.shown(bob) == bob.shown(alice) == [("bob", "crossing")]
    stored = world.relays[relay].entries[queue(alice).queue].values()
    assert first.body not in [entry.body for entry in stored]
    bob.send(alice, "and after")
    world.settle()
    assert alice.shown(bob)[-1] == ("bob", "and after")


def _second_device(world: World, alice: Device, bob: Device) -> bytes:
    """Have Alice begin the conversation with a second device of hers in it, which never comes online."""
    me = alice.vault.me()
    suite = mls.cipher_suite(SUITE)
    signer, device = suite.generate_signature_key(), world.random.randbytes(16)
    account = AccountKey(me.account_key, me.account_secret)
    identity = credential_identity(certify_device(suite.provider, account, device, signer.public, 0))
    package = MlsGroups(identity, signer).key_package(world.now // 1000, last_resort=False).message
    world.settle()
    begin = world.begin(alice, bob)(1)
    keys = [*begin.devices, events.DeviceKeys(me.account, device, package)]
    alice.ask(lambda ticket: replace(begin, ticket=ticket, devices=keys))
    world.settle()
    return device


def _remove(alice: Device, device: bytes) -> None:
    alice.ask(lambda ticket: events.RemoveDevice(ticket, queue(alice).queue, device))


@pytest.mark.parametrize("traces", [0, 256])
def test_own_entries_are_known_however_many_are_on_their_way(
    traces: int, talking: World, alice: Device, bob: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "_TRACES", traces)
    for number in range(3):
        alice.send(bob, f"message {number}")
    lose_answers(talking, alice, talking.relay(1))
    bob.send(alice, "and mine")
    talking.settle()
    assert bob.shown(alice) == alice.shown(bob)
    assert sorted(words for _, words in bob.shown(alice)) == ["and mine", "message 0", "message 1", "message 2"]
    assert alice.vault.outbox_size() == bob.vault.outbox_size() == 0
