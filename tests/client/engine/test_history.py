"""Messages for newcomers: sent on where the rules say so, once, bounded, and never as if their authors had vouched."""

from __future__ import annotations

from typing import Any

import pytest

from havre.client.engine import events, outbox
from havre.client.engine.groups import Reason
from havre.client.engine.message_intents import Amend
from havre.client.engine.terms import Rules
from havre.client.engine.wishes import Edit
from havre.client.vault.rows import Message, MessageState, Purpose
from havre.content import History, SentOn, edit, encode, history, text
from havre.content.kinds import MAX_HISTORY_BYTES, MAX_SENT_ON
from tests.client.engine.crowd import create, heard, invite, row, say, wish
from tests.client.engine.entering import come_back, go_offline, join, open_link, wait
from tests.client.engine.looking import skipped
from tests.simulation.real import real_newcomer
from tests.simulation.world import Device, World, fake_newcomer

REAL = pytest.mark.parametrize("world", [real_newcomer], indirect=True, ids=["real"])
SALT = bytes(16)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    return World(1, newcomer=getattr(request, "param", fake_newcomer))


@pytest.fixture
def choir(world: World, people: list[Device]) -> bytes:
    chat = create(people[0], people[1:])
    wish(people[0], chat, Edit(rules=Rules(history=True)))
    world.settle()
    return chat


@pytest.fixture
def zoe(world: World) -> Device:
    return world.person("zoe", world.relay(1))


def messages(who: Device, chat: bytes) -> list[Message]:
    return [one for one in who.vault.messages(chat) if one.state is not MessageState.NOTICE]


def marks(who: Device, chat: bytes) -> list[tuple[str, str, str]]:
    """Return who wrote what, and who sent it on."""
    by = [who.world.name_of(one.sent_on_by) if one.sent_on_by else "" for one in messages(who, chat)]
    return [(author, words, sender) for (author, words), sender in zip(heard(who, chat), by, strict=True)]


def tell(who: Device, chat: bytes, said: list[SentOn], account: bytes) -> None:
    """Have a changed client send a history of its own making."""
    content = encode(history(who.world.random.randbytes(16), account, said))
    real = outbox.put_content
    with who.vault.transaction():
        turn: Any = _turn(who)
        real(turn, row(who, chat), Purpose.HISTORY, content)
        turn.flush()
    who.happen(events.Tick())
    who.world.settle()


def _turn(who: Device) -> Any:
    from havre.client.engine.turn import Turn  # the inside of the engine, which no honest client shows

    engine: Any = who.engine
    return Turn(
        who.vault, who.groups, who.world.random.randbytes, engine._session, engine._numbers, engine._tuning, who.now
    )


