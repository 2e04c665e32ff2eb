"""Coming from outside: by a link with nobody else there, and back after a long time away."""

from __future__ import annotations

import pytest

from havre.client.engine import effects, events
from havre.client.engine.groups import Reason
from havre.client.engine.notices import What
from havre.client.engine.terms import Invitation
from havre.client.engine.wishes import Edit, RemovePeople, SetInvitation
from havre.client.vault.rows import Standing
from havre.wire.stream import Append, Commit
from tests.client.engine.crowd import agree, create, group, heard, invite, names, row, say, standing, terms, wish
from tests.client.engine.entering import (
    come_back,
    go_offline,
    is_outside,
    join,
    lay_again,
    let_entries_expire,
    miss_it,
    notices,
    open_link,
    stale_door,
    wait,
)
from tests.client.engine.looking import skipped, told
from tests.simulation.world import Device, World, fake_newcomer


@pytest.fixture(params=["real", "fake"])
def world(request: pytest.FixtureRequest, world: World) -> World:
    return world if request.param == "real" else World(1, newcomer=fake_newcomer)


@pytest.fixture
def choir(people: list[Device]) -> bytes:
    return create(people[0], people[1:])


# --- links ----------------------------------------------------------------------------------------------------


def test_join_with_nobody_else_there(world: World, people: list[Device], choir: bytes) -> None:
    link = open_link(people[0], choir)
    go_offline(*people)
    zoe = world.person("zoe", world.relay(1))
    world.settle()
    assert isinstance(join(zoe, people[0], choir, link), effects.Answer)
    world.settle()
    assert standing(zoe, choir) is Standing.ACCEPTED
    assert names(zoe, choir) == ["ada", "mia", "olga", "zoe"]
    say(zoe, choir, "hello")
    world.settle()
    for device in people:
        device.wanted.add(world.relay(1))
    world.settle()
    agree([*people, zoe], choir)
    assert [heard(device, choir) for device in people] == [[("zoe", "hello")]] * 3
    assert all(What.JOINED in notices(device, choir) for device in [*people, zoe])
    assert {person.profile_name for person in zoe.vault.people()} == {"olga", "ada", "mia"}


def test_who_comes_by_a_link_while_being_brought_in_reads_what_was_said_to_them(
    world: World, people: list[Device], choir: bytes
) -> None:
    """Seeds 47013 and 47934: in a new place of theirs they could not read what was sent to the former one."""
    link = open_link(people[0], choir)
    zoe = world.person("zoe", world.relay(2))
    world.settle()
    go_offline(zoe)
    assert isinstance(invite(people[0], choir, [zoe]), effects.Answer)
    world.settle()
    go_offline(people[1])
    say(people[1], choir, "for all of you")
    zoe.wanted.add(world.relay(1))
    join(zoe, people[0], choir, link)
    world.settle()
    zoe.wanted.add(world.relay(2))
    wait(world)
    come_back(people[1])
    wait(world)
    agree([*people, zoe], choir)
    assert heard(zoe, choir) == [(people[1].name, "for all of you")]


def test_who_stands_in_the_group_and_has_lost_the_welcome_comes_in_all_the_same(
    world: World, people: list[Device], choir: bytes
) -> None:
    link = open_link(people[0], choir)
    zoe = world.person("zoe", world.relay(2))
    world.settle()
    go_offline(zoe)
    assert isinstance(invite(people[0], choir, [zoe]), effects.Answer)
    world.settle()
    world.relays[world.relay(2)].entries[zoe.vault.me().inbox].clear()
    zoe.wanted.update([world.relay(1), world.relay(2)])
    join(zoe, people[0], choir, link)
    world.settle()
    assert standing(zoe, choir) is Standing.WAITING
    wait(world)
    assert standing(zoe, choir) is Standing.ACCEPTED
    agree([*people, zoe], choir)


