"""Groups: created, joined, left, governed; and however commits race or processes die, all members agree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from havre.client.engine import effects, events
from havre.client.engine.groups import Reason, Step
from havre.client.engine.notices import What, decode_notice
from havre.client.engine.terms import Role, Rules, Terms, encode_terms, with_role
from havre.client.engine.wishes import Edit, GiveRole, RemovePeople, Unban
from havre.client.vault.rows import Chat, MessageState, Standing
from havre.wire.stream import Commit, Read, Refused
from tests.client.engine.crowd import (
    agree,
    create,
    group,
    heard,
    invite,
    invited,
    leave,
    names,
    row,
    say,
    standing,
    terms,
    wish,
)
from tests.client.engine.entering import open_link
from tests.client.engine.looking import skipped, told
from tests.simulation.world import Device, World, crash_at, fake_newcomer


@pytest.fixture(params=["real", "fake"])
def world(request: pytest.FixtureRequest, world: World) -> World:
    """The same with real MLS and with the simulation's: they must not part ways."""
    return world if request.param == "real" else World(1, newcomer=fake_newcomer)


@pytest.fixture
def people(world: World) -> list[Device]:
    found = [world.person(name, world.relay(number % 2 + 1)) for number, name in enumerate(("olga", "ada", "mia"))]
    world.settle()
    return found


@pytest.fixture
def choir(people: list[Device]) -> bytes:
    return create(people[0], people[1:])


def notices(who: Device, chat: bytes) -> list[What]:
    found = [message for message in who.vault.messages(chat) if message.state is MessageState.NOTICE]
    return [decode_notice(message.content).what for message in found]


def test_a_group_is_created_with_several_people_at_once(people: list[Device], choir: bytes) -> None:
    agree(people, choir)
    for device in people:
        assert names(device, choir) == ["ada", "mia", "olga"]
        chat = device.vault.chat(choir)
        assert chat is not None
        assert (chat.title, chat.standing) == ("Choir", Standing.ACCEPTED)
    assert terms(people[2], choir).owner == people[0].account


def test_everybody_reads_what_anybody_writes(world: World, people: list[Device], choir: bytes) -> None:
    for device in people:
        say(device, choir, f"I am {device.name}")
        world.settle()
    expected = [(name, f"I am {name}") for name in ("olga", "ada", "mia")]
    assert [heard(device, choir) for device in people] == [expected] * 3


@pytest.mark.parametrize("count", [1, 100])
def test_what_is_said_at_once_waits_until_those_who_are_brought_in_can_read_it(
    world: World, people: list[Device], count: int
) -> None:
    """More than the window, too: what waits is not in the way of what it waits for."""
    olga, ada, mia = people
    done = olga.ask(lambda ticket: events.CreateGroup(ticket, "Choir", "", 0, [invited(world, ada)]))
    assert isinstance(done, effects.Answer)
    assert isinstance(done.value, Chat)
    choir = done.value.chat
    for number in range(count):
        say(olga, choir, f"welcome {number}")
    invite(olga, choir, [mia])
    say(olga, choir, "and you")
    world.settle()
    expected = [("olga", f"welcome {number}") for number in range(count)] + [("olga", "and you")]
    assert heard(olga, choir) == heard(ada, choir) == expected
    assert heard(mia, choir)[-1:] == expected[-1:]


def test_whom_somebody_else_brings_in_can_read_what_has_waited_for_them(
    world: World, people: list[Device], choir: bytes
) -> None:
    olga, ada = people[:2]
    zoe = world.person("zoe")
    wish(olga, choir, GiveRole(ada.account, Role.ADMIN))
    world.settle()
    olga.disconnect(world.relay(1))
    world.pass_time(world.tuning.refresh_age)
    invite(olga, choir, [zoe])
    say(olga, choir, "welcome")
    invite(ada, choir, [zoe])
    world.settle()
    olga.connect(world.relay(1))
    say(olga, choir, "I am back")
    world.settle()
    say(olga, choir, "so we are four")
    world.settle()
    assert heard(zoe, choir) == [("olga", "welcome"), ("olga", "I am back"), ("olga", "so we are four")]
    agree([*people, zoe], choir)


