"""Back in the first home: what went over the second has one place there, whoever lays it down and how often."""

from __future__ import annotations

import pytest

from havre.client.engine.message_intents import Amend, Hide
from havre.client.engine.terms import Role
from havre.client.engine.turn import PAST_EPOCHS
from havre.client.engine.wishes import Edit, GiveRole, RemovePeople
from havre.client.vault.rows import MessageKind, MessageState
from havre.content import delete, react
from havre.wire.stream import Append
from tests.client.engine.crowd import row, say, wish
from tests.client.engine.looking import skipped
from tests.client.engine.two_homes import (
    AWAY,
    cut_off,
    found_choir,
    quiet,
    same,
    say_over_the_second,
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


@pytest.mark.parametrize("everywhere", [False, True])
def test_what_its_sender_does_not_want_to_see_any_more_is_sent_again_all_the_same(
    world: World, people: list[Device], choir: bytes, everywhere: bool
) -> None:
    """Hidden by its sender it is there for the others; deleted for all it has its place, with nothing in it."""
    olga, ada, mia = people
    say_over_the_second(ada, choir, "from long ago", deaf=mia)
    (said,) = [one for one in ada.vault.messages(choir) if one.mine]
    name = (said.queue, said.id)
    ada.ask(lambda ticket: Amend(ticket, name, delete(b"", said.id)) if everywhere else Hide(ticket, name))
    for number in range(PAST_EPOCHS + 1):
        wish(olga, choir, Edit(title=f"Choir {number}"))
        world.settle()
    ada.wanted.add(world.relay(1))
    mia.wanted.add(world.relay(2))
    quiet(world)
    found = [device.vault.message(*name) for device in people]
    assert [(one.kind, bool(one.placed)) if one else None for one in found] == [
        (MessageKind.DELETED if everywhere else MessageKind.TEXT, True),
        (MessageKind.DELETED if everywhere else MessageKind.HIDDEN, True),
        (MessageKind.DELETED if everywhere else MessageKind.TEXT, True),
    ]
    assert len({one.cursor for one in found if one}) == 1
    assert all(skipped(device) == [] for device in people)
    assert ada.vault.lane(said.queue) == []


def test_ciphertext_that_nobody_can_open_any_more_is_not_kept(world: World, people: list[Device], choir: bytes) -> None:
    """Seed 1130: its message had disappeared, so its sender did not say it again, and it waited on and on."""
    olga, ada, mia = people
    wish(olga, choir, Edit(timer=30))
    quiet(world)
    cut_off(ada, 1)
    say(ada, choir, "soon gone")
    world.pass_time(AWAY)
    world.settle()
    assert words(olga, choir) == words(mia, choir) == ["soon gone"]
    for device in (olga, mia):
        device.read(choir)
    for number in range(PAST_EPOCHS + 1):
        wish(olga, choir, Edit(title=f"Choir {number}"))
        world.settle()
    world.pass_time(31 * 1000)
    ada.wanted.add(world.relay(1))
    quiet(world)
    for device in people:
        assert words(device, choir) == []
        assert device.vault.lane(row(device, choir).queue) == []
        assert [one for one in device.vault.early_waiting(row(device, choir).queue) if one.body] == []


def test_who_is_out_keeps_no_ciphertext_for_the_first_home(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    stop(world)
    say(ada, choir, "over the second")
    world.pass_time(AWAY)
    world.settle()
    queue = row(mia, choir).queue
    assert [bool(one.body) for one in mia.vault.early_waiting(queue)] == [True]
    ada.wanted.discard(world.relay(1))
    wish(olga, choir, RemovePeople((mia.account,)))
    start(world)
    assert [bool(one.body) for one in mia.vault.early_waiting(queue)] == [False]


def _come_back_together(world: World, *devices: Device) -> None:
    """The first home is there again; these have read it to the end, and are about to lay down the same."""
    world.away.clear()
    for device in devices:
        device.connect(world.relay(1))
    wires = [device.wires[world.relay(1)] for device in devices]
    for wire in wires:
        world.relays[world.relay(1)].take(wire)
    for device, wire in zip(devices, wires, strict=True):
        device.hear(world.relay(1), len(wire.events))
    said = [{command.body for command in wire.commands if isinstance(command, Append)} for wire in wires]
    assert set.intersection(*said)


@with_real_mls_too
def test_what_two_lay_into_the_first_home_at_once_is_read_once(
    world: World, people: list[Device], choir: bytes
) -> None:
    olga, ada, mia = people
    cut_off(mia, 2)
    stop(world)
    world.pass_time(AWAY)
    say(olga, choir, "one")
    world.settle()
    say(ada, choir, "two")  # she lays down what olga said before, as olga does
    world.settle()
    _come_back_together(world, olga, ada)
    quiet(world)
    same(people, choir, "one", "two")


@with_real_mls_too
@pytest.mark.parametrize("heard", [True, False])
def test_what_others_lay_down_under_old_keys_has_its_place_there_for_its_sender_too(
    world: World, people: list[Device], choir: bytes, heard: bool
) -> None:
    """The capabilities are rotated as the sender comes back: it sends another ciphertext, unless it knows better."""
    olga, ada, mia = people
    cut_off(mia, 2)
    stop(world)
    world.pass_time(AWAY)
    say(ada, choir, "old words")
    wire = ada.wires[world.relay(2)]
    while wire.commands:
        world.relays[world.relay(2)].take(wire)
    if not heard:
        cut_off(ada, 2)
    world.settle()
    wish(olga, choir, GiveRole(mia.account, Role.ADMIN))
    say(olga, choir, "mine")
    world.settle()
    _come_back_together(world, olga, ada)
    while works_off(world, olga):
        pass
    while works_off(world, ada):
        pass
    (said,) = [one for one in ada.vault.messages(choir) if one.mine]
    assert len(ada.vault.early_of(said.queue, said.id)) == (1 if heard else 2)
    quiet(world)
    same(people, choir, "old words", "mine")
    assert all(device.vault.outbox_size() == 0 for device in people)


def test_what_somebody_said_who_is_taken_out_is_laid_down_at_once(
    world: World, people: list[Device], choir: bytes
) -> None:
    """The first home takes nothing from who is out; a few commits later nobody could read it any more."""
    olga, ada, mia = people
    say_over_the_second(ada, choir, "my last words", deaf=mia)
    wish(olga, choir, RemovePeople((ada.account,)))
    world.settle()
    for number in range(PAST_EPOCHS + 1):
        wish(olga, choir, Edit(title=f"Choir {number}"))
        world.settle()
    quiet(world)
    same([olga, mia], choir, "my last words")


def test_what_somebody_did_who_is_taken_out_is_laid_down_before_it_is_too_old(
    world: World, people: list[Device], choir: bytes
) -> None:
    """Seed 47381: nothing tells which device a reaction came from, so it waited, while epochs went by."""
    olga, ada, mia = people
    say(olga, choir, "new hall")
    quiet(world)
    (target,) = [one for one in ada.vault.messages(choir) if one.state is MessageState.RECEIVED]
    cut_off(ada, 1)
    cut_off(mia, 2)
    ada.ask(lambda ticket: Amend(ticket, (target.queue, target.id), react(b"", target.id, "👍")))
    world.pass_time(AWAY)
    world.settle()
    wish(olga, choir, RemovePeople((ada.account,)))
    world.settle()
    for number in range(PAST_EPOCHS + 1):
        wish(olga, choir, Edit(title=f"Choir {number}"))
        world.settle()
    quiet(world)
    found = [device.vault.amendments(choir, [target.id]) for device in (olga, mia)]
    assert [[(one.sender, bool(one.placed)) for one in each] for each in found] == [[(ada.account, True)]] * 2


def test_what_stands_back_is_not_in_the_way_of_what_it_waits_for(
    world: World, people: list[Device], choir: bytes
) -> None:
    """Seed 25307: own words filled the window, and for so long the epochs went on without what stood before them."""
    olga, ada, mia = people
    stop(world)
    world.pass_time(AWAY)
    say(olga, choir, "last words")
    world.settle()
    for relay in list(olga.wires):
        olga.disconnect(relay)
    olga.wanted.clear()
    own = [f"mine {number}" for number in range(2 * world.tuning.window)]
    for said in own:
        say(ada, choir, said)
    world.settle()
    world.away.clear()
    world.settle()  # no time passes, so nothing is sent because it has stood back for long enough
    assert [one.placed > 0 for one in mia.vault.messages(choir) if one.sender == olga.account][-1:] == [True]
    same([ada, mia], choir, "last words", *own)