def test_two_join_one_after_the_other_with_nobody_else_there(world: World, people: list[Device], choir: bytes) -> None:
    link = open_link(people[0], choir)
    go_offline(*people)
    zoe, yan = world.person("zoe", world.relay(1)), world.person("yan", world.relay(1))
    world.settle()
    join(zoe, people[0], choir, link)
    world.settle()
    go_offline(zoe)
    join(yan, people[0], choir, link)
    world.settle()
    assert names(yan, choir) == ["ada", "mia", "olga", "yan", "zoe"]


def test_two_join_at_the_same_moment(world: World, people: list[Device], choir: bytes) -> None:
    link = open_link(people[0], choir)
    zoe, yan = world.person("zoe", world.relay(1)), world.person("yan", world.relay(1))
    world.settle()
    for device in (zoe, yan):
        join(device, people[0], choir, link)
    wait(world)
    agree([*people, zoe, yan], choir)
    assert {standing(device, choir) for device in (zoe, yan)} == {Standing.ACCEPTED}


def test_join_while_somebody_commits(world: World, people: list[Device], choir: bytes) -> None:
    link = open_link(people[0], choir)
    zoe = world.person("zoe", world.relay(1))
    world.settle()
    join(zoe, people[0], choir, link)
    wish(people[0], choir, Edit(title="Quire"))
    wait(world)
    agree([*people, zoe], choir)
    assert terms(zoe, choir).title == "Quire"


@pytest.mark.parametrize("first", [1, 2])
def test_who_follows_a_link_and_is_brought_in_as_well_is_in_once(
    world: World, people: list[Device], choir: bytes, first: int
) -> None:
    """The Welcome comes by one relay, the group's state by the other."""
    link = open_link(people[0], choir)
    zoe = world.person("zoe", world.relay(2))
    world.settle()
    go_offline(zoe)
    assert isinstance(join(zoe, people[0], choir, link), effects.Answer)
    assert isinstance(invite(people[0], choir, [zoe]), effects.Answer)
    zoe.wanted.clear()
    world.settle()
    for relay in (world.relay(first), world.relay(3 - first)):
        zoe.wanted.add(relay)
        wait(world)
    agree([*people, zoe], choir)
    assert names(zoe, choir) == ["ada", "mia", "olga", "zoe"]
    assert len(group(zoe, choir).members) == 4
    assert zoe.vault.entrances() == []
    say(zoe, choir, "in")
    world.settle()
    assert heard(people[1], choir) == [("zoe", "in")]


def test_following_the_link_again_while_the_commit_is_under_way(
    world: World, people: list[Device], choir: bytes
) -> None:
    link = open_link(people[0], choir)
    zoe = world.person("zoe", world.relay(1))
    world.settle()
    join(zoe, people[0], choir, link)
    relay = world.relay(1)
    for _ in range(20):
        if any(isinstance(command, Commit) for command in zoe.wires[relay].commands):
            break
        world.relays[relay].take(zoe.wires[relay])
        zoe.hear(relay, 9)
    join(zoe, people[0], choir, link)
    wait(world)
    agree([*people, zoe], choir)
    assert zoe.vault.entrances() == []


@pytest.mark.parametrize("how", ["closed", "replaced", "removal", "approval"])
def test_an_old_link_lets_nobody_in(world: World, people: list[Device], choir: bytes, how: str) -> None:
    olga, ada, mia = people
    link = open_link(olga, choir)
    match how:
        case "closed":
            wish(olga, choir, SetInvitation(None))
        case "replaced":
            open_link(olga, choir)
        case "removal":
            wish(olga, choir, RemovePeople((mia.account,)))
        case _:
            wish(olga, choir, SetInvitation(Invitation(link, approval=True)))
    world.settle()
    zoe = world.person("zoe", world.relay(1))
    world.settle()
    join(zoe, olga, choir, link)
    wait(world, 11, 15 * 60 * 1000)
    assert "zoe" not in names(olga, choir)
    assert standing(zoe, choir) is Standing.REMOVED
    assert len(told(zoe, effects.WishFailed)) == 1
    agree([olga, ada], choir)