def test_members_know_each_other_by_name(world: World, people: list[Device], choir: bytes) -> None:
    for device in people:
        others = {person.account: person.profile_name for person in device.vault.people()}
        assert others == {other.account: other.name for other in people if other is not device}


def test_somebody_is_added_later(world: World, people: list[Device], choir: bytes) -> None:
    say(people[0], choir, "before")
    world.settle()
    zoe = world.person("zoe")
    world.settle()
    assert isinstance(invite(people[0], choir, [zoe]), effects.Answer)
    world.settle()
    agree([*people, zoe], choir)
    say(zoe, choir, "hello")
    world.settle()
    assert heard(zoe, choir) == [("zoe", "hello")], "a newcomer reads nothing of before"
    assert heard(people[2], choir) == [("olga", "before"), ("zoe", "hello")]
    assert {person.profile_name for person in zoe.vault.people()} == {"olga", "ada", "mia"}
    assert skipped(zoe) == []


def test_a_member_may_not_add_people(world: World, people: list[Device], choir: bytes) -> None:
    zoe = world.person("zoe")
    world.settle()
    refused = invite(people[2], choir, [zoe])
    assert isinstance(refused, effects.Failed)
    assert "role" in refused.sentence


def test_title_timer_and_rules_are_changed(world: World, people: list[Device], choir: bytes) -> None:
    change = Edit(title="Quire", description="Tuesdays", timer=3600, rules=Rules(write=Role.ADMIN))
    assert isinstance(wish(people[0], choir, change), effects.Answer)
    world.settle()
    for device in people:
        chat = device.vault.chat(choir)
        assert chat is not None
        assert (chat.title, chat.description, chat.timer) == ("Quire", "Tuesdays", 3600)
        assert {What.TITLE, What.DESCRIPTION, What.TIMER, What.RULES} <= set(notices(device, choir))
    refused = say(people[2], choir, "may I?")
    assert isinstance(refused, effects.Failed)
    assert "Only admins may write" in refused.sentence


def test_two_changes_at_once_are_both_made(world: World, people: list[Device], choir: bytes) -> None:
    """The loser's wish is made anew on what the winner has left."""
    wish(people[0], choir, GiveRole(people[1].account, Role.ADMIN))
    world.settle()
    wish(people[0], choir, Edit(title="Quire"))
    wish(people[1], choir, Edit(description="Tuesdays"))
    world.settle()
    agree(people, choir)
    for device in people:
        assert (terms(device, choir).title, terms(device, choir).description) == ("Quire", "Tuesdays")
        assert device.vault.outbox_size() == 0


def test_a_change_that_is_no_longer_allowed_is_given_up_with_a_sentence(
    world: World, people: list[Device], choir: bytes
) -> None:
    olga, ada, mia = people
    wish(olga, choir, GiveRole(ada.account, Role.ADMIN))
    world.settle()
    relay = world.relay(1)
    ada.disconnect(relay)
    ada.wanted.discard(relay)
    wish(ada, choir, Edit(title="Ada's"))
    wish(olga, choir, GiveRole(ada.account, Role.MEMBER))
    world.settle()
    ada.wanted.add(relay)
    world.settle()
    agree(people, choir)
    assert terms(ada, choir).title == terms(mia, choir).title == "Choir"
    assert [failed.chat for failed in told(ada, effects.WishFailed)] == [choir]
    assert ada.vault.outbox_size() == 0


