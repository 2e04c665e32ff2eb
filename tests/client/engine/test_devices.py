"""Several devices of one account: all of them in all conversations, none of a revoked one, and one state for all."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from havre.client.engine import effects, events, outbox, sync
from havre.client.engine.device_intents import LinkDevice, MeetDevices, NameDevice, RevokeDevice
from havre.client.engine.effects import DeviceAppeared, EntrySkipped, WishFailed
from havre.client.engine.groups import Reason
from havre.client.engine.key_packages import fresh
from havre.client.engine.message_intents import Arrange, Draft, Star
from havre.client.engine.requests import REQUESTS
from havre.client.engine.settings import OFF, TYPING
from havre.client.identity.account import AccountKey, sign_record
from havre.client.vault.devices import SeenDevice
from havre.client.vault.rows import Conversation, Purpose, QueueRole
from havre.content import StateChange, encode, state
from havre.mls import cipher_suite
from havre.wire.capability import Capabilities, account_id, inbox_write
from havre.wire.records import RECORD, SIGNED_RECORD
from havre.wire.refusals import Code
from havre.wire.stream import (
    Append,
    Command,
    Commit,
    Delete,
    Ended,
    Hashes,
    Pushed,
    Read,
    Refused,
    Rotate,
    Subscribe,
    Subscribed,
    Subscription,
    Trim,
)
from tests.client.engine.crowd import create, leave
from tests.client.engine.looking import skipped, told
from tests.client.engine.test_kept_keys import a_turn
from tests.simulation.real import real_another, real_newcomer
from tests.simulation.world import Device, World

PROVIDER = cipher_suite(1).provider


@pytest.fixture
def world() -> World:
    return World(1, real_newcomer, real_another)


@pytest.fixture
def desk(world: World, alice: Device, bob: Device) -> Device:
    """Alice and Bob have talked; then Alice links the computer on her desk."""
    world.settle()
    alice.add(bob)
    alice.send(bob, "before")
    world.settle()
    desk = world.further_device(alice)
    link(alice, desk)
    world.settle()
    return desk


def link(first: Device, other: Device, count: int = 4) -> None:
    """Hand over key packages, as the device that is linked does, and take it in."""
    made = [fresh(other.groups, other.world.now, last_resort=False) for _ in range(count)]
    with other.vault.transaction():
        for package in made:
            other.vault.put_key_package(package)
    me = other.vault.me()
    packages = tuple(package.message for package in made)
    done = first.ask(lambda ticket: LinkDevice(ticket, me.record, me.device, "desk", "phone", packages))
    assert isinstance(done, effects.Answer), done


def without(device: Device, gone: Device) -> bytes:
    """Return the account's record without a device, signed."""
    me = device.vault.me()
    known = RECORD.decode(SIGNED_RECORD.decode(me.record).record)
    left = [one for one in known.devices if one.device != gone.device_id]
    account = AccountKey(me.account_key, me.account_secret)
    return SIGNED_RECORD.encode(sign_record(PROVIDER, account, known.sequence + 1, me.inbox, left))


def revoke(device: Device, gone: Device) -> None:
    record = without(device, gone)
    device.ask(lambda ticket: RevokeDevice(ticket, record))


def own(device: Device) -> Conversation:
    return next(row for row in device.vault.conversations() if row.kind == "self")


def members(device: Device, row: Conversation) -> set[bytes]:
    states = device.vault.epoch(row.queue, device.vault.conversation(row.queue).epoch)  # type: ignore[union-attr]
    assert states is not None
    return {member.device for member in device.groups.load(*states).members}


def revoking(record: bytes, ticket: int) -> RevokeDevice:
    return RevokeDevice(ticket, record)


def naming(account: bytes, name: str, ticket: int) -> events.ChangePerson:
    return events.ChangePerson(ticket, account, name)


def failures(*devices: Device) -> list[object]:
    return [one for device in devices for kind in (EntrySkipped, WishFailed) for one in told(device, kind)]


# --- linking --------------------------------------------------------------------------------------------------


