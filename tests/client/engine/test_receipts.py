"""Delivered, read, and what the relay may then forget."""

from __future__ import annotations

from havre.client.engine import outbox
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Purpose
from havre.content import encode, receipt
from havre.wire.stream import Append
from tests.client.engine.looking import conversation, queue
from tests.simulation.world import Device, World


def test_states_of_a_message(talking: World, alice: Device, bob: Device) -> None:
    bob.disconnect(talking.relay(1))
    bob.wanted.clear()
    alice.send(bob, "hello")
    assert alice.states(bob) == ["waiting"]
    talking.settle()
    assert alice.states(bob) == ["sent"]
    bob.start()
    talking.settle()
    assert alice.states(bob) == ["delivered"]
    bob.mark_read(alice)
    talking.settle()
    assert alice.states(bob) == ["read"]


def test_read_covers_everything_before(talking: World, alice: Device, bob: Device) -> None:
    for number in range(5):
        alice.send(bob, str(number))
    talking.settle()
    assert bob.vault.unread(alice.account) == 5
    bob.mark_read(alice)
    talking.settle()
    assert alice.states(bob) == ["read"] * 5
    assert bob.vault.unread(alice.account) == 0


def test_one_receipt_for_many_messages(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    for number in range(4):
        alice.send(bob, str(number))
    while alice.wires[relay].commands:
        talking.relays[relay].take(alice.wires[relay])
    bob.hear(relay, 99)
    receipts = [command for command in bob.wires[relay].commands if isinstance(command, Append)]
    assert len(receipts) == 1


def test_at_most_one_receipt_waits(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    alice.send(bob, "first")
    talking.settle()
    bob.wanted.clear()
    bob.disconnect(relay)
    bob.mark_read(alice)
    first = bob.vault.waiting(queue(bob).queue, Purpose.RECEIPT)
    assert first
    assert bob.vault.outbox_size() == 1
    bob.mark_read(alice)
    assert bob.vault.outbox_size() == 1
    bob.start()
    talking.settle()
    assert alice.states(bob) == ["read"]


def test_receipts_are_not_answered(talking: World, alice: Device, bob: Device) -> None:
    alice.send(bob, "hello")
    talking.settle()
    before = talking.relays[talking.relay(1)].tails[queue(bob).queue].last
    for _ in range(3):
        talking.pass_time(1000)
        talking.settle()
    assert talking.relays[talking.relay(1)].tails[queue(bob).queue].last == before


def test_receipt_cannot_run_ahead(talking: World, alice: Device, bob: Device) -> None:
    """Bob claims to have read what Alice has not written yet."""
    with bob.vault.transaction():
        turn = Turn(
            bob.vault, bob.groups, talking.random.randbytes, bob.engine._session, bob.engine._numbers,
            talking.tuning, talking.now,
        )  # fmt: skip
        content = encode(receipt(bytes(16), 10**9, 10**9))
        outbox.put_content(turn, conversation(bob), Purpose.RECEIPT, content)
        turn.flush()
    bob.happen()
    talking.settle()
    (known,) = alice.vault.receipts(queue(alice).queue)
    assert max(known.delivered, known.read) <= queue(alice).cursor
    bob.disconnect(talking.relay(1))
    bob.wanted.clear()
    for number in range(20):
        alice.send(bob, str(number))
    talking.settle()
    assert alice.states(bob) == ["sent"] * 20
    bob.start()
    talking.settle()
    assert len(bob.shown(alice)) == 20, "the relay was told to forget what Bob did not have"


def test_relay_forgets_what_every_device_has(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relays[talking.relay(1)]
    for number in range(12):
        alice.send(bob, str(number))
        talking.settle()
    stored = relay.entries[queue(alice).queue]
    assert len(stored) < 2 * talking.tuning.trim_step
    assert conversation(alice).trimmed > 0
    assert conversation(bob).trimmed == 0, "only the member with the lowest leaf trims"


def test_nothing_is_forgotten_that_somebody_lacks(talking: World, alice: Device, bob: Device) -> None:
    bob.disconnect(talking.relay(1))
    bob.wanted.clear()
    for number in range(20):
        alice.send(bob, str(number))
    talking.settle()
    assert conversation(alice).trimmed <= queue(bob).cursor
    bob.start()
    talking.settle()
    assert len(bob.shown(alice)) == 20
