"""Entries of a queue: in order, each once, and none that is bad stops the next."""

from __future__ import annotations

import pytest

from havre.client.engine import events
from havre.client.engine.effects import EntrySkipped, MessageArrived
from havre.client.engine.groups import Reason, Step
from havre.wire.stream import Append, Entries, Entry, EntryKind, Pushed, Read
from tests.client.engine.looking import conversation, group, queue, skipped, told
from tests.simulation.world import Device, World


def put(world: World, device: Device, body: bytes, kind: EntryKind = EntryKind.MESSAGE) -> None:
    """Have the relay take an entry from somebody who holds the write capability."""
    row = queue(device)
    relay = world.relays[row.relay]
    stranger = relay.connect()
    stranger.commands.append(Append(1, row.queue, row.write, world.random.randbytes(16), body))
    relay.take(stranger)
    relay.disconnect(stranger)


def only_say(world: World, device: Device, other: Device, words: str) -> bytes:
    """Have a device write something that goes no further than its outbox, and return the ciphertext."""
    device.send(other, words)
    (command,) = [one for one in device.wires[queue(device).relay].commands if isinstance(one, Append)]
    device.wires[queue(device).relay].commands.clear()
    return command.body


def with_a_bit_flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


@pytest.mark.parametrize("place", [-1, -40, 5, 30])
def test_flipped_bit_is_skipped_and_the_next_is_read(talking: World, alice: Device, bob: Device, place: int) -> None:
    relay = talking.relays[talking.relay(1)]
    body = only_say(talking, alice, bob, "spoilt")
    put(talking, bob, with_a_bit_flipped(body, place % len(body)))
    bob.send(alice, "still here")
    talking.settle()
    assert len(skipped(bob)) <= 1
    assert "spoilt" not in str(bob.shown(alice))
    assert ("bob", "still here") in alice.shown(bob)
    last = max(relay.entries[queue(bob).queue])
    assert queue(bob).cursor == last


def test_flipped_bit_is_told_and_counted(talking: World, alice: Device, bob: Device) -> None:
    body = only_say(talking, alice, bob, "spoilt")
    put(talking, bob, with_a_bit_flipped(body, len(body) - 1))
    talking.settle()
    assert skipped(bob) == [Reason.UNREADABLE]
    assert conversation(bob).skipped == 1


def test_original_after_its_spoilt_copy_is_read(talking: World, alice: Device, bob: Device) -> None:
    body = only_say(talking, alice, bob, "the real one")
    put(talking, bob, with_a_bit_flipped(body, len(body) - 1))
    talking.settle()
    alice.disconnect(talking.relay(1))
    talking.settle()
    assert bob.shown(alice) == [("alice", "the real one")]


def test_same_ciphertext_twice_is_one_message(talking: World, alice: Device, bob: Device) -> None:
    body = only_say(talking, alice, bob, "replayed")
    put(talking, bob, body)
    put(talking, bob, body)
    talking.settle()
    assert bob.shown(alice) == [("alice", "replayed")]
    assert skipped(bob) == [Reason.OUTDATED]


def test_same_message_under_two_keys_is_one_message(talking: World, alice: Device, bob: Device) -> None:
    """What a relay that forgets dedupe ids makes of an append that was encrypted anew."""
    first = only_say(talking, alice, bob, "once")
    _, second = alice.groups.encrypt(group(alice), alice.vault.messages(bob.account)[-1].content)
    put(talking, bob, first)
    put(talking, bob, second)
    while bob.wires[talking.relay(1)].events:
        bob.hear(talking.relay(1), 9)
    assert bob.shown(alice) == [("alice", "once")]
    assert len(told(bob, MessageArrived)) == 1
    assert skipped(bob) == [Reason.REPEATED]


def test_garbage_is_skipped(talking: World, alice: Device, bob: Device) -> None:
    for body in (b"", b"\x00\x01\x00\x02", bytes(300)):
        put(talking, bob, body)
    alice.send(bob, "after the garbage")
    talking.settle()
    assert bob.shown(alice) == [("alice", "after the garbage")]
    assert skipped(bob) == [Reason.MALFORMED] * 3
    assert skipped(alice) == [Reason.MALFORMED] * 3


