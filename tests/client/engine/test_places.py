"""Where messages that went over a second home stand, on devices that did not see the first home show it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from havre.client.engine import changes, effects, events
from havre.client.engine.groups import Group, Step
from havre.client.engine.message_intents import Amend
from havre.client.engine.terms import decode_handover, encode_handover
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import RemovePeople, Wish
from havre.client.vault.rows import Conversation, MessageState
from havre.content import react
from tests.client.engine.crowd import invite, say, wish
from tests.client.engine.entering import join, open_link
from tests.client.engine.looking import skipped
from tests.client.engine.two_homes import (
    AWAY,
    found_choir,
    quiet,
    same,
    second_home,
    sign_up,
    start,
    stop,
    words,
    works_off,
)
from tests.simulation.invariants import Ledger
from tests.simulation.lives import Lives
from tests.simulation.real import real_another, real_newcomer
from tests.simulation.world import Device, World, fake_another, fake_newcomer


@pytest.fixture(params=["fake", "real"])
def world(request: pytest.FixtureRequest) -> World:
    """Both kinds of groups."""
    real = request.param == "real"
    return World(1, real_newcomer, real_another) if real else World(1, fake_newcomer, fake_another)


@pytest.fixture
def people(world: World) -> list[Device]:
    """Alice and Bob have talked, and their conversation has a second home."""
    alice, bob = world.person("alice", world.relay(1)), world.person("bob", world.relay(1))
    world.settle()
    alice.add(bob)
    alice.send(bob, "before")
    quiet(world)
    change = second_home(world)
    assert isinstance(alice.ask(lambda ticket: events.ChangeChat(ticket, bob.account, change)), effects.Answer)
    quiet(world)
    return [alice, bob]


@pytest.mark.parametrize("history", [True, False])
def test_device_linked_while_the_first_home_is_away_shows_all_in_their_place(
    world: World, people: list[Device], history: bool
) -> None:
    """Seeds 65 and 132: it laid down once more, and showed there, what had a place before it came in."""
    alice, bob = people
    stop(world)
    bob.send(alice, "over the second")
    react_to_first(bob, alice)
    world.pass_time(AWAY)
    world.settle()
    assert [words for _, words in alice.shown(bob)] == ["before", "over the second"]
    desk = Lives(world, Ledger()).take_in(alice, history)
    world.away.clear()
    bob.connect(world.relay(1))
    while works_off(world, bob):
        pass
    start(world)
    bob.send(alice, "after")
    quiet(world)
    world.pass_time(10 * world.tuning.hand_in)
    quiet(world)
    assert alice.shown(bob) == [("alice", "before"), ("bob", "over the second"), ("bob", "after")]
    assert desk.shown(bob) == (alice.shown(bob) if history else [("bob", "after")])
    there, here = places(alice, bob.account), places(desk, bob.account)
    assert there[-len(here) :] == here
    assert acts(desk, bob) == (acts(alice, bob) if history else [])
    assert [skipped(device) for device in (alice, desk, bob)] == [[], [], []]


def mia_is_out(world: World) -> tuple[list[Device], bytes]:
    """Mia was taken out before the first home had what she was shown over the second; now it has."""
    olga, ada, mia = people = sign_up(world)
    choir = found_choir(people)
    stop(world)
    say(ada, choir, "over the second")
    world.pass_time(AWAY)
    world.settle()
    assert words(mia, choir) == ["over the second"]
    ada.wanted.discard(world.relay(1))
    start(world)
    wish(olga, choir, RemovePeople((mia.account,)))
    world.settle()
    ada.wanted.add(world.relay(1))
    world.settle()
    assert [cursor for _, cursor, _ in places(mia, choir)] == [0]
    return people, choir


@pytest.mark.parametrize("by_link", [False, True])
def test_who_was_taken_out_and_comes_again_shows_all_in_their_place(world: World, by_link: bool) -> None:
    """Seed 301: what had come over the second home was laid into the first before they were back."""
    people, choir = mia_is_out(world)
    olga, _, mia = people
    if by_link:
        join(mia, olga, choir, open_link(olga, choir))
    else:
        invite(olga, choir, [mia])
    quiet(world)
    world.pass_time(10 * world.tuning.hand_in)
    say(olga, choir, "after")
    quiet(world)
    same(people, choir, "over the second", "after")


def test_nobody_else_is_believed_where_something_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a device of one's own account may say so; a member who brings somebody in again may lie."""
    people, choir = mia_is_out(world)
    olga, _, mia = people
    lie = [(places(mia, choir)[0][0], 1, 1)]
    honest = changes._with_handover

    def lying(turn: Turn, conversation: Conversation, group: Group, wish: Wish, step: Step) -> Step:
        step = honest(turn, conversation, group, wish, step)
        told = encode_handover(structs.replace(decode_handover(step.handover), places=lie)) if step.handover else b""
        return replace(step, handover=told)

    monkeypatch.setattr(changes, "_with_handover", lying)
    invite(olga, choir, [mia])
    quiet(world)
    same(people, choir, "over the second")


def react_to_first(who: Device, other: Device) -> None:
    row = who.vault.messages(other.account)[0]
    who.ask(lambda ticket: Amend(ticket, (row.queue, row.id), react(b"", row.id, "👍")))


def places(who: Device, chat: bytes) -> list[tuple[bytes, int, int]]:
    rows = [row for row in who.vault.messages(chat) if row.state is not MessageState.NOTICE]
    return [(row.id, row.cursor, row.placed) for row in rows]


def acts(who: Device, other: Device) -> list[tuple[bytes, int, int]]:
    found = who.vault.amendments(other.account, [row.id for row in who.vault.messages(other.account)])
    return [(one.id, one.cursor, one.placed) for one in found]
