"""A conversation moves to another relay: nothing lost, nothing twice, one order, whoever crashes when."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from havre.client.engine import effects, events
from havre.client.engine.groups import Step
from havre.client.engine.notices import What
from havre.client.engine.terms import Door, Home, Role, Terms, encode_terms, leaving_capabilities, moved_to
from havre.client.engine.wishes import Edit, GiveRole, MoveHome, RemovePeople, SetSecondHome
from havre.client.vault.rows import MessageState, Queue, Standing
from havre.wire.stream import Append, Appended, Commit, Entry, EntryKind, Event, Rotate
from tests.client.engine.crowd import agree, create, group, invite, names, row, say, standing, terms, wish
from tests.client.engine.entering import go_offline, join, notices, open_link, wait
from tests.client.engine.looking import skipped
from tests.client.engine.two_homes import AWAY, all_is_said_once, places, quiet, same, second_home, start, stop, words
from tests.simulation.real import real_newcomer
from tests.simulation.relay import Connection
from tests.simulation.world import CrashError, Device, World, fake_newcomer

with_real_mls_too = pytest.mark.parametrize("world", ["real", "fake"], indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    real = getattr(request, "param", "fake") == "real"
    found = World(1, newcomer=real_newcomer if real else fake_newcomer)
    for number in (1, 2, 3):
        found.relay(number)
    return found


@pytest.fixture
def people(world: World) -> list[Device]:
    found = [world.person(name, world.relay(1)) for name in ("olga", "ada", "mia")]
    world.settle()
    return found


@pytest.fixture
def choir(people: list[Device]) -> bytes:
    chat = create(people[0], people[1:])
    quiet(people[0].world)
    return chat


def move(who: Device, chat: bytes, number: int = 2) -> effects.Answer | effects.Failed:
    return wish(who, chat, MoveHome(who.world.relay(number)))


def home(who: Device, chat: bytes) -> Queue:
    found = who.vault.queue(row(who, chat).queue)
    assert found is not None
    return found


def live_at(devices: list[Device], chat: bytes, number: int) -> None:
    """All of them live on that relay, in the same queue, and what they say goes there."""
    places = {(home(device, chat).relay, home(device, chat).address, home(device, chat).base) for device in devices}
    assert len(places) == 1
    assert places.pop()[0] == devices[0].world.relay(number)
    assert terms(devices[0], chat).homes[0].relay == devices[0].world.relay(number)
    agree(devices, chat)


@with_real_mls_too
def test_all_go_along(world: World, people: list[Device], choir: bytes) -> None:
    name = row(people[0], choir).queue
    say(people[0], choir, "before")
    quiet(world)
    assert isinstance(move(people[0], choir), effects.Answer)
    quiet(world)
    live_at(people, choir, 2)
    assert {row(device, choir).queue for device in people} == {name}
    for device in people:
        say(device, choir, f"{device.name} is here")
        quiet(world)
    same(people, choir, "before", "olga is here", "ada is here", "mia is here")
    assert all(notices(device, choir)[-1] is What.MOVED for device in people)
    assert {message.state for message in people[0].vault.messages(choir) if message.mine} == {MessageState.DELIVERED}
    assert all(device.vault.outbox_size() == 0 for device in people)
    old = world.relays[world.relay(1)].tails[name].last
    assert world.relays[world.relay(2)].tails[home(people[0], choir).address].last > 0
    say(people[1], choir, "and nothing goes to the old one")
    quiet(world)
    assert world.relays[world.relay(1)].tails[name].last == old


@with_real_mls_too
def test_the_old_home_may_go_once_all_have_moved(world: World, people: list[Device], choir: bytes) -> None:
    move(people[0], choir)
    quiet(world)
    stop(world)
    say(people[1], choir, "without it")
    wish(people[0], choir, Edit(title="Quire"))
    quiet(world)
    assert terms(people[2], choir).title == "Quire"
    same(people, choir, "without it")


@with_real_mls_too
def test_a_direct_conversation_moves_and_either_may_move_it(world: World, people: list[Device]) -> None:
    olga, ada, _ = people
    olga.add(ada)
    quiet(world)
    olga.send(ada, "here")
    quiet(world)
    assert isinstance(move(ada, olga.account), effects.Answer)
    quiet(world)
    olga.send(ada, "there")
    ada.send(olga, "me too")
    quiet(world)
    assert sorted(olga.shown(ada)) == sorted(ada.shown(olga))
    assert olga.shown(ada)[0] == ("olga", "here")
    assert len(olga.shown(ada)) == 3
    assert home(olga, ada.account).relay == home(ada, olga.account).relay == world.relay(2)


def test_only_admins_move_a_group(people: list[Device], choir: bytes) -> None:
    assert isinstance(move(people[1], choir), effects.Failed)


def test_it_does_not_move_to_where_it_is(people: list[Device], choir: bytes) -> None:
    failed = move(people[0], choir, 1)
    assert isinstance(failed, effects.Failed)
    assert "already" in failed.sentence


@with_real_mls_too
def test_who_was_offline_reads_the_old_home_to_its_end_and_goes_on_in_the_new_one(
    world: World, people: list[Device], choir: bytes
) -> None:
    mia = people[2]
    go_offline(mia)
    say(people[0], choir, "one")
    quiet(world)
    say(mia, choir, "not sent yet")
    move(people[0], choir)
    quiet(world)
    say(people[1], choir, "two")
    wish(people[0], choir, SetSecondHome(Home(world.relay(3), bytes(16))))
    quiet(world)
    mia.wanted.add(world.relay(1))
    quiet(world)
    same(people, choir, "one", "two", "not sent yet")
    live_at(people, choir, 2)


@with_real_mls_too
def test_it_moves_again_and_back(world: World, people: list[Device], choir: bytes) -> None:
    name = row(people[0], choir).queue
    for step, number in enumerate((2, 3, 1, 2)):
        assert isinstance(move(people[0], choir, number), effects.Answer)
        quiet(world)
        live_at(people, choir, number)
        say(people[step % 3], choir, f"{step}")
        quiet(world)
    same(people, choir, "0", "1", "2", "3")
    moved = terms(people[0], choir).moved
    assert moved is not None
    assert moved.name == name
    assert set(moved.relays) == {world.relay(1), world.relay(3)}


@with_real_mls_too
def test_who_comes_later_stands_where_the_others_do(world: World, people: list[Device], choir: bytes) -> None:
    move(people[0], choir)
    quiet(world)
    say(people[0], choir, "before")
    quiet(world)
    zoe = world.person("zoe", world.relay(3))
    world.settle()
    assert isinstance(invite(people[0], choir, [zoe]), effects.Answer)
    quiet(world)
    link = open_link(people[0], choir)
    yan = world.person("yan", world.relay(2))
    world.settle()
    join(yan, people[0], choir, link)
    quiet(world)
    everybody = [*people, zoe, yan]
    live_at(everybody, choir, 2)
    for device in everybody:
        say(device, choir, f"{device.name}")
        quiet(world)
    assert words(zoe, choir) == words(yan, choir) == ["olga", "ada", "mia", "zoe", "yan"]
    assert places(zoe, choir) == places(yan, choir) == places(people[1], choir)[1:]
    assert {row(device, choir).queue for device in everybody} == {row(zoe, choir).queue}
    assert all(skipped(device) == [] for device in everybody)


@with_real_mls_too
def test_who_was_away_for_too_long_comes_back_to_the_new_home(world: World, people: list[Device], choir: bytes) -> None:
    move(people[0], choir)
    quiet(world)
    mia = people[2]
    go_offline(mia)
    for number in range(3):
        say(people[0], choir, f"{number}")
        wish(people[0], choir, Edit(title=f"Title {number}"))
        quiet(world)
    world.relays[world.relay(2)].entries[home(mia, choir).address].clear()
    mia.wanted.update((world.relay(1), world.relay(2)))
    world.settle()
    say(people[1], choir, "we have gone on")
    wait(world)
    live_at(people, choir, 2)
    assert What.RETURNED in notices(mia, choir)
    say(mia, choir, "back")
    quiet(world)
    assert all(words(device, choir)[-1] == "back" for device in people)


def test_a_link_is_closed_by_it_and_a_new_one_leads_to_the_new_home(
    world: World, people: list[Device], choir: bytes
) -> None:
    old, door = open_link(people[0], choir), terms(people[0], choir).door
    move(people[0], choir)
    quiet(world)
    assert terms(people[0], choir).invitation is None
    assert terms(people[0], choir).door != door
    link = open_link(people[0], choir)
    go_offline(*people)
    zoe = world.person("zoe", world.relay(3))
    world.settle()
    join(zoe, people[0], choir, link)
    quiet(world)
    assert names(zoe, choir) == ["ada", "mia", "olga", "zoe"]
    assert old != link


@with_real_mls_too
@pytest.mark.parametrize("number", [2, 3])
def test_with_a_second_home(world: World, people: list[Device], choir: bytes, number: int) -> None:
    """Moved onto its second home it has one; moved elsewhere it keeps it."""
    assert isinstance(wish(people[0], choir, second_home(world)), effects.Answer)
    quiet(world)
    move(people[0], choir, number)
    quiet(world)
    live_at(people, choir, number)
    assert [bool(device.vault.second_homes()) for device in people] == [number == 3] * 3
    if number == 3:
        stop(world, 3)
        world.pass_time(AWAY)
        say(people[0], choir, "over the second")
        world.settle()
        assert words(people[1], choir) == ["over the second"]
        start(world, 3)
    say(people[1], choir, "on")
    quiet(world)
    assert words(people[0], choir)[-1] == "on"
    agree(people, choir)


@with_real_mls_too
def test_somebody_who_is_taken_out_afterwards_reads_no_more(world: World, people: list[Device], choir: bytes) -> None:
    move(people[0], choir)
    quiet(world)
    wish(people[0], choir, RemovePeople((people[2].account,)))
    quiet(world)
    say(people[0], choir, "without mia")
    quiet(world)
    same(people[:2], choir, "without mia")
    assert "without mia" not in words(people[2], choir)


# --- races ----------------------------------------------------------------------------------------------------


def test_two_move_it_at_once(world: World, people: list[Device], choir: bytes) -> None:
    wish(people[0], choir, GiveRole(people[1].account, Role.ADMIN))
    quiet(world)
    move(people[0], choir, 2)
    move(people[1], choir, 3)
    quiet(world)
    agree(people, choir)
    assert len({home(device, choir).address for device in people}) == 1
    for device in people:
        say(device, choir, device.name)
        quiet(world)
    same(people, choir, "olga", "ada", "mia")


def test_a_commit_that_comes_first_lets_the_move_come_second(world: World, people: list[Device], choir: bytes) -> None:
    move(people[0], choir)
    wish(people[0], choir, Edit(title="Quire"))
    wish(people[1], choir, Edit(title="Never allowed"))
    people[1].happen()
    quiet(world)
    live_at(people, choir, 2)
    assert terms(people[2], choir).title == "Quire"


def test_what_is_said_meanwhile_is_said_once(world: World, people: list[Device], choir: bytes) -> None:
    """Everybody talks all the time while it moves, in small steps of the world."""
    move(people[0], choir)
    for number in range(12):
        for device in people:
            say(device, choir, f"{device.name} {number}")
        world.step()
    quiet(world)
    live_at(people, choir, 2)
    for device in people:
        said = words(device, choir)
        assert sorted(said) == sorted(f"{one.name} {number}" for one in people for number in range(12))
        assert said == words(people[0], choir)
        assert skipped(device) == []
        assert device.vault.outbox_size() == 0


def test_a_relay_that_does_not_answer_moves_nothing(world: World, people: list[Device], choir: bytes) -> None:
    world.away.add(world.relay(2))
    move(people[0], choir)
    quiet(world)
    say(people[1], choir, "still here")
    wish(people[0], choir, Edit(title="Quire"))
    quiet(world)
    same(people, choir, "still here")
    assert terms(people[1], choir).title == "Quire"
    assert home(people[1], choir).relay == world.relay(1)
    start(world, 2)
    quiet(world)
    live_at(people, choir, 2)


def test_another_wish_to_move_takes_the_place_of_one_that_waits(
    world: World, people: list[Device], choir: bytes
) -> None:
    world.away.add(world.relay(2))
    move(people[0], choir, 2)
    quiet(world)
    move(people[0], choir, 3)
    quiet(world)
    live_at(people, choir, 3)
    start(world, 2)
    quiet(world)
    live_at(people, choir, 3)
    assert people[0].vault.wishes(row(people[0], choir).queue) == []


def test_a_commit_of_the_old_home_is_made_anew_in_the_new_one(world: World, people: list[Device], choir: bytes) -> None:
    """Who has a commit under way when the home moves makes another one there."""
    wish(people[0], choir, GiveRole(people[1].account, Role.ADMIN))
    quiet(world)
    go_offline(people[1])
    wish(people[1], choir, Edit(title="Quire"))
    say(people[1], choir, "meanwhile")
    move(people[0], choir)
    quiet(world)
    people[1].wanted.add(world.relay(1))
    quiet(world)
    live_at(people, choir, 2)
    assert terms(people[2], choir).title == "Quire"
    same(people, choir, "meanwhile")


def test_what_stands_before_the_move_is_read_though_its_acknowledgement_comes_first(
    world: World, people: list[Device], choir: bytes
) -> None:
    """The mover has not heard yet what was said just before, when the relay says that it has taken the commit."""
    olga, ada, _ = people
    relay, wire = world.relays[world.relay(1)], olga.wires[world.relay(1)]
    move(olga, choir)
    for _ in range(20):
        if any(isinstance(command, Commit) for command in wire.commands):
            break
        world.step()
    say(ada, choir, "just before")
    relay.take(ada.wires[world.relay(1)])
    held = list(wire.events)
    wire.events.clear()
    while wire.commands:
        relay.take(wire)
    assert any(isinstance(event, Appended) for event in wire.events)
    held += [event for event in wire.events if not isinstance(event, Appended)]
    olga.happen(*(events.FromRelay(relay_, event) for relay_, event in _answers(world, wire)))
    assert home(olga, choir).relay == world.relay(1)
    wire.events.clear()
    wire.events.extend(held)
    quiet(world)
    live_at(people, choir, 2)
    same(people, choir, "just before")


def _answers(world: World, wire: Connection) -> list[tuple[str, Event]]:
    return [(world.relay(1), event) for event in wire.events if isinstance(event, Appended)]


# --- a hostile relay, a hostile member ------------------------------------------------------------------------


def test_what_the_old_home_says_afterwards_is_not_heard(world: World, people: list[Device], choir: bytes) -> None:
    """Entries behind the move, in the same push, with cursors that reach into the new home's."""
    name = row(people[0], choir).queue
    relay = world.relays[world.relay(1)]
    go_offline(people[2])
    move(people[0], choir)
    world.settle()
    say(people[1], choir, "said there")
    world.settle()
    last, there = relay.tails[name].last, home(people[1], choir)
    there_now = world.relays[world.relay(2)].entries[there.address]
    body = there_now[min(there_now)].body
    for cursor in (last + 1, there.base + 1, there.base + 50):
        relay.entries[name][cursor] = Entry(cursor, EntryKind.MESSAGE, relay.now, body)
    relay.tails[name] = structs.replace(relay.tails[name], last=there.base + 50)
    keys = relay.keys[name]
    relay.keys[name] = structs.replace(
        keys, past=tuple(structs.replace(one, through=there.base + 50) for one in keys.past)
    )
    people[2].wanted.add(world.relay(1))
    quiet(world)
    same(people, choir, "said there")


