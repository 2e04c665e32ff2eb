"""Commits: one order for everybody, nothing adopted that the policy forbids, nobody left behind."""

from __future__ import annotations

import pytest

from havre import mls
from havre.client.engine import events
from havre.client.engine.groups import Reason, Step, Unusable
from havre.client.engine.mls_groups import MlsGroups
from havre.client.engine.turn import PAST_EPOCHS
from havre.wire.stream import Appended, Commit, Conflict
from tests.client.engine.looking import conversation, group, queue, skipped
from tests.simulation.world import Device, World


def commits(device: Device) -> list[Commit]:
    return [one for one in device.wires[queue(device).relay].commands if isinstance(one, Commit)]


def carry_out(world: World, device: Device) -> None:
    relay = queue(device).relay
    while device.wires[relay].commands:
        world.relays[relay].take(device.wires[relay])


def let_both_be_due(world: World, *devices: Device) -> None:
    """Let so much time pass that everybody wants to put fresh keys into the tree."""
    world.now += world.tuning.refresh_age
    for device in devices:
        device.happen(events.Tick())


def test_newcomer_puts_fresh_keys_into_the_tree(talking: World, alice: Device, bob: Device) -> None:
    assert conversation(alice).epoch == conversation(bob).epoch == 2
    assert not conversation(bob).refresh_due


def test_fresh_keys_after_so_many_messages(talking: World, alice: Device, bob: Device) -> None:
    for number in range(talking.tuning.refresh_messages):
        alice.send(bob, str(number))
    talking.settle()
    assert conversation(alice).epoch == conversation(bob).epoch == 3
    assert conversation(alice).sent_since == 0


def test_fresh_keys_after_so_much_time(talking: World, alice: Device, bob: Device) -> None:
    talking.pass_time(talking.tuning.refresh_age - 1000)
    talking.settle()
    assert conversation(alice).epoch == 2
    talking.pass_time(talking.tuning.tick)
    talking.settle()
    assert conversation(alice).epoch > 2
    assert group(alice).authenticator == group(bob).authenticator


def test_racing_commits_converge(talking: World, alice: Device, bob: Device) -> None:
    let_both_be_due(talking, alice, bob)
    (first,), (second,) = commits(alice), commits(bob)
    assert first.fence == second.fence
    carry_out(talking, alice)
    carry_out(talking, bob)
    assert any(isinstance(event, Conflict) for event in bob.wires[talking.relay(1)].events)
    talking.settle()
    assert group(alice).authenticator == group(bob).authenticator
    assert conversation(bob).epoch == 4, "the loser did not decide anew"
    assert alice.vault.pending(queue(alice).queue) is bob.vault.pending(queue(bob).queue) is None
    alice.send(bob, "agreed")
    talking.settle()
    assert bob.shown(alice) == [("alice", "agreed")]


def test_lost_acknowledgement_of_a_commit(talking: World, alice: Device, bob: Device) -> None:
    let_both_be_due(talking, alice)
    carry_out(talking, alice)
    alice.crash()
    talking.settle()
    assert group(alice).authenticator == group(bob).authenticator
    assert conversation(alice).epoch == 4, "one commit of Alice's, one of Bob's, who was due as well"


def test_conflict_about_ones_own_commit(talking: World, alice: Device, bob: Device) -> None:
    """A relay that takes a commit and says that it did not: what stands in the queue counts."""
    relay = talking.relay(1)
    let_both_be_due(talking, alice)
    (command,) = commits(alice)
    carry_out(talking, alice)
    alice.wires[relay].events.clear()
    last = talking.relays[relay].tails[queue(alice).queue].commit
    alice.wires[relay].events.append(Conflict(command.request, last, [], False))
    alice.hear(relay)
    assert alice.vault.pending(queue(alice).queue) is not None
    talking.settle()
    assert group(alice).authenticator == group(bob).authenticator
    assert conversation(alice).epoch == 4, "one commit of Alice's, one of Bob's, who was due as well"


def test_pending_commit_is_sent_byte_for_byte_again(talking: World, alice: Device) -> None:
    let_both_be_due(talking, alice)
    (first,) = commits(alice)
    alice.crash()
    talking.step()
    alice.happen(events.Tick())
    again = alice.vault.pending(queue(alice).queue)
    assert again is None or (again.body, again.dedupe) == (first.body, first.dedupe)


def test_messages_across_a_commit_are_read(talking: World, alice: Device, bob: Device) -> None:
    alice.send(bob, "before")
    let_both_be_due(talking, bob)
    carry_out(talking, bob)
    carry_out(talking, alice)
    talking.settle()
    alice.send(bob, "after")
    talking.settle()
    assert [words for _, words in bob.shown(alice)] == ["before", "after"]
    assert skipped(bob) == []


