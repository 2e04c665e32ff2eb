"""Who came in without the capability that manages the queue is handed it inside the group, and nowhere else."""

from __future__ import annotations

import msgspec
import pytest

from havre.client.engine.doors import whole_states
from havre.client.engine.effects import WishFailed
from havre.client.engine.terms import decode_handover
from havre.client.engine.wishes import RemovePeople
from havre.content import Manage, decode, encode, manage, read
from havre.content.model import SALT_BYTES
from havre.wire.capability import capability_hash
from havre.wire.stream import Append, EntryKind
from tests.client.engine.crowd import agree, create, group, names, row, terms, wish
from tests.client.engine.entering import come_back, go_offline, join, open_link, wait
from tests.client.engine.looking import skipped, told
from tests.client.engine.test_devices import link, revoke
from tests.simulation.fake_groups import FakeMessage
from tests.simulation.real import real_another, real_newcomer
from tests.simulation.world import Device, World, fake_newcomer


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    if getattr(request, "param", "fake") == "real":
        return World(1, newcomer=real_newcomer, another=real_another)
    return World(1, newcomer=fake_newcomer)


with_real_mls_too = pytest.mark.parametrize("world", ["real", "fake"], indirect=True)


@pytest.fixture
def people(world: World) -> list[Device]:
    found = [world.person(name, world.relay(1)) for name in ("olga", "ada", "mia")]
    world.settle()
    return found


@pytest.fixture
def choir(people: list[Device]) -> bytes:
    return create(people[0], people[1:])


def secret(who: Device, chat: bytes) -> bytes:
    queue = who.vault.queue(row(who, chat).queue)
    assert queue is not None
    return queue.manage


def come_by_link(world: World, people: list[Device], chat: bytes) -> Device:
    """Let somebody come by a link while nobody else is there."""
    code = open_link(people[0], chat)
    go_offline(*people)
    zoe = world.person("zoe", world.relay(1))
    world.settle()
    join(zoe, people[0], chat, code)
    world.settle()
    assert names(zoe, chat) == ["ada", "mia", "olga", "zoe"]
    return zoe


def said(world: World, who: Device, chat: bytes) -> list[Manage]:
    """Return what stands in the queue about managing it (the simulation's groups hide nothing)."""
    entries = world.relays[world.relay(1)].entries[row(who, chat).queue].values()
    found = [msgspec.msgpack.decode(one.body, type=FakeMessage) for one in entries if one.kind is EntryKind.MESSAGE]
    bodies = [read(decode(message.body)) for message in found if message.kind == "message"]
    return [body for body in bodies if isinstance(body, Manage)]


@with_real_mls_too
def test_who_came_by_a_link_manages_the_queue_once_a_member_was_there(
    world: World, people: list[Device], choir: bytes
) -> None:
    zoe = come_by_link(world, people, choir)
    assert not secret(zoe, choir), "the link alone must not give it"
    come_back(people[2])
    wait(world)
    assert secret(zoe, choir) == secret(people[2], choir)
    hashes = world.relays[world.relay(1)].keys[row(zoe, choir).queue].hashes
    assert capability_hash(secret(zoe, choir)) == hashes.manage
    assert skipped(zoe) == skipped(people[2]) == []


@with_real_mls_too
def test_what_lies_at_the_door_does_not_give_it(world: World, people: list[Device], choir: bytes) -> None:
    code = open_link(people[0], choir)
    door = terms(people[0], choir).door
    assert door is not None
    entries = world.relays[world.relay(1)].entries[door.queue]
    states = whole_states([entries[cursor] for cursor in sorted(entries)])
    handover = people[1].groups.open_state(states[0], code, None).handover
    assert decode_handover(handover).manage is None
    assert decode_handover(handover).read
    assert secret(people[0], choir) not in handover


def test_one_member_answers_all_who_have_asked(world: World, people: list[Device], choir: bytes) -> None:
    code = open_link(people[0], choir)
    go_offline(*people)
    newcomers = [world.person(name, world.relay(1)) for name in ("zoe", "yan")]
    world.settle()
    for one in newcomers:
        join(one, people[0], choir, code)
        world.settle()
    come_back(*people)
    wait(world)
    assert len({secret(device, choir) for device in (*people, *newcomers)}) == 1
    assert [bool(one.secret) for one in said(world, people[0], choir)] == [False, False, True]
    assert all(device.vault.asked(row(device, choir).queue) is None for device in (*people, *newcomers))


def test_the_next_member_answers_when_the_first_does_not(world: World, people: list[Device], choir: bytes) -> None:
    zoe = come_by_link(world, people, choir)
    come_back(people[1], people[2])
    world.settle()
    assert not secret(zoe, choir)
    wait(world, 3, 10 * 1000)
    assert secret(zoe, choir) == secret(people[1], choir)
    assert [bool(one.secret) for one in said(world, zoe, choir)] == [False, True]


@pytest.mark.parametrize("world", ["real"], indirect=True)
def test_a_revoked_device_of_who_came_by_a_link_is_taken_out(world: World, people: list[Device], choir: bytes) -> None:
    """What is wanted before the capability is there waits for it, and comes about then."""
    zoe = come_by_link(world, people, choir)
    desk = world.further_device(zoe)
    link(zoe, desk)
    wait(world)
    assert any(member.device == desk.device_id for member in group(zoe, choir).members)
    revoke(zoe, desk)
    wait(world)
    assert len(zoe.vault.wishes(row(zoe, choir).queue)) == 1
    come_back(*people)
    wait(world)
    assert all(member.device != desk.device_id for member in group(zoe, choir).members)
    assert zoe.vault.wishes(row(zoe, choir).queue) == []
    assert told(zoe, WishFailed) == []
    agree([*people, zoe], choir)


def test_who_was_brought_in_by_somebody_without_it_has_it_too(world: World, people: list[Device], choir: bytes) -> None:
    zoe = come_by_link(world, people, choir)
    desk = world.further_device(zoe)
    link(zoe, desk)
    wait(world)
    assert not secret(desk, choir)
    come_back(people[0])
    wait(world)
    assert secret(desk, choir) == secret(zoe, choir) == secret(people[0], choir)


def test_after_a_rotation_nobody_answers(world: World, people: list[Device], choir: bytes) -> None:
    zoe = come_by_link(world, people, choir)
    come_back(people[2])
    world.settle()  # the others go before her, who has seen the question
    assert people[2].vault.asked(row(zoe, choir).queue) is not None
    come_back(people[0])
    wish(people[0], choir, RemovePeople((people[1].account,)))
    world.settle()
    wait(world)
    assert secret(zoe, choir) == secret(people[0], choir) == secret(people[2], choir)
    assert people[2].vault.asked(row(zoe, choir).queue) is None


def test_a_second_word_changes_nothing(world: World, people: list[Device], choir: bytes) -> None:
    """Whoever has the capability takes no other for it, whoever says so."""
    zoe = come_by_link(world, people, choir)
    come_back(*people)
    wait(world)
    mine = secret(zoe, choir)
    false = encode(manage(bytes(SALT_BYTES), bytes(32), 2**60))
    queue = people[1].vault.queue(row(people[1], choir).queue)
    assert queue is not None
    _, body = people[1].groups.encrypt(group(people[1], choir), false)
    zoe.wires[world.relay(1)].commands.append(Append(9, queue.queue, queue.write, bytes(16), body))
    wait(world)
    assert secret(zoe, choir) == mine
    assert secret(people[2], choir) == mine
