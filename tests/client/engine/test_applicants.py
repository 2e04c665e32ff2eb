"""Joining by approval: asking with nobody there, yes, no, and everything that may come in between."""

from __future__ import annotations

import pytest

from havre.client.engine import effects, events
from havre.client.engine.applications import counter_inside, counter_outside, link_name
from havre.client.engine.group_intents import LetIn, TurnAway
from havre.client.engine.groups import Reason
from havre.client.engine.requests import REQUESTS
from havre.client.engine.terms import Role, Rules
from havre.client.engine.wishes import Edit, GiveRole, RemovePeople, SetInvitation
from havre.client.vault.rows import Standing
from havre.wire.stream import Append
from tests.client.engine.crowd import Outcome, agree, create, names, standing, terms, wish
from tests.client.engine.entering import come_back, go_offline, join, open_link, wait
from tests.client.engine.looking import skipped, told
from tests.simulation.real import real_newcomer
from tests.simulation.world import Device, World, fake_newcomer

REAL = pytest.mark.parametrize("world", [real_newcomer], indirect=True, ids=["real"])


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    return World(1, newcomer=getattr(request, "param", fake_newcomer))


@pytest.fixture
def choir(world: World, people: list[Device]) -> bytes:
    chat = create(people[0], people[1:])
    wish(people[0], chat, GiveRole(people[1].account, Role.ADMIN))
    world.settle()
    return chat


@pytest.fixture
def zoe(world: World) -> Device:
    """A stranger, whose inbox is on another relay, and who lets nobody in unasked."""
    zoe = world.person("zoe", world.relay(2))
    with zoe.vault.transaction():
        zoe.vault.put_setting(REQUESTS, "")
    world.settle()
    return zoe


def waiting(who: Device, chat: bytes) -> list[str]:
    return [who.world.name_of(row.account) for row in who.vault.applicants(chat)]


def let_in(who: Device, chat: bytes, other: Device) -> Outcome:
    return who.ask(lambda ticket: LetIn(ticket, chat, other.account))


def turn_away(who: Device, chat: bytes, other: Device) -> Outcome:
    return who.ask(lambda ticket: TurnAway(ticket, chat, other.account))


def ask(zoe: Device, olga: Device, chat: bytes, link: bytes) -> None:
    assert isinstance(join(zoe, olga, chat, link, asks=True), effects.Answer)
    wait(zoe.world, 2)


