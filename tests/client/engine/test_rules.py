"""What a group's rules and an account's settings say of chats: who may pin, and how new ones begin."""

from __future__ import annotations

import pytest

from havre.client.engine import effects, events
from havre.client.engine.groups import Reason
from havre.client.engine.message_intents import Amend
from havre.client.engine.settings import TIMER
from havre.client.engine.terms import Role, Rules
from havre.client.engine.wishes import Edit
from havre.client.vault.rows import Chat
from havre.content import pin
from tests.client.engine.crowd import Outcome, create, say, terms, wish
from tests.client.engine.looking import skipped
from tests.simulation.world import Device, World, fake_newcomer


@pytest.fixture
def world() -> World:
    return World(1, newcomer=fake_newcomer)


@pytest.fixture
def people(world: World) -> list[Device]:
    found = [world.person(name, world.relay(1)) for name in ("olga", "ada")]
    world.settle()
    return found


def pin_first(who: Device, chat: bytes) -> Outcome:
    (first,) = [row for row in who.vault.messages(chat) if row.kind == "text"]
    return who.ask(lambda ticket: Amend(ticket, (first.queue, first.id), pin(b"", first.id, True)))


def pins(who: Device, chat: bytes) -> int:
    (first,) = [row for row in who.vault.messages(chat) if row.kind == "text"]
    return len(who.vault.amendments(chat, [first.id]))


def test_everybody_may_pin_until_the_group_says_otherwise(world: World, people: list[Device]) -> None:
    olga, ada = people
    chat = create(olga, [ada])
    say(olga, chat, "Tuesdays at eight")
    world.settle()
    wish(olga, chat, Edit(rules=Rules(pin=Role.ADMIN)))
    world.settle()
    outcome = pin_first(ada, chat)
    assert isinstance(outcome, effects.Failed)
    assert outcome.sentence == "Only admins may pin messages in this group."
    wish(olga, chat, Edit(rules=Rules(pin=Role.MEMBER)))
    world.settle()
    assert isinstance(pin_first(ada, chat), effects.Answer)
    world.settle()
    assert pins(olga, chat) == 1


def test_a_pin_by_who_may_not_is_refused_by_the_others(
    world: World, people: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    olga, ada = people
    chat = create(olga, [ada])
    say(olga, chat, "Tuesdays at eight")
    wish(olga, chat, Edit(rules=Rules(pin=Role.ADMIN)))
    world.settle()
    monkeypatch.setattr("havre.client.engine.amending.may_pin", lambda *_: True)
    assert isinstance(pin_first(ada, chat), effects.Answer)
    world.settle()
    assert pins(olga, chat) == 0
    assert skipped(olga) == [Reason.FORBIDDEN]


@pytest.mark.parametrize(("wanted", "timer"), [(None, 3600), (0, 0), (60, 60)])
def test_a_group_begins_with_the_timer_of_new_chats(people: list[Device], wanted: int | None, timer: int) -> None:
    olga, _ = people
    olga.ask(lambda ticket: events.ChangeSetting(ticket, TIMER, "3600"))
    done = olga.ask(lambda ticket: events.CreateGroup(ticket, "Choir", "", wanted, []))
    assert isinstance(done, effects.Answer)
    assert isinstance(done.value, Chat)
    assert terms(olga, done.value.chat).timer == timer