def test_commit_outside_the_fence_is_refused(talking: World, alice: Device, bob: Device) -> None:
    made = alice.groups.commit(group(alice), Step(), talking.now // 1000)
    alice.vault.put_keys(queue(alice).queue, made.current.epoch, alice.groups.dump_keys(made.current))
    alice.crash()
    before = conversation(bob).epoch
    put(talking, bob, made.message)
    while bob.wires[talking.relay(1)].events:
        bob.hear(talking.relay(1), 9)
    assert skipped(bob) == [Reason.FORBIDDEN]
    assert conversation(bob).epoch == before


def test_push_that_skips_something_is_read_again(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    for number in range(3):
        alice.send(bob, str(number))
        wire = alice.wires[relay]
        while wire.commands:
            talking.relays[relay].take(wire)
    pushes = [event for event in bob.wires[relay].events if isinstance(event, Pushed)]
    bob.wires[relay].events.clear()
    bob.happen(events.FromRelay(relay, pushes[-1]))
    assert bob.shown(alice) == []
    assert any(isinstance(command, Read) for command in bob.wires[relay].commands)
    talking.settle()
    assert bob.shown(alice) == [("alice", str(number)) for number in range(3)]


def test_repeated_push_is_passed_over(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    alice.send(bob, "once")
    while alice.wires[relay].commands:
        talking.relays[relay].take(alice.wires[relay])
    pushes = [event for event in bob.wires[relay].events if isinstance(event, Pushed)]
    bob.happen(*(events.FromRelay(relay, event) for event in [*pushes, *pushes]))
    assert bob.shown(alice) == [("alice", "once")]
    assert len(told(bob, MessageArrived)) == 1
    assert skipped(bob) == []


def test_gap_of_expired_entries_is_normal(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    bob.disconnect(relay)
    bob.wanted.discard(relay)
    for number in range(4):
        alice.send(bob, f"gone {number}")
    talking.settle()
    talking.relays[relay].expire(queue(bob).queue, max(talking.relays[relay].entries[queue(bob).queue]))
    alice.send(bob, "what is left")
    talking.settle()
    bob.wanted.add(relay)
    talking.settle()
    assert bob.shown(alice) == [("alice", "what is left")]
    assert skipped(bob) == []
    alice.send(bob, "and live again")
    talking.settle()
    assert bob.shown(alice)[-1] == ("alice", "and live again")


def test_all_expired_leaves_the_queue_alive(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    bob.disconnect(relay)
    bob.wanted.discard(relay)
    alice.send(bob, "gone")
    talking.settle()
    talking.relays[relay].expire(queue(bob).queue, 10**6)
    bob.wanted.add(relay)
    talking.settle()
    reads = sum(isinstance(command, Read) for command in bob.wires[relay].commands)
    alice.send(bob, "live")
    talking.settle()
    assert bob.shown(alice) == [("alice", "live")]
    assert reads == 0


def test_read_in_disorder_is_put_in_order(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    bob.disconnect(relay)
    for number in range(3):
        alice.send(bob, str(number))
    while alice.wires[relay].commands:
        talking.relays[relay].take(alice.wires[relay])
    bob.connect(relay)
    while bob.wires[relay].commands:
        talking.relays[relay].take(bob.wires[relay])
    for event in bob.wires[relay].events:
        for caught in getattr(event, "queues", []):
            caught.entries.reverse()
    talking.settle()
    assert bob.shown(alice) == [("alice", str(number)) for number in range(3)]


def test_absurd_times_and_cursors_of_a_relay(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    body = only_say(talking, alice, bob, "from the far future")
    row = queue(bob)
    entry = Entry(row.cursor + 1, EntryKind.MESSAGE, 2**62, body)
    bob.happen(events.FromRelay(relay, Pushed(row.queue, [entry])))
    assert bob.shown(alice) == [("alice", "from the far future")]
    bob.happen(events.FromRelay(relay, Pushed(row.queue, [Entry(2**63 - 1, EntryKind.MESSAGE, -5, b"x")])))
    assert queue(bob).cursor < 2**62, "a cursor that only a push has named was believed"


def test_entries_of_a_queue_that_nobody_follows(talking: World, bob: Device) -> None:
    relay = talking.relay(1)
    entry = Entry(1, EntryKind.MESSAGE, 0, b"x")
    bob.happen(
        events.FromRelay(relay, Pushed(bytes(16), [entry])), events.FromRelay(relay, Entries(4711, [entry], False, 1))
    )
    assert skipped(bob) == []


def test_entry_for_live_subscribers_moves_no_cursor(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    before = queue(bob).cursor
    bob.happen(events.FromRelay(relay, Pushed(queue(bob).queue, [Entry(0, EntryKind.MESSAGE, 0, b"?")])))
    assert queue(bob).cursor == before
    assert [(one.cursor, one.reason) for one in told(bob, EntrySkipped)] == [(0, Reason.MALFORMED)]


def test_many_are_fetched_in_several_reads(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    bob.disconnect(relay)
    bob.wanted.discard(relay)
    for number in range(30):
        alice.send(bob, str(number))
    talking.settle()
    bob.wanted.add(relay)
    talking.settle()
    assert bob.shown(alice) == [("alice", str(number)) for number in range(30)]