def test_a_removed_member_can_fetch_nothing_that_comes_after(world: World, people: list[Device], choir: bytes) -> None:
    olga, _, mia = people
    say(olga, choir, "still with us")
    world.settle()
    queue = mia.vault.queue(row(mia, choir).queue)
    assert queue is not None
    assert isinstance(wish(olga, choir, RemovePeople((mia.account,))), effects.Answer)
    world.settle()
    say(olga, choir, "without her")
    world.settle()
    assert names(olga, choir) == ["ada", "olga"]
    assert standing(mia, choir) is Standing.REMOVED
    assert heard(mia, choir) == [("olga", "still with us")]
    assert mia.vault.epoch(queue.queue, row(mia, choir).epoch) is None
    relay = world.relays[queue.relay]
    wire = relay.connect()
    wire.commands.append(Read(1, queue.queue, queue.read, queue.cursor))
    relay.take(wire)
    (answer,) = wire.events
    after = [entry.body for entry in getattr(answer, "entries", [])]
    assert isinstance(answer, Refused) or len(after) <= 1, "at most the commit that removes her"
    assert isinstance(say(mia, choir, "hello?"), effects.Failed)


def test_who_was_removed_can_be_added_again(world: World, people: list[Device], choir: bytes) -> None:
    olga, _, mia = people
    say(mia, choir, "one")
    world.settle()
    wish(olga, choir, RemovePeople((mia.account,)))
    world.settle()
    invite(olga, choir, [mia])
    world.settle()
    agree(people, choir)
    assert standing(mia, choir) is Standing.ACCEPTED
    say(mia, choir, "two")
    world.settle()
    assert heard(mia, choir) == heard(olga, choir) == [("mia", "one"), ("mia", "two")]


def test_who_is_banned_cannot_be_added_until_that_is_lifted(world: World, people: list[Device], choir: bytes) -> None:
    olga, _, mia = people
    wish(olga, choir, RemovePeople((mia.account,), ban=True))
    world.settle()
    assert isinstance(invite(olga, choir, [mia]), effects.Failed)
    wish(olga, choir, Unban(mia.account))
    world.settle()
    assert isinstance(invite(olga, choir, [mia]), effects.Answer)
    world.settle()
    agree(people, choir)