def test_a_linked_device_is_in_every_conversation(world: World, alice: Device, bob: Device, desk: Device) -> None:
    bob.send(alice, "to both")
    world.settle()
    desk.send(bob, "from the desk")
    world.settle()
    for device in (alice, desk):
        assert ("bob", "to both") in device.shown(bob)
        assert ("alice", "from the desk") in device.shown(bob)
    assert ("alice", "from the desk") in bob.shown(alice)
    assert ("alice", "before") not in desk.shown(bob), "what was said before it came is not for its keys"
    assert members(alice, own(alice)) == {alice.device_id, desk.device_id}
    assert failures(alice, bob, desk) == []


def test_conversations_that_begin_later_get_it_too(world: World, alice: Device, desk: Device) -> None:
    carol = world.person("carol")
    world.settle()
    me = carol.vault.me()
    keys = [world.taken(carol)]
    alice.ask(lambda ticket: events.Begin(ticket, me.account_key, 1, me.relay, me.inbox, "", keys))
    world.settle()
    carol.send(alice, "hello, both of you")
    world.settle()
    assert desk.shown(carol) == [("carol", "hello, both of you")]
    assert failures(alice, carol, desk) == []


def test_what_is_said_at_once_waits_until_my_other_device_can_read_it(
    world: World, alice: Device, bob: Device, desk: Device
) -> None:
    """Seed 48393: in a chat just begun; and wherever a device just linked is still on its way in."""
    carol = world.person("carol")
    world.settle()
    alice.ask(begin_with(world, carol))
    alice.send(carol, "first words")
    world.settle()
    assert desk.shown(carol) == carol.shown(alice) == [("alice", "first words")]
    third = world.further_device(alice)
    alice.disconnect(alice.vault.me().relay)
    link(alice, third)
    alice.send(bob, "all of us")
    world.settle()
    assert third.shown(bob) == [("alice", "all of us")]
    assert ("alice", "all of us") in bob.shown(alice)
    assert failures(alice, bob, carol, desk, third) == []


def test_who_leaves_a_group_alone_goes_with_all_devices(world: World, alice: Device) -> None:
    """Seed 1012: what was taken out on leaving was brought in again, without end."""
    world.settle()
    chat = create(alice, [])
    desk = world.further_device(alice)
    link(alice, desk)
    world.settle()
    alice.disconnect(world.relay(1))
    leave(alice, chat)
    alice.connect(world.relay(1))
    for _ in range(4):
        world.settle()
        world.pass_time(world.tuning.patience_step)
    for device in (alice, desk):
        (row,) = device.vault.conversations(chat)
        assert device.vault.epoch(row.queue, row.epoch) is None