@REAL
def test_ask_with_nobody_there_and_be_let_in(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, _ = people
    link = open_link(olga, choir, approval=True)
    go_offline(*people)
    ask(zoe, olga, choir, link)
    assert standing(zoe, choir) is Standing.WAITING
    come_back(*people)
    world.settle()
    assert [waiting(device, choir) for device in people] == [["zoe"], ["zoe"], []]
    assert [one.applicant.name for one in told(ada, effects.ApplicantArrived)] == ["zoe"]
    assert isinstance(let_in(ada, choir, zoe), effects.Answer)
    wait(world, 2)
    agree([*people, zoe], choir)
    assert standing(zoe, choir) is Standing.ACCEPTED
    assert names(zoe, choir) == ["ada", "mia", "olga", "zoe"]
    assert [waiting(device, choir) for device in people] == [[], [], []]
    assert zoe.vault.requests() == []


@REAL
def test_be_told_no(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, _ = people
    ask(zoe, olga, choir, open_link(olga, choir, approval=True))
    assert isinstance(turn_away(ada, choir, zoe), effects.Answer)
    wait(world, 2)
    assert standing(zoe, choir) is Standing.REMOVED
    assert [one.sentence for one in told(zoe, effects.WishFailed)] == ["The group has not let you in."]
    assert waiting(olga, choir) == waiting(ada, choir) == []
    assert "zoe" not in names(olga, choir)


def test_ask_again_after_a_no(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, _ = people
    link = open_link(olga, choir, approval=True)
    ask(zoe, olga, choir, link)
    turn_away(ada, choir, zoe)
    wait(world, 2)
    ask(zoe, olga, choir, link)
    assert waiting(olga, choir) == ["zoe"]
    let_in(olga, choir, zoe)
    wait(world, 2)
    agree([*people, zoe], choir)


def test_two_let_in_at_once(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, _ = people
    ask(zoe, olga, choir, open_link(olga, choir, approval=True))
    let_in(ada, choir, zoe)
    let_in(olga, choir, zoe)
    wait(world)
    agree([*people, zoe], choir)
    assert names(olga, choir).count("zoe") == 1
    assert olga.vault.wishes(olga.vault.conversations(choir)[0].queue) == []


@REAL
def test_one_lets_in_while_another_says_no(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, _ = people
    ask(zoe, olga, choir, open_link(olga, choir, approval=True))
    let_in(ada, choir, zoe)
    turn_away(olga, choir, zoe)
    wait(world)
    inside = "zoe" in names(olga, choir)
    assert ("zoe" in names(ada, choir)) is inside
    assert standing(zoe, choir) is (Standing.ACCEPTED if inside else Standing.REMOVED)
    agree([*people, zoe] if inside else people, choir)


def test_a_no_that_was_first_takes_back_what_an_admin_wanted_offline(
    world: World, people: list[Device], choir: bytes, zoe: Device
) -> None:
    olga, ada, _ = people
    ask(zoe, olga, choir, open_link(olga, choir, approval=True))
    go_offline(ada)
    let_in(ada, choir, zoe)
    turn_away(olga, choir, zoe)
    world.settle()
    come_back(ada)
    wait(world, 2)
    assert "zoe" not in names(ada, choir)
    assert len(told(ada, effects.WishFailed)) == 1
    agree(people, choir)


def test_who_was_taken_out_meanwhile_is_not_let_in_by_an_old_decision(
    world: World, people: list[Device], choir: bytes, zoe: Device
) -> None:
    olga, ada, _ = people
    ask(zoe, olga, choir, open_link(olga, choir, approval=True))
    go_offline(ada)
    let_in(ada, choir, zoe)
    let_in(olga, choir, zoe)
    wait(world, 2)
    wish(olga, choir, RemovePeople((zoe.account,), ban=True))
    world.settle()
    come_back(ada)
    wait(world, 2)
    assert names(ada, choir) == names(olga, choir) == ["ada", "mia", "olga"]
    agree(people, choir)


def test_another_link_meanwhile(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, _ = people
    ask(zoe, olga, choir, open_link(olga, choir, approval=True))
    go_offline(ada)
    let_in(ada, choir, zoe)
    fresh = open_link(olga, choir, approval=True)
    wait(world, 2)
    assert standing(zoe, choir) is Standing.REMOVED
    come_back(ada)
    wait(world, 2)
    assert "zoe" not in names(olga, choir)
    assert len(told(ada, effects.WishFailed)) == 1
    assert waiting(olga, choir) == waiting(ada, choir) == []
    ask(zoe, olga, choir, fresh)
    assert waiting(ada, choir) == ["zoe"]


def test_the_old_link_lets_nobody_ask(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, _, _ = people
    old = open_link(olga, choir, approval=True)
    wish(olga, choir, SetInvitation(None))
    world.settle()
    join(zoe, olga, choir, old, asks=True)
    wait(world, 11, 15 * 60 * 1000)
    assert standing(zoe, choir) is Standing.REMOVED
    assert len(told(zoe, effects.WishFailed)) == 1


def test_who_is_banned_asks_in_vain(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    wish(olga, choir, RemovePeople((mia.account,), ban=True))
    world.settle()
    ask(mia, olga, choir, open_link(olga, choir, approval=True))
    outcome = let_in(ada, choir, mia)
    assert isinstance(outcome, effects.Failed)
    assert "banned" in outcome.sentence
    wait(world, 1)
    assert names(olga, choir) == ["ada", "olga"]


def test_roles_decide_who_hears_of_it(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, mia = people
    link = open_link(olga, choir, approval=True)
    wish(olga, choir, GiveRole(ada.account, Role.MEMBER))
    world.settle()
    ask(zoe, olga, choir, link)
    assert [waiting(device, choir) for device in people] == [["zoe"], [], []]
    assert isinstance(let_in(mia, choir, zoe), effects.Failed)
    wish(olga, choir, Edit(rules=Rules(add=Role.MEMBER)))
    wait(world, 1)
    assert waiting(mia, choir) == ["zoe"]
    let_in(mia, choir, zoe)
    wait(world, 2)
    agree([*people, zoe], choir)


@REAL
def test_nobody_asks_in_another_name(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    """Whoever holds the link can write into the queue, but not sign for somebody else, nor read what others write."""
    olga, ada, _ = people
    link = open_link(olga, choir, approval=True)
    key = olga.groups.letter_key(link)
    name = link_name(key)
    go_offline(*people)
    join(zoe, olga, choir, link, asks=True)
    world.settle()
    queue, write = counter_outside(name)
    relay = world.relays[world.relay(1)]
    (letter,) = [entry.body for entry in relay.entries[queue].values()]
    stolen = world.packages[ada.account][0]
    forged = zoe.groups.seal_letter(key, stolen, b"let me in")
    wire = relay.connect()
    for number, body in enumerate((forged, letter, b"nonsense")):
        wire.commands.append(Append(number + 1, queue, write, bytes(15) + bytes([number]), body))
    while wire.commands:
        relay.take(wire)
    come_back(*people)
    wait(world, 1)
    assert waiting(olga, choir) == ["zoe"]
    assert Reason.STRANGER in skipped(olga)
    assert Reason.MALFORMED in skipped(olga)
    assert zoe.vault.me().account_key not in letter
    assert counter_inside(olga.groups, link).opens.read not in (name, write)


def test_a_letter_for_another_group_is_refused(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, _ = people
    other = create(olga, [ada], title="Band")
    link = open_link(olga, choir, approval=True)
    door = terms(olga, choir).door
    assert door is not None
    name = link_name(olga.groups.letter_key(link))
    zoe.ask(
        lambda ticket: events.JoinByLink(ticket, world.relay(1), other, door.queue, "Band", door.secret, name, True)
    )
    wait(world, 2)
    assert waiting(olga, choir) == waiting(olga, other) == []
    assert Reason.FORBIDDEN in skipped(olga)