@REAL
def test_who_is_added_reads_what_was_said_before(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, mia = people
    for who, words in ((ada, "one"), (mia, "two"), (olga, "three")):
        say(who, choir, words)
        world.settle()
    invite(olga, choir, [zoe])
    world.settle()
    say(ada, choir, "welcome")
    world.settle()
    assert marks(zoe, choir) == [
        ("ada", "one", "olga"), ("mia", "two", "olga"), ("olga", "three", "olga"), ("ada", "welcome", ""),
    ]  # fmt: skip
    assert [one.at for one in messages(zoe, choir)] == [one.at for one in messages(mia, choir)]
    assert [heard(device, choir) for device in people] == [heard(zoe, choir)] * 3
    assert zoe.vault.unread(choir) == 1


def test_nothing_is_sent_where_the_group_does_not_say_so(
    world: World, people: list[Device], choir: bytes, zoe: Device
) -> None:
    olga, ada, _ = people
    say(ada, choir, "one")
    wish(olga, choir, Edit(rules=Rules(history=False)))
    world.settle()
    invite(olga, choir, [zoe])
    wait(world)
    assert heard(zoe, choir) == []


def test_who_comes_by_a_link_is_sent_it_once_by_whoever_is_there(
    world: World, people: list[Device], choir: bytes, zoe: Device
) -> None:
    olga, ada, mia = people
    say(ada, choir, "one")
    link = open_link(olga, choir)
    go_offline(*people)
    join(zoe, olga, choir, link)
    wait(world, 1)
    assert heard(zoe, choir) == []
    come_back(ada, mia)
    wait(world)
    assert marks(zoe, choir) == [("ada", "one", "ada")]
    come_back(olga)
    wait(world)
    assert len(heard(zoe, choir)) == 1
    assert [device.vault.owed(row(device, choir).queue) for device in people] == [[], [], []]


def test_what_was_edited_comes_as_it_is_now(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, _ = people
    say(ada, choir, "Tuseday")
    world.settle()
    (first,) = messages(ada, choir)
    ada.ask(lambda ticket: Amend(ticket, (first.queue, first.id), edit(b"", first.id, "Tuesday", ada.now)))
    world.settle()
    invite(olga, choir, [zoe])
    world.settle()
    (only,) = messages(zoe, choir)
    assert only.id == first.id
    edits = zoe.vault.amendments(choir, [only.id])
    assert [(one.kind, one.sender) for one in edits] == [("edit", ada.account)]


def test_what_disappears_is_not_sent_on(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, _ = people
    say(ada, choir, "stays")
    world.settle()
    wish(olga, choir, Edit(timer=3600))
    world.settle()
    say(ada, choir, "goes")
    world.settle()
    invite(olga, choir, [zoe])
    world.settle()
    assert heard(zoe, choir) == [("ada", "stays")]


def test_it_is_bounded_in_number_and_size(world: World, people: list[Device], choir: bytes, zoe: Device) -> None:
    olga, ada, _ = people
    for number in range(MAX_SENT_ON + 5):
        say(ada, choir, str(number))
    world.settle()
    invite(olga, choir, [zoe])
    world.settle()
    assert [words for _, words in heard(zoe, choir)] == [str(number) for number in range(5, MAX_SENT_ON + 5)]
    long = "x" * 60_000
    for _ in range(4):
        say(ada, choir, long)
    world.settle()
    yan = world.person("yan", world.relay(1))
    world.settle()
    invite(olga, choir, [yan])
    world.settle()
    assert heard(yan, choir) == [("ada", long)] * (MAX_HISTORY_BYTES // 60_000)


def test_a_forged_history_stands_under_the_name_of_who_sent_it(
    world: World, people: list[Device], choir: bytes, zoe: Device
) -> None:
    olga, ada, mia = people
    say(ada, choir, "true")
    wish(olga, choir, Edit(rules=Rules(history=True)))
    world.settle()
    invite(olga, choir, [zoe])
    world.settle()
    said = encode(text(SALT, "I never said that", world.now))
    tell(mia, choir, [SentOn(ada.account, 1, world.now // 1000 - 60, said)], zoe.account)
    forged = [one for one in marks(zoe, choir) if one[1] == "I never said that"]
    assert forged == [("ada", "I never said that", "mia")]
    assert all("never" not in words for device in people for _, words in heard(device, choir))


def test_a_forged_edit_changes_nothing_that_its_author_sent(
    world: World, people: list[Device], choir: bytes, zoe: Device
) -> None:
    olga, ada, mia = people
    say(ada, choir, "before")
    world.settle()
    invite(olga, choir, [zoe])
    world.settle()
    say(ada, choir, "after")
    world.settle()
    targets = [one.id for one in messages(zoe, choir)]
    lies = [encode(edit(bytes([n]) * 16, target, "a lie", world.now)) for n, target in enumerate(targets)]
    tell(mia, choir, [SentOn(ada.account, 1, world.now // 1000, lie) for lie in lies], zoe.account)
    assert zoe.vault.amendments(choir, targets) == []


def test_nobody_who_is_no_newcomer_takes_any_of_it(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    say(ada, choir, "one")
    world.settle()
    said = encode(text(SALT, "I never said that", world.now))
    tell(mia, choir, [SentOn(ada.account, 10_000, world.now // 1000, said)] * 3, olga.account)
    assert heard(olga, choir) == [("ada", "one")]


def test_it_is_refused_where_the_rules_have_no_such_thing(world: World, people: list[Device], choir: bytes) -> None:
    olga, _, mia = people
    wish(olga, choir, Edit(rules=Rules(history=False)))
    world.settle()
    tell(mia, choir, [], olga.account)
    assert skipped(olga) == [Reason.FORBIDDEN]


def test_a_history_has_a_bound_for_who_reads_it() -> None:
    from havre.content import ContentError, read

    rows = [SentOn(bytes(32), 1, 1, b"")] * (MAX_SENT_ON + 1)
    with pytest.raises(ContentError):
        read(history(SALT, bytes(32), rows))
    assert isinstance(read(history(SALT, bytes(32), rows[1:])), History)