def test_answers_that_come_from_the_old_home_too_late_change_nothing(
    world: World, people: list[Device], choir: bytes
) -> None:
    """The old relay says that it has taken a message, and a commit, which then stand nowhere."""
    ada, relay = people[1], world.relay(1)
    wish(people[0], choir, GiveRole(ada.account, Role.ADMIN))
    quiet(world)
    say(ada, choir, "under way")
    wish(ada, choir, Edit(title="Quire"))
    lost = [command for command in ada.wires[relay].commands if isinstance(command, Append | Commit)]
    assert {type(command) for command in lost} == {Append, Commit}
    ada.wires[relay].commands.clear()
    move(people[0], choir)
    world.settle()
    for command in lost:
        ada.happen(events.FromRelay(relay, Appended(command.request, 1 << 40)))
    quiet(world)
    live_at(people, choir, 2)
    same(people, choir, "under way")
    assert terms(people[2], choir).title == "Quire"


def test_a_move_into_a_place_that_is_taken_ends_the_conversation(
    world: World, people: list[Device], choir: bytes
) -> None:
    """An admin who knows where another conversation of Mia's lives moves this one there."""
    other = create(people[0], people[1:], "Other")
    quiet(world)
    move(people[0], other)
    quiet(world)
    before = home(people[2], other)
    where = Home(before.relay, before.address, 1 << 40)
    changed = moved_to(terms(people[0], choir), where, Door(bytes(16), bytes(32)))
    commit_as_it_is(people[0], choir, changed)
    quiet(world)
    assert standing(people[2], choir) is Standing.REMOVED
    assert home(people[2], other) == before
    say(people[1], other, "undisturbed")
    quiet(world)
    assert words(people[2], other)[-1] == "undisturbed"