def test_a_device_that_was_offline_when_it_was_linked_comes_in_later(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    alice.add(bob)
    world.settle()
    desk = world.further_device(alice)
    desk.wanted.clear()
    for relay in list(desk.wires):
        desk.disconnect(relay)
    link(alice, desk)
    world.settle()
    desk.start()
    world.settle()
    bob.send(alice, "there?")
    world.settle()
    assert desk.shown(bob) == [("bob", "there?")]


def test_who_dies_while_linking_goes_on_afterwards(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    alice.add(bob)
    world.settle()
    desk = world.further_device(alice)
    link(alice, desk)
    alice.crash()
    desk.crash()
    world.settle()
    bob.send(alice, "there?")
    world.settle()
    assert desk.shown(bob) == alice.shown(bob) == [("bob", "there?")]


def test_key_packages_of_another_are_refused(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    desk = world.further_device(alice)
    me, false = desk.vault.me(), bob.groups.key_package(world.now // 1000, last_resort=False).message
    done = alice.ask(lambda ticket: LinkDevice(ticket, me.record, me.device, "desk", "phone", (false,)))
    assert isinstance(done, effects.Failed)
    done = alice.ask(lambda ticket: MeetDevices(ticket, "phone", ((me.device, false),)))
    assert isinstance(done, effects.Failed)
    assert not alice.vault.conversations()


def test_a_record_that_the_account_has_not_signed_is_refused(world: World, alice: Device, bob: Device) -> None:
    """As a relay, or a device that holds no account key, would make it up."""
    world.settle()
    other, me = bob.vault.me(), alice.vault.me()
    known = RECORD.decode(SIGNED_RECORD.decode(me.record).record)
    thief = AccountKey(me.account_key, other.account_secret)
    forged = SIGNED_RECORD.encode(sign_record(PROVIDER, thief, known.sequence + 1, me.inbox, known.devices))
    for record in (forged, other.record, b"none"):
        done = alice.ask(partial(revoking, record))
        assert isinstance(done, effects.Failed)
    assert alice.vault.me() == me
    assert alice.vault.inbox_rotation() is None


# --- what they share ------------------------------------------------------------------------------------------


def test_what_one_changes_all_have(world: World, alice: Device, bob: Device, desk: Device) -> None:
    bob.send(alice, "remember this")
    world.settle()
    alice.ask(lambda ticket: events.ChangePerson(ticket, bob.account, "Bobby", True))
    alice.ask(lambda ticket: Draft(ticket, bob.account, "half a thou"))
    alice.ask(lambda ticket: Arrange(ticket, bob.account, 2**40, True, False))
    alice.ask(lambda ticket: events.ChangeSetting(ticket, TYPING, OFF))
    (row,) = [row for row in alice.vault.messages(bob.account) if not row.mine]
    alice.ask(lambda ticket: Star(ticket, (row.queue, row.id), True))
    alice.mark_read(bob)
    alice.ask(lambda ticket: NameDevice(ticket, desk.device_id, "the big one"))
    world.settle()
    person, chat = desk.vault.person(bob.account), desk.vault.chat(bob.account)
    assert person is not None
    assert chat is not None
    assert (person.nickname, person.verified) == ("Bobby", True)
    assert chat.draft == "half a thou"
    assert (chat.muted_until, chat.pinned, chat.archived) == (2**40, True, False)
    assert desk.vault.setting(TYPING) == OFF
    assert [one.id for one in desk.vault.starred()] == [row.id]
    assert desk.vault.unread(bob.account) == 0
    name = desk.vault.device_name(desk.device_id)
    assert name is not None
    assert name.name == "the big one"


def test_a_block_holds_on_all(world: World, alice: Device, bob: Device, desk: Device) -> None:
    desk.ask(lambda ticket: events.Block(ticket, bob.account))
    world.settle()
    bob.send(alice, "listen!")
    world.settle()
    assert ("bob", "listen!") not in alice.shown(bob)
    assert ("bob", "listen!") not in desk.shown(bob)
    alice.ask(lambda ticket: events.Unblock(ticket, bob.account))
    world.settle()
    assert desk.vault.refused(bob.account) is None


@pytest.mark.parametrize("first", [True, False])
def test_the_last_word_in_the_queue_holds_for_all(
    world: World, alice: Device, bob: Device, desk: Device, first: bool
) -> None:
    order = (alice, desk) if first else (desk, alice)
    for device, name in zip(order, ("early", "late"), strict=True):
        device.ask(partial(naming, bob.account, name))
    for device in order:
        for relay, wire in device.wires.items():
            while wire.commands:
                world.relays[relay].take(wire)
    world.settle()
    names = {device.vault.person(bob.account).nickname for device in (alice, desk)}  # type: ignore[union-attr]
    assert names == {"late"}


def test_settings_of_this_device_stay_here(world: World, alice: Device, desk: Device) -> None:
    alice.ask(lambda ticket: events.ChangeSetting(ticket, "window.width", "800"))
    world.settle()
    assert desk.vault.setting("window.width") is None


def test_nobody_else_can_say_what_is_so(world: World, alice: Device, bob: Device, desk: Device) -> None:
    (row,) = bob.vault.conversations()
    content = encode(state(bytes(16), [StateChange("setting", REQUESTS.encode(), "accept")]))
    with alice.vault.transaction():
        alice.vault.put_setting(REQUESTS, "")
    with bob.vault.transaction():
        turn = a_turn(bob)
        outbox.put_content(turn, row, Purpose.SHARED, content)
        turn.flush()
    bob.crash()
    world.settle()
    assert alice.vault.setting(REQUESTS) == ""
    assert skipped(alice) == [Reason.FORBIDDEN]


# --- revoking -------------------------------------------------------------------------------------------------


def ask_relay(world: World, relay: str, command: Command) -> object:
    """Ask a relay on a connection of one's own, as a thief with a device would."""
    connection = world.relays[relay].connect()
    connection.events.clear()
    connection.commands.append(command)
    world.relays[relay].take(connection)
    return connection.events[0]


def test_a_lost_device_can_do_nothing_after_it_was_revoked(
    world: World, alice: Device, bob: Device, desk: Device
) -> None:
    held = {row.queue: row for row in desk.vault.queues()}
    inbox = desk.vault.queue(desk.vault.me().inbox)
    assert inbox is not None
    assert len(held) == 3
    for relay in list(desk.wires):
        desk.disconnect(relay)
    desk.wanted.clear()
    revoke(alice, desk)
    world.settle()
    bob.send(alice, "only for you")
    alice.send(bob, "and you")
    world.settle()
    assert failures(alice, bob) == []

    for row in held.values():
        # It reads: up to the commit that took it out, and nothing that came later.
        seen = ask_relay(world, row.relay, Subscribe(1, [Subscription(row.queue, row.read, row.cursor)]))
        assert isinstance(seen, Subscribed)
        newest = max(world.relays[row.relay].entries[row.queue], default=0)
        assert all(entry.cursor < newest for entry in seen.queues[0].entries) or row.queue == inbox.queue
        # It writes, commits, trims, deletes, takes the queue over.
        fresh = Rotate(row.manage, world_hashes())
        tried: list[Command] = [
            Trim(1, row.queue, row.manage, row.cursor),
            Delete(1, row.queue, row.manage),
            Commit(1, row.queue, row.write, bytes(16), 10**6, b"x", fresh),
        ]
        if row.queue != inbox.queue:
            tried.append(Append(1, row.queue, row.write, b"d" * 16, b"x"))
        for command in tried:
            answer = ask_relay(world, row.relay, command)
            assert not hasattr(answer, "cursor"), command
            if isinstance(answer, Refused):
                assert answer.code is Code.CAPABILITY
        assert row.queue in world.relays[row.relay].entries
    desk.start()
    world.settle()
    desk.send(bob, "it is me, Alice")
    world.settle()
    assert ("alice", "it is me, Alice") not in bob.shown(alice)
    assert ("bob", "only for you") not in desk.shown(bob)
    assert ("alice", "and you") not in desk.shown(bob)


def world_hashes() -> Hashes:
    return Capabilities(b"1" * 32, b"2" * 32, b"3" * 32).hashes()


def test_the_inbox_still_works_for_those_who_stay(world: World, alice: Device, bob: Device, desk: Device) -> None:
    third = world.further_device(alice)
    link(alice, third)
    world.settle()
    revoke(alice, desk)
    world.settle()
    carol = world.person("carol")
    world.settle()
    me = alice.vault.me()
    keys = [world.taken(one) for one in (alice, third)]
    carol.ask(lambda ticket: events.Begin(ticket, me.account_key, 2, me.relay, me.inbox, "", keys))
    world.settle()
    carol.send(alice, "found you both")
    world.settle()
    assert alice.shown(carol) == third.shown(carol) == [("carol", "found you both")]
    assert alice.vault.inbox_rotation() is None
    rows = [device.vault.queue(me.inbox) for device in (alice, third, desk)]
    reads = [row.read for row in rows if row is not None]
    assert reads[0] == reads[1] != reads[2]
    assert all(row is not None and row.write == inbox_write(me.account_key) for row in rows)


@pytest.mark.parametrize("lost", [True, False])
def test_a_rotation_survives_a_crash_and_a_lost_answer(
    world: World, alice: Device, bob: Device, desk: Device, lost: bool
) -> None:
    revoke(alice, desk)
    relay = alice.vault.me().relay
    if lost:
        alice.connect(relay)
        wire = alice.wires[relay]
        while wire.commands:
            world.relays[relay].take(wire)
    alice.crash()
    world.settle()
    carol = world.person("carol")
    world.settle()
    carol.ask(begin_with(world, alice))
    world.settle()
    carol.send(alice, "still there")
    world.settle()
    assert alice.shown(carol) == [("carol", "still there")]


def test_nothing_is_linked_while_the_inbox_gets_new_capabilities(
    world: World, alice: Device, bob: Device, desk: Device
) -> None:
    """The new device would be given the old ones, and what tells of the new ones lies where only these open."""
    alice.disconnect(alice.vault.me().relay)
    revoke(alice, desk)
    me = world.further_device(alice).vault.me()
    refused = alice.ask(lambda ticket: LinkDevice(ticket, me.record, me.device, "third", "phone", ()))
    assert isinstance(refused, effects.Failed)
    world.settle()
    third = world.further_device(alice)
    link(alice, third)
    world.settle()
    bob.send(alice, "to both of you")
    world.settle()
    assert third.shown(bob) == [("bob", "to both of you")]


def test_a_device_that_was_just_linked_hears_of_the_new_capabilities(
    world: World, alice: Device, bob: Device, desk: Device
) -> None:
    third = world.further_device(alice)
    third.disconnect(alice.vault.me().relay)
    third.wanted.clear()
    alice.disconnect(alice.vault.me().relay)
    link(alice, third)
    revoke(alice, desk)
    world.settle()
    assert alice.vault.inbox_rotation() is None, "the inbox was never rotated"
    third.wanted.add(alice.vault.me().relay)
    world.settle()
    bob.send(alice, "to both of you")
    world.settle()
    assert third.shown(bob) == [("bob", "to both of you")]
    reads = {row.read for device in (alice, third) if (row := device.vault.queue(alice.vault.me().inbox))}
    assert len(reads) == 1


def test_the_last_key_package_of_a_device_is_for_our_own_conversation(
    world: World, alice: Device, bob: Device, desk: Device
) -> None:
    """It would be used up elsewhere, since first of all the revoked one is taken out of ours."""
    third = world.further_device(alice)
    alice.disconnect(alice.vault.me().relay)
    link(alice, third, count=1)
    revoke(alice, desk)
    world.settle()
    bob.send(alice, "to both of you")
    world.settle()
    assert members(alice, own(alice)) == {alice.device_id, third.device_id}
    assert third.shown(bob) == [("bob", "to both of you")], "it has handed over more, with which it came in there, too"
    assert failures(alice, bob, third) == []


def begin_with(world: World, other: Device):  # type: ignore[no-untyped-def]
    me, keys = other.vault.me(), [world.taken(other)]
    return lambda ticket: events.Begin(ticket, me.account_key, 1, me.relay, me.inbox, "", keys)


def test_a_device_that_an_older_record_does_not_name_is_left_alone(
    world: World, alice: Device, bob: Device, desk: Device
) -> None:
    """A third device that has not heard of the newest record must not put out whom that names."""
    third = world.further_device(alice)
    with desk.vault.transaction():
        me = desk.vault.me()
        desk.vault.put_me(replace(me, record=without(desk, third), sequence=me.sequence - 1))
    desk.crash()
    link(alice, third)
    world.settle()
    assert {desk.device_id, third.device_id} <= members(alice, own(alice))


def restored(world: World, lost: Device) -> Device:
    """Return a device that was made of a backup of a lost one, whose place it takes: no other has heard of it yet."""
    known = {device.device_id: device.vault.me() for device in world.devices_of(lost.account)}
    again = world.further_device(lost)
    for device in world.devices_of(lost.account):
        with device.vault.transaction():
            if device is again:
                me = again.vault.me()
                device.vault.put_me(replace(me, record=without(again, lost), sequence=me.sequence + 1))
                device.vault.put_seen(SeenDevice(me.account, lost.device_id, gone=True))
            else:
                device.vault.put_me(known[device.device_id])
    return again


def hear(world: World, device: Device) -> None:
    """Have a device do all that it can do just now."""
    for relay, wire in list(device.wires.items()):
        while wire.commands or wire.events:
            if wire.commands:
                world.relays[relay].take(wire)
            if wire.events:
                device.hear(relay, 64)


def test_who_is_met_after_restoring_does_not_bring_the_lost_one_in(
    world: World, alice: Device, bob: Device, desk: Device
) -> None:
    """What the restored device founds is heard of before the record that says which one it stands for."""
    world.settle()
    again = restored(world, lost=alice)
    again.connect(again.vault.me().relay)
    keys = (desk.device_id, world.taken(desk).key_package)
    again.ask(lambda ticket: MeetDevices(ticket, "phone", (keys,)))
    for relay, wire in again.wires.items():
        while wire.commands or wire.events:  # slowly: one command, and all that the desk makes of it
            if wire.commands:
                world.relays[relay].take(wire)
            again.hear(relay, 64)
            hear(world, desk)
    world.settle()
    assert desk.vault.me().record == again.vault.me().record
    assert members(again, own(again)) == members(desk, own(again)) == {again.device_id, desk.device_id}
    assert alice.vault.conversation(own(again).queue) is None, "not even for a moment"


def test_who_was_just_taken_out_is_not_brought_in_again(world: World, alice: Device, bob: Device, desk: Device) -> None:
    """By a device that sees the commit first, and what the account says of it only afterwards."""
    third = world.further_device(alice)
    link(alice, third)
    world.settle()
    (row,) = (row for row in desk.vault.conversations() if row.kind != "self")
    revoke(alice, third)
    hear(world, alice)
    (wire,) = desk.wires.values()
    later = [event for event in wire.events if isinstance(event, Pushed | Ended) and event.queue != row.queue]
    for event in later:
        wire.events.remove(event)
    hear(world, desk)
    assert desk.vault.wishes(row.queue) == []
    wire.events.extend(later)
    world.settle()
    assert members(desk, row) == {alice.device_id, desk.device_id, bob.device_id}
    assert [seen for seen in told(bob, DeviceAppeared) if seen.returned] == []


def test_the_newer_record_holds_whichever_is_told_first(world: World, alice: Device, desk: Device) -> None:
    """As the other changes of one thing do not: this device's own word, still on its way, may be of an older record."""
    third = world.further_device(alice)
    link(alice, third)
    world.settle()
    me = desk.vault.me()
    desk.disconnect(me.relay)
    with desk.vault.transaction():
        turn = a_turn(desk)
        sync.tell(turn, sync.RECORD, b"", me.record)
        turn.flush()
    revoke(alice, third)
    world.settle()
    assert desk.vault.me().record == alice.vault.me().record


# --- other people's devices -----------------------------------------------------------------------------------


def test_a_new_device_of_somebody_is_told_and_again_when_it_comes_back(
    world: World, alice: Device, bob: Device, desk: Device
) -> None:
    (appeared,) = told(bob, DeviceAppeared)
    assert (appeared.person.account, appeared.device, appeared.returned) == (alice.account, desk.device_id, False)
    assert told(alice, DeviceAppeared) == told(desk, DeviceAppeared) == []
    revoke(alice, desk)
    world.settle()
    me = alice.vault.me()
    account = AccountKey(me.account_key, me.account_secret)
    certificates = [*RECORD.decode(SIGNED_RECORD.decode(me.record).record).devices]
    again = RECORD.decode(SIGNED_RECORD.decode(desk.vault.me().record).record).devices[-1]
    record = SIGNED_RECORD.encode(
        sign_record(PROVIDER, account, me.sequence + 1, me.inbox, [*certificates, again])
    )  # fmt: skip
    package = desk.groups.key_package(world.now // 1000, last_resort=False).message
    alice.ask(lambda ticket: LinkDevice(ticket, record, desk.device_id, "desk", "phone", (package, package)))
    world.settle()
    assert told(bob, DeviceAppeared)[-1].returned
    assert account_id(me.account_key) == alice.account


def test_ended_queues_are_followed_no_longer(world: World, alice: Device, bob: Device, desk: Device) -> None:
    revoke(alice, desk)
    world.settle()
    roles = [row.role for row in desk.vault.queues()]
    assert QueueRole.CONVERSATION not in roles
    assert isinstance(ask_relay(world, world.relay(1), Read(1, own(alice).queue, bytes(32), 0)), Refused)
