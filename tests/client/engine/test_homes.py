"""Two homes: messages flow over the second while the first is away, and what the first shows in the end is the same."""

from __future__ import annotations

import pytest

from havre.client.engine import effects, events
from havre.client.engine.effects import HomeAway, HomeBack
from havre.client.engine.message_intents import Amend
from havre.client.engine.notices import What, decode_notice
from havre.client.engine.terms import Home, Role
from havre.client.engine.turn import PAST_EPOCHS
from havre.client.engine.wishes import Edit, GiveRole, RemovePeople, SetSecondHome
from havre.client.vault.rows import MessageState, Standing
from havre.content import react
from tests.client.engine.crowd import group, invite, row, say, standing, terms, wish
from tests.client.engine.looking import skipped, told
from tests.client.engine.two_homes import (
    AWAY,
    cut_off,
    entries,
    found_choir,
    lay_down,
    quiet,
    same,
    say_over_the_second,
    second,
    second_home,
    sign_up,
    start,
    stop,
    words,
    works_off,
)
from tests.simulation.real import real_newcomer
from tests.simulation.world import Device, World, fake_newcomer

with_real_mls_too = pytest.mark.parametrize("world", ["real", "fake"], indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    real = getattr(request, "param", "fake") == "real"
    return World(1, newcomer=real_newcomer if real else fake_newcomer)


@pytest.fixture
def people(world: World) -> list[Device]:
    return sign_up(world)


@pytest.fixture
def choir(people: list[Device]) -> bytes:
    return found_choir(people)


# --- having one -----------------------------------------------------------------------------------------------


def test_all_come_to_the_same_queue(world: World, people: list[Device], choir: bytes) -> None:
    found = {second(device, choir) for device in people}
    assert len(found) == 1
    assert all(world.relay(2) in device.wires for device in people)
    kept = found.pop()
    assert kept.queue not in (home.queue for home in terms(people[0], choir).homes)
    keys = world.relays[world.relay(2)].keys[kept.queue].hashes
    row_ = people[1].vault.queue(kept.queue)
    assert row_ is not None
    assert keys.read not in (row_.read, row_.write)
    notices = [one for one in people[1].vault.messages(choir) if one.state is MessageState.NOTICE]
    assert decode_notice(notices[-1].content).what is What.HOME


def test_while_the_first_is_there_nothing_goes_over_the_second(
    world: World, people: list[Device], choir: bytes
) -> None:
    say(people[0], choir, "hello")
    quiet(world)
    same(people, choir, "hello")
    assert entries(world, people[0], choir) == {}


@with_real_mls_too
def test_a_newcomer_is_handed_it(world: World, people: list[Device], choir: bytes) -> None:
    zoe = world.person("zoe", world.relay(1))
    world.settle()
    invite(people[0], choir, [zoe])
    quiet(world)
    assert second(zoe, choir) == second(people[0], choir)


def test_whoever_is_taken_out_cannot_name_it_any_more(world: World, people: list[Device], choir: bytes) -> None:
    old = second(people[2], choir)
    wish(people[0], choir, RemovePeople((people[2].account,)))
    quiet(world)
    assert second(people[0], choir).queue != old.queue
    assert second(people[0], choir).secret != old.secret
    assert second(people[0], choir) == second(people[1], choir)
    assert people[2].vault.second_homes() == []
    assert people[2].vault.queue(old.queue) is None


def test_it_can_go_again(world: World, people: list[Device], choir: bytes) -> None:
    assert isinstance(wish(people[0], choir, SetSecondHome(None)), effects.Answer)
    quiet(world)
    assert all(device.vault.second_homes() == [] for device in people)
    say(people[1], choir, "still here")
    quiet(world)
    same(people, choir, "still here")


def test_only_admins_move_a_group(people: list[Device], choir: bytes) -> None:
    assert isinstance(wish(people[1], choir, SetSecondHome(None)), effects.Failed)


def test_it_is_on_another_relay(world: World, people: list[Device], choir: bytes) -> None:
    refused = wish(people[0], choir, SetSecondHome(Home(world.relay(1), bytes(16))))
    assert isinstance(refused, effects.Failed)
    assert "another" in refused.sentence


def test_either_side_of_a_direct_conversation_may(world: World, people: list[Device]) -> None:
    olga, ada, _ = people
    olga.add(ada)
    quiet(world)
    assert isinstance(wish(ada, olga.account, second_home(world)), effects.Answer)
    quiet(world)
    stop(world)
    world.pass_time(AWAY)
    olga.send(ada, "are you there?")
    world.settle()
    assert olga.shown(ada) == ada.shown(olga) == [("olga", "are you there?")]


# --- going over it --------------------------------------------------------------------------------------------


@with_real_mls_too
def test_messages_go_both_ways_within_ten_seconds(world: World, people: list[Device], choir: bytes) -> None:
    say(people[0], choir, "before")
    quiet(world)
    gone = world.now
    stop(world)
    say(people[0], choir, "one")
    while "one" not in words(people[1], choir):
        world.pass_time(500)
        world.settle()
        assert world.now - gone <= 10_000
    say(people[1], choir, "two")
    world.settle()
    assert world.now - gone <= 10_000
    for device in people:
        assert words(device, choir) == ["before", "one", "two"]
        assert told(device, HomeAway) == [HomeAway(choir, world.relay(1), world.relay(2))]
    states = [one.state for one in people[0].vault.messages(choir) if one.mine]
    assert states[-1] is MessageState.SENT
    start(world)
    quiet(world)
    same(people, choir, "before", "one", "two")
    assert all(told(device, HomeBack) == [HomeBack(choir, world.relay(1))] for device in people)
    assert all(device.vault.outbox_size() == 0 for device in people)


def test_a_relay_that_answers_no_more_counts_as_away(world: World, people: list[Device], choir: bytes) -> None:
    wire = people[0].wires[world.relay(1)]
    say(people[0], choir, "into the void")
    wire.commands.clear()  # the connection stands, and nothing comes of it
    world.pass_time(AWAY)
    world.settle()
    assert words(people[1], choir) == ["into the void"]


def test_who_was_offline_reads_the_same(world: World, people: list[Device], choir: bytes) -> None:
    mia = people[2]
    for relay in list(mia.wires):
        mia.disconnect(relay)
    mia.wanted.clear()
    stop(world)
    world.pass_time(AWAY)
    say(people[0], choir, "one")
    world.settle()
    say(people[1], choir, "two")
    world.settle()
    start(world)
    quiet(world)
    mia.wanted.add(world.relay(1))
    quiet(world)
    mia.wanted.add(world.relay(2))
    quiet(world)
    same(people, choir, "one", "two")


@with_real_mls_too
def test_what_was_said_keeps_its_order(world: World, people: list[Device], choir: bytes) -> None:
    """Whoever comes back first lays down what was said before its own words, and then says more."""
    stop(world)
    world.pass_time(AWAY)
    for number in range(6):
        say(people[number % 2], choir, f"{number}")
        world.settle()
    expected = [f"{number}" for number in range(6)]
    assert words(people[2], choir) == expected
    world.away.clear()
    ada = people[1]
    ada.connect(world.relay(1))
    say(ada, choir, "6")
    while works_off(world, ada):
        pass
    quiet(world)
    same(people, choir, *expected, "6")
    # Olga's were there already when she came: she did not send them again.
    first = world.relays[world.relay(1)].entries[row(ada, choir).queue].values()
    bodies = [entry.body for entry in first]
    assert len(set(bodies)) == len(bodies)


def test_who_does_not_come_back_is_not_waited_for(world: World, people: list[Device], choir: bytes) -> None:
    stop(world)
    world.pass_time(AWAY)
    say(people[0], choir, "last words")
    world.settle()
    say(people[1], choir, "and mine")
    world.settle()
    olga, left = people[0], people[1:]
    for relay in list(olga.wires):
        olga.disconnect(relay)
    olga.wanted.clear()
    start(world)
    for _ in range(30):
        world.pass_time(5 * 1000)
        world.settle()
    # Somebody else has laid it into the first home, and before what she said behind it.
    same(left, choir, "last words", "and mine")
    assert all(device.vault.outbox_size() == 0 for device in left)
    olga.wanted.update((world.relay(1), world.relay(2)))
    quiet(world)
    same(people, choir, "last words", "and mine")


def test_reactions_go_over_it_too(world: World, people: list[Device], choir: bytes) -> None:
    say(people[0], choir, "new hall")
    quiet(world)
    stop(world)
    world.pass_time(AWAY)
    (target,) = [one for one in people[1].vault.messages(choir) if one.state is MessageState.RECEIVED]
    people[1].ask(lambda ticket: Amend(ticket, (target.queue, target.id), react(b"", target.id, "👍")))
    world.settle()
    assert len(people[2].vault.amendments(choir, [target.id])) == 1
    start(world)
    quiet(world)
    found = [device.vault.amendments(choir, [target.id]) for device in people]
    assert [[(one.sender, bool(one.placed)) for one in each] for each in found] == [[(people[1].account, True)]] * 3


def test_commits_wait_for_the_first(world: World, people: list[Device], choir: bytes) -> None:
    epoch = group(people[0], choir).epoch
    stop(world)
    world.pass_time(AWAY)
    wish(people[0], choir, Edit(title="Band"))
    say(people[0], choir, "renamed")
    world.settle()
    assert words(people[1], choir) == ["renamed"]
    assert all(group(device, choir).epoch == epoch for device in people)
    start(world)
    quiet(world)
    assert all(terms(device, choir).title == "Band" for device in people)
    same(people, choir, "renamed")


@with_real_mls_too
def test_what_was_encrypted_anew_in_the_meantime_is_shown_once(
    world: World, people: list[Device], choir: bytes
) -> None:
    """The capabilities were rotated while the sender was cut off: what it sends then is another ciphertext."""
    olga, ada, mia = people
    cut_off(ada, 1)
    wish(olga, choir, GiveRole(mia.account, Role.ADMIN))
    for device in (olga, mia):
        while works_off(world, device):
            pass
    while any(works_off(world, device) for device in (olga, mia)):
        pass
    say(ada, choir, "old words")
    world.pass_time(AWAY)
    world.settle()
    ada.wanted.add(world.relay(1))
    quiet(world)
    same(people, choir, "old words")


def test_what_came_too_late_for_the_others_has_the_place_where_it_is_sent_again(
    world: World, people: list[Device], choir: bytes
) -> None:
    olga, ada, mia = people
    say_over_the_second(ada, choir, "from long ago", deaf=mia)
    assert words(olga, choir) == ["from long ago"]
    for number in range(PAST_EPOCHS + 1):
        wish(olga, choir, Edit(title=f"Choir {number}"))
        world.settle()
    # Nobody lays it into the first home in time, and ada finds her old keys gone.
    ada.wanted.add(world.relay(1))
    mia.wanted.add(world.relay(2))
    quiet(world)
    same(people, choir, "from long ago")


def test_both_away_nothing_is_lost(world: World, people: list[Device], choir: bytes) -> None:
    stop(world, 1)
    stop(world, 2)
    say(people[0], choir, "one")
    world.pass_time(AWAY)
    world.settle()
    assert words(people[1], choir) == []
    start(world, 2)
    world.settle()
    assert words(people[1], choir) == ["one"]
    start(world, 1)
    quiet(world)
    same(people, choir, "one")


def test_who_is_taken_out_meanwhile_writes_into_nothing(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    cut_off(mia, 1)
    wish(olga, choir, RemovePeople((mia.account,)))
    quiet(world)
    say(mia, choir, "let me in")
    world.pass_time(AWAY)
    world.settle()
    mia.wanted.add(world.relay(1))
    quiet(world)
    same([olga, ada], choir)
    assert standing(mia, choir) is Standing.REMOVED
    assert [one.state for one in mia.vault.messages(choir) if one.mine] == [MessageState.FAILED]


def test_a_message_with_a_timer_leaves_no_words_behind(world: World, people: list[Device], choir: bytes) -> None:
    wish(people[0], choir, Edit(timer=30))
    quiet(world)
    stop(world)
    world.pass_time(AWAY)
    say(people[0], choir, "burn this")
    world.settle()
    people[1].ask(lambda ticket: events.MarkRead(ticket, choir, None))
    for _ in range(8):
        world.pass_time(5 * 1000)
        world.settle()
    assert words(people[0], choir) == words(people[1], choir) == []
    assert all(b"burn this" not in item.content for item in people[0].vault.lane(row(people[0], choir).queue))
    assert words(people[2], choir) == ["burn this"]
    start(world)
    quiet(world)
    assert words(people[0], choir) == words(people[1], choir) == []
    assert all(skipped(device) == [] for device in people)


def test_what_has_to_be_read_in_the_first_home_keeps_its_key(world: World, people: list[Device], choir: bytes) -> None:
    """Somebody lays receipts and commits into the second home before the first has shown them."""
    olga, ada, mia = people
    cut_off(mia, 1)
    say(olga, choir, "hello")
    quiet(world)
    ada.ask(lambda ticket: events.MarkRead(ticket, choir, None))
    wish(olga, choir, Edit(title="Band"))
    world.settle()
    known = mia.vault.queue(row(mia, choir).queue)
    assert known is not None
    there = world.relays[world.relay(1)].entries[known.queue]
    lay_down(world, olga, choir, [entry.body for cursor, entry in there.items() if cursor > known.cursor])
    mia.disconnect(world.relay(2))
    world.settle()
    mia.wanted.add(world.relay(1))
    quiet(world)
    same(people, choir, "hello")
    assert terms(mia, choir).title == "Band"
    assert [one.read > 0 for one in mia.vault.receipts(known.queue) if one.account == ada.account] == [True]


def test_a_killed_process_goes_on_with_it(world: World, people: list[Device], choir: bytes) -> None:
    stop(world)
    say(people[0], choir, "one")
    people[0].crash()
    world.pass_time(AWAY)
    world.settle()
    assert words(people[1], choir) == ["one"]
    people[1].crash()
    people[0].crash()
    world.settle()
    start(world)
    quiet(world)
    same(people, choir, "one")