def test_message_of_an_epoch_long_gone_is_sent_again(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay(1)
    alice.send(bob, "slow")
    slow = list(alice.wires[relay].commands)
    alice.wires[relay].commands.clear()
    alice.wires[relay].events.clear()
    for _ in range(6):
        let_both_be_due(talking, bob)
        for _ in range(3):
            carry_out(talking, bob)
            bob.hear(relay, 9)
    assert conversation(bob).epoch - conversation(alice).epoch > PAST_EPOCHS
    alice.wires[relay].commands.extend(slow)
    talking.settle()
    assert bob.shown(alice) == alice.shown(bob) == [("alice", "slow")]
    assert alice.states(bob) == ["delivered"]
    assert skipped(bob) == []


def test_keys_of_old_epochs_are_deleted(talking: World, alice: Device, bob: Device) -> None:
    for _ in range(6):
        let_both_be_due(talking, alice)
        talking.settle()
    for device in (alice, bob):
        row = conversation(device)
        kept = [epoch for epoch in range(row.epoch + 1) if device.vault.epoch(row.queue, epoch) is not None]
        assert kept == list(range(row.epoch - PAST_EPOCHS, row.epoch + 1))
        assert {epoch for _, epoch in device.engine._session.groups} <= set(kept)


def test_past_epochs_keep_only_what_late_messages_need(talking: World, alice: Device, bob: Device) -> None:
    """RFC 9420 §9.2: from what an old epoch left, nobody gets to the next one."""
    row = conversation(bob)
    states = bob.vault.epoch(row.queue, row.epoch)
    assert states is not None
    live = mls.Group.decode(*states, bob_signer(bob)).state
    leading_on = [live.secrets.init_secret, live.secrets.exporter_secret]
    leading_on += [pair.private for pair in live.private_keys.values()]
    for _ in range(2):
        let_both_be_due(talking, alice)
        talking.settle()
    past = bob.vault.epoch(row.queue, row.epoch)
    assert past is not None
    for secret in leading_on:
        assert secret in states[0]
        assert secret not in past[0] + past[1]


def bob_signer(bob: Device) -> mls.SignatureKeyPair:
    assert isinstance(bob.groups, MlsGroups)
    return bob.groups._signer


def test_commit_takes_its_key_with_it(talking: World, alice: Device) -> None:
    """A commit that loses to garbage is made anew in the same epoch, and two texts must not share a key."""
    row = conversation(alice)
    before = alice.vault.epoch(row.queue, row.epoch)
    let_both_be_due(talking, alice)
    after = alice.vault.epoch(row.queue, row.epoch)
    assert alice.vault.pending(row.queue) is not None
    assert before is not None
    assert after is not None
    assert before[1] != after[1]


def test_key_that_was_used_is_gone(talking: World, alice: Device, bob: Device) -> None:
    alice.send(bob, "once readable")
    body = alice.vault.due(talking.relay(1), 9)[-1].body
    talking.settle()
    assert bob.shown(alice) == [("alice", "once readable")]
    with pytest.raises(Unusable) as told:
        bob.groups.open(group(bob), body, talking.now // 1000)
    assert told.value.reason is Reason.OUTDATED


def test_garbage_commit_moves_the_fence_and_nothing_else(talking: World, alice: Device, bob: Device) -> None:
    row = queue(alice)
    relay = talking.relays[row.relay]
    stranger = relay.connect()
    stranger.commands.append(Commit(1, row.queue, row.write, bytes(16), row.fence, b"no commit at all"))
    relay.take(stranger)
    assert isinstance(stranger.events[0], Appended)
    let_both_be_due(talking, alice, bob)
    talking.settle()
    assert skipped(alice) == skipped(bob) == [Reason.MALFORMED]
    assert group(alice).authenticator == group(bob).authenticator
    assert conversation(alice).epoch > 2


def test_commit_that_the_policy_forbids_is_refused_by_all(talking: World, alice: Device, bob: Device) -> None:
    """Bob takes Alice out of their conversation."""
    row = queue(bob)
    leaf = next(member.leaf for member in group(bob).members if member.account == alice.account)
    made = bob.groups.commit(group(bob), Step(remove=(leaf,)), talking.now // 1000)
    relay = talking.relays[row.relay]
    stranger = relay.connect()
    stranger.commands.append(Commit(1, row.queue, row.write, bytes(16), row.fence, made.message))
    relay.take(stranger)
    talking.settle()
    assert skipped(alice) == [Reason.FORBIDDEN]
    assert conversation(alice).epoch == 2
    alice.send(bob, "still here")
    talking.settle()
    assert bob.shown(alice) == [("alice", "still here")]
