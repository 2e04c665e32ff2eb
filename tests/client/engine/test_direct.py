"""Beginning, entering and choosing direct conversations."""

from __future__ import annotations

from dataclasses import replace

from havre.client.engine import events
from havre.client.engine.effects import Answer, Failed
from havre.client.engine.groups import Reason
from havre.client.engine.terms import decode_terms
from havre.content import text
from havre.wire.capability import capability_hash
from tests.client.engine.looking import conversation, group, queue, skipped
from tests.simulation.world import Device, World


def test_both_see_the_same_chat(talking: World, alice: Device, bob: Device) -> None:
    alice.send(bob, "hello")
    talking.settle()
    bob.send(alice, "hi")
    talking.settle()
    assert alice.shown(bob) == bob.shown(alice) == [("alice", "hello"), ("bob", "hi")]
    assert skipped(alice) == skipped(bob) == []


def test_conversation_lives_on_the_relay_of_whoever_began_it(talking: World, alice: Device, bob: Device) -> None:
    assert queue(alice).relay == queue(bob).relay == talking.relay(1)
    (home,) = decode_terms(group(bob).terms).homes
    assert (home.relay, home.queue) == (talking.relay(1), queue(bob).queue)


def test_names_travel_inside_the_conversation(talking: World, alice: Device, bob: Device) -> None:
    assert [person.profile_name for person in bob.vault.people()] == ["alice"]
    assert [person.profile_name for person in alice.vault.people()] == ["bob"]


def test_nickname_is_mine_and_stays(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    alice.add(bob, "Bobby")
    world.settle()
    (person,) = alice.vault.people()
    assert (person.nickname, person.profile_name) == ("Bobby", "bob")
    assert bob.vault.people()[0].nickname == ""


def test_welcome_waits_for_the_queue(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    alice.add(bob)
    alice.connect(world.relay(2))
    assert not alice.wires[world.relay(2)].commands, "the Welcome went out before its queue was there"
    world.settle()
    assert len(bob.vault.conversations()) == 1


def test_message_before_the_peer_has_joined(world: World, alice: Device, bob: Device) -> None:
    bob.disconnect(world.relay(2))
    bob.wanted.clear()
    alice.add(bob)
    alice.send(bob, "are you there?")
    world.settle()
    assert alice.states(bob) == ["sent"]
    bob.start()
    world.settle()
    assert bob.shown(alice) == [("alice", "are you there?")]
    assert alice.states(bob) == ["delivered"]


def test_two_who_add_each_other_at_once_end_in_one_conversation(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    alice.add(bob)
    bob.add(alice)
    alice.send(bob, "first from alice")
    bob.send(alice, "first from bob")
    world.settle()
    alice.send(bob, "second from alice")
    bob.send(alice, "second from bob")
    world.settle()
    assert len(alice.vault.conversations()) == len(bob.vault.conversations()) == 2
    assert alice.shown(bob) == bob.shown(alice)
    assert len(alice.shown(bob)) == 4
    lowest = min(row.queue for row in alice.vault.conversations())
    for device, other in ((alice, bob), (bob, alice)):
        later = [row for row in device.vault.messages(other.account) if b"second" in row.content]
        assert {row.queue for row in later} == {lowest}


def test_adding_again_makes_no_second_conversation(talking: World, alice: Device, bob: Device) -> None:
    answer = alice.add(bob, "Bobby")
    talking.settle()
    assert isinstance(answer, Answer)
    assert len(alice.vault.conversations()) == 1
    assert alice.vault.people()[0].nickname == "Bobby"


def test_own_account_cannot_be_added(world: World, alice: Device) -> None:
    answer = alice.ask(world.begin(alice, alice))
    assert isinstance(answer, Failed)


def test_key_package_of_another_account_is_refused(world: World, alice: Device, bob: Device) -> None:
    mallory = world.person("mallory")
    world.settle()
    stolen = world.packages[mallory.account][0]
    begin = world.begin(alice, bob)(1)
    forged = replace(begin, devices=[replace(begin.devices[0], key_package=stolen)])
    answer = alice.ask(lambda ticket: replace(forged, ticket=ticket))
    assert isinstance(answer, Failed)
    assert Reason.STRANGER.value in answer.sentence
    assert not alice.vault.conversations()
    assert not alice.vault.people()
    assert alice.vault.outbox_size() == 0


def test_changed_key_package_is_refused(world: World, alice: Device, bob: Device) -> None:
    begin = world.begin(alice, bob)(1)
    package = begin.devices[0].key_package
    forged = replace(begin.devices[0], key_package=package[:-1] + bytes([package[-1] ^ 1]))
    answer = alice.ask(lambda ticket: replace(begin, ticket=ticket, devices=[forged]))
    assert isinstance(answer, Failed)
    assert not alice.vault.conversations()


def test_begin_without_devices_of_the_peer_is_refused(world: World, alice: Device, bob: Device) -> None:
    begin = world.begin(alice, bob)(1)
    answer = alice.ask(lambda ticket: replace(begin, ticket=ticket, devices=[]))
    assert isinstance(answer, Failed)


def test_sending_to_a_stranger_fails(world: World, alice: Device, bob: Device) -> None:
    answer = alice.send(bob, "hello")
    assert isinstance(answer, Failed)


def test_relay_knows_hashes_only(talking: World, alice: Device) -> None:
    row = queue(alice)
    hashes = talking.relays[talking.relay(1)].keys[row.queue].hashes
    assert (hashes.read, hashes.write) == (capability_hash(row.read), capability_hash(row.write))
    assert hashes.manage == capability_hash(row.manage)


def test_same_words_twice_are_two_messages(talking: World, alice: Device, bob: Device) -> None:
    alice.send(bob, "again")
    alice.send(bob, "again")
    talking.settle()
    assert bob.shown(alice) == [("alice", "again")] * 2


def test_salt_is_the_engines(talking: World, alice: Device, bob: Device) -> None:
    content = text(b"", "salted", talking.now)
    answer = alice.ask(lambda ticket: events.Send(ticket, bob.account, content))
    assert isinstance(answer, Answer)
    talking.settle()
    assert bob.shown(alice) == [("alice", "salted")]


def test_person_is_renamed_and_verified(talking: World, alice: Device, bob: Device) -> None:
    alice.ask(lambda ticket: events.ChangePerson(ticket, bob.account, "B", True))
    (person,) = alice.vault.people()
    assert (person.nickname, person.verified) == ("B", True)
    assert isinstance(alice.ask(lambda ticket: events.ChangePerson(ticket, bytes(32), "B")), Failed)


def test_epochs_agree(talking: World, alice: Device, bob: Device) -> None:
    assert group(alice).authenticator == group(bob).authenticator
    assert conversation(bob).epoch == 2, "the newcomer did not put fresh keys into the tree"