def test_a_member_leaves(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    assert isinstance(leave(mia, choir), effects.Answer)
    world.settle()
    world.pass_time(world.tuning.patience_step)
    world.settle()
    agree([olga, ada], choir)
    assert names(olga, choir) == ["ada", "olga"]
    assert standing(mia, choir) is Standing.LEFT
    assert What.LEFT in notices(ada, choir)
    say(olga, choir, "gone")
    world.settle()
    assert heard(mia, choir) == []
    assert mia.vault.outbox_size() == 0


def test_a_group_survives_its_owner(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    leave(olga, choir)
    for _ in range(3):
        world.settle()
        world.pass_time(world.tuning.patience_step)
    world.settle()
    agree([ada, mia], choir)
    assert names(mia, choir) == ["ada", "mia"]
    assert terms(mia, choir).owner == ada.account
    wish(ada, choir, Edit(title="Ada's choir"))
    world.settle()
    assert terms(mia, choir).title == "Ada's choir"


def test_who_is_given_a_role_while_leaving_gives_it_back_and_goes(
    world: World, people: list[Device], choir: bytes
) -> None:
    """What it said was refused as that of somebody with a role, in every epoch anew."""
    olga, ada, mia = people
    wish(olga, choir, GiveRole(mia.account, Role.ADMIN))
    leave(mia, choir)
    for _ in range(3):
        world.settle()
        world.pass_time(world.tuning.patience_step)
    world.settle()
    agree([olga, ada], choir)
    assert names(olga, choir) == ["ada", "olga"]
    assert skipped(olga) == skipped(ada) == []
    assert mia.vault.outbox_size() == 0


def test_the_last_one_leaves(world: World, people: list[Device]) -> None:
    chat = create(people[0], [])
    leave(people[0], chat)
    world.settle()
    assert standing(people[0], chat) is Standing.LEFT
    assert people[0].vault.outbox_size() == 0


@pytest.mark.parametrize("step", [0, 1, 3])
def test_all_leave_at_the_same_time(world: World, people: list[Device], choir: bytes, step: int) -> None:
    """None can commit to their own leaving, and nobody who stays is there to do it."""
    for device in people:
        leave(device, choir)
        for _ in range(step):
            world.step()
    for _ in range(9):
        world.settle()
        world.pass_time(60_000)
    assert {standing(device, choir) for device in people} == {Standing.LEFT}
    assert all(is_out(device, choir) for device in people)
    assert [one for device in people for one in skipped(device)] == []


def test_nobody_comes_by_a_link_after_the_last_one(world: World, people: list[Device]) -> None:
    chat = create(people[0], [])
    link = open_link(people[0], chat)
    behind = terms(people[0], chat)
    leave(people[0], chat)
    world.settle()
    assert is_out(people[0], chat)
    nobody_comes_in(world, people[1], chat, behind, link)


def test_nobody_comes_by_a_link_after_the_last_one_has_seen_off_the_others(world: World, people: list[Device]) -> None:
    """The link was still open when the last but one went, and led to a member whom nobody reached."""
    olga, ada, mia = people
    chat = create(olga, [ada])
    link = open_link(olga, chat)
    olga.disconnect(world.relay(1))
    olga.wanted.discard(world.relay(1))
    leave(ada, chat)
    world.settle()
    leave(olga, chat)
    behind = terms(olga, chat)
    olga.wanted.add(world.relay(1))
    world.settle()
    assert is_out(ada, chat)
    assert is_out(olga, chat)
    nobody_comes_in(world, mia, chat, behind, link)


def nobody_comes_in(world: World, who: Device, chat: bytes, behind: Terms, link: bytes) -> None:
    """Have somebody follow a link that is open no longer."""
    assert behind.door is not None
    come = events.JoinByLink(
        world.ticket(), behind.homes[0].relay, chat, behind.door.queue, "Choir", behind.door.secret, link
    )
    who.happen(come)
    for _ in range(11):
        world.settle()
        world.pass_time(15 * 60_000)
    assert is_out(who, chat)
    assert standing(who, chat) is Standing.REMOVED


def is_out(who: Device, chat: bytes) -> bool:
    """Tell whether a device has no key of a group."""
    return all(who.vault.epoch(row.queue, row.epoch) is None for row in who.vault.conversations(chat))


def test_a_leaving_that_loses_to_a_commit_is_said_again(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    relay = world.relay(1)
    leave(mia, choir)
    wish(olga, choir, Edit(title="first"))
    while olga.wires[relay].commands:
        world.relays[relay].take(olga.wires[relay])
    for _ in range(3):
        world.settle()
        world.pass_time(world.tuning.patience_step)
    world.settle()
    agree([olga, ada], choir)
    assert names(olga, choir) == ["ada", "olga"]
    assert terms(ada, choir).title == "first"


def test_ownership_is_handed_on(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    wish(olga, choir, GiveRole(ada.account, Role.OWNER))
    world.settle()
    assert terms(mia, choir).owner == ada.account
    assert terms(mia, choir).admins == (olga.account,)
    assert isinstance(wish(olga, choir, GiveRole(mia.account, Role.ADMIN)), effects.Failed)


def test_admins_who_remove_each_other_at_once(world: World, people: list[Device], choir: bytes) -> None:
    """Whoever comes first stays; the other's wish falls with it."""
    olga, ada, mia = people
    zoe = world.person("zoe")
    world.settle()
    invite(olga, choir, [zoe])
    wish(olga, choir, GiveRole(ada.account, Role.ADMIN))
    world.settle()
    wish(ada, choir, RemovePeople((mia.account,)))
    wish(olga, choir, RemovePeople((ada.account,)))
    world.settle()
    stayed = [device for device in (olga, zoe, mia) if standing(device, choir) is Standing.ACCEPTED]
    assert standing(ada, choir) is Standing.REMOVED
    agree(stayed, choir)
    assert names(olga, choir) == sorted(device.name for device in stayed)
    assert all(device.vault.outbox_size() == 0 for device in (olga, ada, mia, zoe))


def test_what_no_parts_hold_is_refused_before_anybody_is_half_in(
    world: World, people: list[Device], choir: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga, ada, mia = people
    zoe = world.person("zoe")
    world.settle()
    monkeypatch.setattr("havre.client.engine.parcels.MOST", 1)
    olga.engine._tuning = replace(olga.engine._tuning, entry_bytes=100)
    invite(olga, choir, [zoe])
    world.settle()
    monkeypatch.undo()
    assert [failed.sentence for failed in told(olga, effects.WishFailed)] == [
        "The group has become too large for that: no relay takes so much in one entry."
    ]
    agree(people, choir)
    assert "zoe" not in names(olga, choir)
    assert olga.vault.outbox_size() == 0
    world.pass_time(world.tuning.refresh_age)
    world.settle()
    say(olga, choir, "we go on")
    world.settle()
    assert heard(mia, choir) == heard(ada, choir) == [("olga", "we go on")]


# --- what breaks the rules ------------------------------------------------------------------------------------


def force(world: World, who: Device, chat: bytes, step: Step) -> None:
    """Have a hostile member commit to something, whatever the policy says."""
    queue = who.vault.queue(row(who, chat).queue)
    assert queue is not None
    made = who.groups.commit(group(who, chat), step, world.now // 1000)
    relay = world.relays[queue.relay]
    wire = relay.connect()
    wire.commands.append(Commit(1, queue.queue, queue.write, bytes(16), queue.fence, made.message))
    relay.take(wire)
    world.settle()


@pytest.mark.parametrize("crime", ["role", "title", "removal", "ban"])
def test_what_the_policy_forbids_is_refused_by_all_alike(
    world: World, people: list[Device], choir: bytes, crime: str
) -> None:
    olga, ada, mia = people
    now = terms(mia, choir)
    leaf = next(member.leaf for member in group(mia, choir).members if member.account == ada.account)
    steps = {
        "role": Step(terms=encode_terms(with_role(now, mia.account, Role.OWNER))),
        "title": Step(terms=encode_terms(type(now)(now.version, now.kind, now.homes, title="Mia's", owner=now.owner))),
        "removal": Step(remove=(leaf,)),
        "ban": Step(
            remove=(leaf,),
            terms=encode_terms(
                type(now)(now.version, now.kind, now.homes, owner=now.owner, title="Choir", banned=(ada.account,))
            ),
        ),
    }
    force(world, mia, choir, steps[crime])
    assert skipped(olga) == skipped(ada) == [Reason.FORBIDDEN]
    agree([olga, ada], choir)
    say(ada, choir, "still here")
    world.settle()
    assert heard(olga, choir) == [("ada", "still here")]


def test_a_message_of_who_may_not_write_is_refused_by_all(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    wish(olga, choir, Edit(rules=Rules(write=Role.ADMIN)))
    world.settle()
    # A changed client that does not ask whether it may: it writes under terms that it has made up for itself.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("havre.client.engine.direct.may_write", lambda terms, account: True)
        assert isinstance(say(mia, choir, "I write anyway"), effects.Answer)
    world.settle()
    assert heard(olga, choir) == heard(ada, choir) == []
    assert skipped(olga) == skipped(ada) == [Reason.FORBIDDEN]


# --- crashes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", range(0, 40, 3))
def test_committer_that_dies_anywhere_brings_its_guest_in(world: World, people: list[Device], statement: int) -> None:
    olga, ada, mia = people
    chat = create(olga, [ada])
    people_to_add = [invited(world, mia)]
    with crash_at(olga, statement):
        olga.ask(lambda ticket: events.InvitePeople(ticket, chat, people_to_add))
        while world.step():
            pass
    world.settle()
    if not is_in(mia, chat):
        # It died before the wish was in the vault.
        assert olga.vault.outbox_size() == 0
        invite(olga, chat, [mia])
        world.settle()
    agree(people, chat)


def is_in(who: Device, chat: bytes) -> bool:
    return bool(who.vault.conversations(chat))


def test_committer_that_dies_between_commit_and_welcome(world: World, people: list[Device]) -> None:
    """The relay has the commit; the process that made it has died before it heard so."""
    olga, ada, mia = people
    chat = create(olga, [ada])
    invite(olga, chat, [mia])
    relay = world.relay(1)
    while olga.wires[relay].commands:
        world.relays[relay].take(olga.wires[relay])
    olga.crash()
    assert not is_in(mia, chat)
    world.settle()
    agree(people, chat)