def commit_as_it_is(who: Device, chat: bytes, changed: Terms) -> None:
    """Have a commit with these terms stand in the queue, whatever the committer's own engine would say."""
    made = who.groups.commit(group(who, chat), Step(terms=encode_terms(changed)), who.now // 1000)
    queue, relay = home(who, chat), who.world.relays[home(who, chat).relay]
    cursor = relay.tails[queue.queue].last + 1
    rotate = Rotate(queue.manage, leaving_capabilities(made.group).hashes())
    command = Commit(99, queue.queue, queue.write, bytes(16), queue.fence, made.message, rotate)
    who.wires[queue.relay].commands.append(command)
    who.world.settle()
    assert relay.tails[queue.queue].commit == cursor


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whatever_happens_all_show_the_same(seed: int) -> None:
    """It moves to and fro while relays and devices come and go."""
    world, random, said = World(seed), Random(seed), 0
    relays = [world.relay(number) for number in (1, 2, 3)]
    people = [world.person(name, relays[0]) for name in ("olga", "ada", "mia")]
    world.settle()
    chat = create(people[0], people[1:])
    for _ in range(40):
        device, number = random.choice(people), random.choice((1, 2, 3))
        match random.randrange(9):
            case 0:
                stop(world, number)
            case 1:
                world.away.discard(world.relay(number))
            case 2 if world.relay(number) in device.wires:
                device.disconnect(world.relay(number))
            case 3:
                device.crash()
            case 4:
                world.pass_time(random.choice((500, 4000, 30_000)))
            case 5:
                move(people[0], chat, number)
            case 6:
                world.settle()
            case _:
                say(device, chat, f"{said}")
                said += 1
        for _ in range(random.randrange(3)):
            world.step()
    all_is_said_once(world, people, chat, said)


# --- crashes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [0, 1])
@pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.long)])
def test_whoever_dies_at_any_write(who: int, step: int) -> None:
    """A write of the mover, or of one who goes along, is the last one, another in each run; all ends well each time."""
    died = True
    for statement in range(0, 1000, step):
        if not died:
            assert statement > 20
            return
        world, people, chat = about_to_move(statement)
        people[who].vault.dies_in = statement
        died = _goes_on(world, people[who])
        _has_moved(world, people, chat)
    raise AssertionError("it never gets through")