def test_who_is_banned_cannot_come_by_a_link(world: World, people: list[Device], choir: bytes) -> None:
    olga, _, mia = people
    wish(olga, choir, RemovePeople((mia.account,), ban=True))
    world.settle()
    link = open_link(olga, choir)
    join(mia, olga, choir, link)
    wait(world, 11, 15 * 60 * 1000)
    assert names(olga, choir) == ["ada", "olga"]
    assert standing(mia, choir) is Standing.REMOVED


def test_a_forced_entry_of_who_is_banned_is_refused_by_all(
    world: World, people: list[Device], choir: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed client that does not ask whether it may."""
    olga, ada, mia = people
    wish(olga, choir, RemovePeople((mia.account,), ban=True))
    world.settle()
    link = open_link(olga, choir)
    monkeypatch.setattr("havre.client.engine.entrances._check", lambda *_: None)
    join(mia, olga, choir, link)
    wait(world)
    assert Reason.FORBIDDEN in skipped(olga)
    assert Reason.FORBIDDEN in skipped(ada)
    agree([olga, ada], choir)
    assert names(olga, choir) == ["ada", "olga"]


def test_joiner_that_dies_after_the_relay_took_its_commit(world: World, people: list[Device], choir: bytes) -> None:
    link = open_link(people[0], choir)
    zoe = world.person("zoe", world.relay(1))
    world.settle()
    join(zoe, people[0], choir, link)
    relay = world.relay(1)
    for _ in range(20):
        if any(isinstance(command, Commit) for command in zoe.wires[relay].commands):
            break
        world.relays[relay].take(zoe.wires[relay])
        zoe.hear(relay, 9)
    else:
        pytest.fail("no commit was ever sent")
    while zoe.wires[relay].commands:
        world.relays[relay].take(zoe.wires[relay])
    zoe.crash()
    wait(world)
    agree([*people, zoe], choir)


def test_nothing_of_who_comes_is_in_clear_in_the_queue(world: World, people: list[Device], choir: bytes) -> None:
    link = open_link(people[0], choir)
    zoe = world.person("zoe", world.relay(1))
    world.settle()
    if "Fake" in type(zoe.groups).__name__:
        pytest.skip("the simulation's groups hide nothing")
    join(zoe, people[0], choir, link)
    world.settle()
    queues = world.relays[world.relay(1)].entries.values()
    seen = b"".join(entry.body for entries in queues for entry in entries.values())
    me = zoe.vault.me()
    assert seen
    for secret in (me.account_key, me.certificate, link):
        assert secret not in seen


@pytest.mark.parametrize("asked_in", [False, True])
def test_a_link_whose_state_is_older_than_what_the_relay_lets_read(
    world: World, people: list[Device], choir: bytes, asked_in: bool
) -> None:
    """The commit that rotated has expired and its state never came. It is looked for with pauses; a Welcome leads."""
    olga, ada, mia = people
    link = open_link(olga, choir)
    with stale_door(olga, choir):
        wish(olga, choir, RemovePeople((mia.account,)))
        world.settle()
        let_entries_expire(world, choir, olga)
    zoe = world.person("zoe", world.relay(1))
    world.settle()
    join(zoe, olga, choir, link)
    world.settle()
    if asked_in:
        invite(olga, choir, [zoe])
    wait(world, 11, 15 * 60 * 1000)
    assert standing(zoe, choir) is (Standing.ACCEPTED if asked_in else Standing.REMOVED)
    assert zoe.vault.entrances() == []
    agree([olga, ada, zoe] if asked_in else [olga, ada], choir)


@pytest.mark.parametrize("by_link", [True, False])
def test_an_older_state_that_was_laid_later_is_in_nobodys_way(
    world: World, people: list[Device], choir: bytes, by_link: bool
) -> None:
    olga, ada, mia = people
    link = open_link(olga, choir)
    go_offline(mia)
    wish(olga, choir, Edit(title="Quire"))
    world.settle()
    let_entries_expire(world, choir, olga)
    say(ada, choir, "after")
    world.settle()
    lay_again(olga, choir)
    go_offline(olga, ada)
    comes = world.person("zoe", world.relay(1)) if by_link else mia
    come_back(comes)
    world.settle()
    if by_link:
        join(comes, olga, choir, link)
    wait(world)
    assert terms(comes, choir).title == "Quire"
    come_back(olga, ada)
    world.settle()
    agree([olga, ada, comes], choir)


# --- back after a long time -----------------------------------------------------------------------------------


def test_a_device_that_was_away_for_too_long_comes_back(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    say(mia, choir, "before")
    world.settle()
    go_offline(mia)
    say(olga, choir, "missed")
    wish(olga, choir, Edit(title="Quire"))
    world.settle()
    wish(olga, choir, Edit(description="Tuesdays"))
    world.settle()
    let_entries_expire(world, choir, olga)
    say(ada, choir, "still there?")
    world.settle()
    mia.wanted.add(world.relay(1))
    wait(world)
    agree(people, choir)
    assert heard(mia, choir)[0] == ("mia", "before")
    assert What.GAP in notices(mia, choir)
    assert What.RETURNED in notices(olga, choir)
    say(mia, choir, "I am back")
    world.settle()
    say(olga, choir, "welcome")
    world.settle()
    assert [words for _, words in heard(mia, choir)[-2:]] == ["I am back", "welcome"]
    assert heard(olga, choir)[-2:] == heard(mia, choir)[-2:]
    assert standing(mia, choir) is Standing.ACCEPTED


def test_it_comes_back_with_nobody_else_there(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    go_offline(mia)
    wish(olga, choir, Edit(title="Quire"))
    miss_it(world, choir, olga)
    go_offline(olga, ada)
    mia.wanted.add(world.relay(1))
    wait(world)
    assert terms(mia, choir).title == "Quire"
    for device in (olga, ada):
        device.wanted.add(world.relay(1))
    world.settle()
    agree(people, choir)


def test_what_it_wrote_meanwhile_arrives_once(world: World, people: list[Device], choir: bytes) -> None:
    olga, _, mia = people
    go_offline(mia)
    say(mia, choir, "written offline")
    wish(olga, choir, Edit(title="Quire"))
    miss_it(world, choir, olga)
    mia.wanted.add(world.relay(1))
    wait(world)
    assert heard(olga, choir).count(("mia", "written offline")) == 1


def test_it_comes_back_though_capabilities_were_rotated(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    go_offline(mia)
    wish(olga, choir, RemovePeople((ada.account,)))
    miss_it(world, choir, olga)
    mia.wanted.add(world.relay(1))
    wait(world)
    agree([olga, mia], choir)
    assert names(mia, choir) == ["mia", "olga"]


def test_who_was_brought_in_first_of_all_and_missed_what_followed_comes_back(
    world: World, people: list[Device]
) -> None:
    """Where its Welcome says to begin, at the very beginning of the queue, nothing is left."""
    olga, ada, _ = people
    go_offline(ada)
    choir = create(olga, [ada])
    wish(olga, choir, Edit(title="Quire"))
    world.settle()
    let_entries_expire(world, choir, olga)
    say(olga, choir, "after")
    world.settle()
    come_back(ada)
    wait(world)
    agree([olga, ada], choir)
    assert skipped(ada) == []


def test_it_comes_back_by_a_later_state_than_the_first_that_it_finds(
    world: World, people: list[Device], choir: bytes
) -> None:
    olga, ada, mia = people
    go_offline(mia)
    with stale_door(olga, choir):
        wish(olga, choir, RemovePeople((ada.account,)))
        world.settle()
        let_entries_expire(world, choir, olga)
    come_back(mia)
    wait(world)
    assert is_outside(mia, choir)
    wish(olga, choir, Edit(title="Quire"))
    wait(world, 11, 15 * 60 * 1000)
    agree([olga, mia], choir)
    assert not is_outside(mia, choir)


def test_who_was_removed_meanwhile_does_not_come_back(world: World, people: list[Device], choir: bytes) -> None:
    olga, ada, mia = people
    go_offline(mia)
    wish(olga, choir, RemovePeople((mia.account,)))
    miss_it(world, choir, olga)
    mia.wanted.add(world.relay(1))
    wait(world)
    agree([olga, ada], choir)
    assert names(olga, choir) == ["ada", "olga"]
    assert heard(mia, choir) == []


def test_a_direct_chat_comes_back_too(world: World, people: list[Device]) -> None:
    olga, ada, _ = people
    olga.add(ada)
    world.settle()
    olga.send(ada, "before")
    world.settle()
    (here,) = olga.vault.conversations(ada.account)
    go_offline(ada)
    world.now += world.tuning.refresh_age
    olga.happen(events.Tick())
    world.settle()
    olga.send(ada, "missed")
    world.settle()
    world.relays[world.relay(1)].entries[here.queue].clear()
    olga.send(ada, "after")
    world.settle()
    ada.wanted.add(world.relay(1))
    wait(world)
    olga.send(ada, "there you are")
    world.settle()
    ada.send(olga, "here I am")
    world.settle()
    assert ada.shown(olga)[0] == ("olga", "before")
    assert ada.shown(olga)[-2:] == [("olga", "there you are"), ("ada", "here I am")]
    assert olga.shown(ada)[-1] == ("ada", "here I am")


def test_a_hostile_member_cannot_send_everybody_to_the_door(world: World, people: list[Device], choir: bytes) -> None:
    """An entry that claims an epoch of the future means nothing while no entry is missing."""
    olga, ada, mia = people
    if "Fake" in type(mia.groups).__name__:
        pytest.skip("the simulation's groups have another envelope")
    queue = mia.vault.queue(row(mia, choir).queue)
    assert queue is not None
    before = group(olga, choir).authenticator
    future = b"\x00\xfa" + (99).to_bytes(8, "big") + bytes(64)
    relay = world.relays[queue.relay]
    wire = relay.connect()
    wire.commands.append(Append(1, queue.queue, queue.write, bytes(16), future))
    wire.commands.append(Commit(2, queue.queue, queue.write, bytes(15) + b"1", queue.fence, future))
    while wire.commands:
        relay.take(wire)
    wait(world, 2)
    assert olga.vault.entrances() == ada.vault.entrances() == []
    assert skipped(olga) == [Reason.FUTURE, Reason.FUTURE]
    assert group(olga, choir).authenticator == before


def test_what_waits_for_the_way_back_does_not_stand_in_the_way(
    world: World, people: list[Device], choir: bytes
) -> None:
    """More than the window holds: it was all that was looked at, and nothing else was sent."""
    olga, ada, mia = people
    mia.add(ada)
    world.settle()
    go_offline(mia)
    for number in range(world.tuning.window + 1):
        say(mia, choir, f"{number}")
    mia.send(ada, "to you alone")
    wish(olga, choir, Edit(title="Quire"))
    world.settle()
    let_entries_expire(world, choir, olga)
    (door,) = [terms(olga, choir).door]
    assert door is not None
    world.relays[world.relay(1)].entries[door.queue].clear()
    say(olga, choir, "after")
    world.settle()
    mia.wanted.add(world.relay(1))
    world.settle()
    assert mia.vault.entrances(), "it found a way back though the door showed none"
    assert ada.shown(mia) == [("mia", "to you alone")]