@pytest.mark.parametrize("who", [0, 1])
def test_whoever_dies_between_a_write_and_what_follows_from_it(who: int) -> None:
    for steps in range(1, 12, 2):
        world, people, chat = about_to_move(steps)
        for _ in range(steps):
            world.step()
        people[who].vault.dies_committed = True
        _goes_on(world, people[who])
        _has_moved(world, people, chat)


def about_to_move(seed: int) -> tuple[World, list[Device], bytes]:
    world = World(seed, newcomer=fake_newcomer)
    for number in (1, 2):
        world.relay(number)
    people = [world.person(name, world.relay(1)) for name in ("olga", "ada", "mia")]
    world.settle()
    chat = create(people[0], people[1:])
    say(people[1], chat, "before")
    world.settle()
    move(people[0], chat)
    say(people[1], chat, "meanwhile")
    return world, people, chat


def _goes_on(world: World, victim: Device) -> bool:
    """Let all happen, and tell whether the device has died at it."""
    try:
        quiet(world)
    except CrashError:
        victim.crash()
        return True
    finally:
        victim.vault.dies_in, victim.vault.dies_committed = None, False
    return False


def _has_moved(world: World, people: list[Device], chat: bytes) -> None:
    quiet(world)
    live_at(people, chat, 2)
    say(people[2], chat, "after")
    quiet(world)
    same(people, chat, "before", "meanwhile", "after")
    assert all(device.vault.outbox_size() == 0 for device in people)
