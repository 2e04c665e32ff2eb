"""Taken out of a group and asked in again, before the device has seen the first of it."""

from __future__ import annotations

import pytest

from havre.client.engine import effects
from havre.client.engine.groups import Group, Step
from havre.client.engine.terms import Handover, Role, encode_handover
from havre.client.engine.wishes import GiveRole, RemovePeople
from havre.client.vault.rows import QueueRole, Standing
from havre.wire.capability import inbox_write
from havre.wire.stream import Append, Read, Subscribe
from tests.client.engine.crowd import agree, create, heard, invite, names, row, say, standing, wish
from tests.client.engine.entering import join, open_link
from tests.client.engine.looking import skipped, told
from tests.simulation.world import Device, World, fake_newcomer


@pytest.fixture(params=["real", "fake"])
def world(request: pytest.FixtureRequest, world: World) -> World:
    return world if request.param == "real" else World(1, newcomer=fake_newcomer)


@pytest.fixture
def people(world: World) -> list[Device]:
    """The group lives on another relay than the inboxes of Ada and Mia."""
    found = [world.person(name, world.relay(number)) for name, number in (("olga", 2), ("ada", 1), ("mia", 1))]
    world.settle()
    return found


@pytest.fixture
def choir(people: list[Device]) -> bytes:
    return create(people[0], people[1:])


def go_offline(device: Device) -> None:
    for relay in list(device.wires):
        device.disconnect(relay)
    device.wanted.clear()


def replace_in_absence(olga: Device, mia: Device, choir: bytes) -> None:
    go_offline(mia)
    wish(olga, choir, RemovePeople((mia.account,)))
    olga.world.settle()
    say(olga, choir, "not for mia")
    assert isinstance(invite(olga, choir, [mia]), effects.Answer)
    olga.world.settle()
    say(olga, choir, "welcome back")
    olga.world.settle()


@pytest.mark.parametrize("first", ["inbox", "group", "both at once"])
def test_comes_back_in_whatever_order_it_hears(world: World, people: list[Device], choir: bytes, first: str) -> None:
    olga, ada, mia = people
    replace_in_absence(olga, mia, choir)
    own, theirs = mia.vault.me().relay, olga.vault.me().relay
    for relay in (theirs, own) if first == "group" else (own, theirs):
        mia.wanted.add(relay)
        if first != "both at once":
            world.settle()
    world.settle()
    agree(people, choir)
    assert names(mia, choir) == ["ada", "mia", "olga"]
    assert standing(mia, choir) is Standing.ACCEPTED
    assert heard(mia, choir) == [("olga", "welcome back")]
    say(mia, choir, "thank you")
    world.settle()
    assert heard(ada, choir)[-1] == ("mia", "thank you")
    assert skipped(mia) == []


@pytest.mark.parametrize("first", ["inbox", "group"])
def test_comes_back_though_the_removal_has_expired(
    world: World, people: list[Device], choir: bytes, first: str
) -> None:
    olga, ada, mia = people
    replace_in_absence(olga, mia, choir)
    home = row(olga, choir).queue
    world.relays[world.relay(2)].expire(home, max(world.relays[world.relay(2)].entries[home]))
    say(olga, choir, "welcome back once more")
    world.settle()
    own, theirs = mia.vault.me().relay, olga.vault.me().relay
    for relay in (theirs, own) if first == "group" else (own, theirs):
        mia.wanted.add(relay)
        world.settle()
    agree(people, choir)
    if first == "inbox":  # otherwise the door lets it in first, and what was said before that is not for its keys
        assert heard(mia, choir)[-1] == ("olga", "welcome back once more")
    say(mia, choir, "thank you")
    world.settle()
    assert heard(ada, choir)[-1] == ("mia", "thank you")


def test_a_welcome_alone_changes_nothing_in_a_group(world: World, people: list[Device], choir: bytes) -> None:
    """A member can make a group of its own that claims to be this one; nobody is led into it."""
    olga, ada, mia = people
    before = row(mia, choir)
    claimed = ada.group(before.queue)
    assert claimed is not None

    # Ada goes on by herself, past the relay: a commit that takes Mia out and one that brings her in again.
    def alone(group: Group, step: Step) -> tuple[Group, bytes | None]:
        made = ada.groups.commit(group, step, world.now // 1000)
        return made.group, made.welcome

    leaf = next(member.leaf for member in claimed.members if member.account == mia.account)
    forked, _ = alone(claimed, Step(remove=(leaf,)))
    there = mia.vault.queue(before.queue)
    assert there is not None
    handover = encode_handover(Handover(there.read, there.write, None, there.cursor))
    forked, welcome = alone(forked, Step(add=(world.taken(mia).key_package,), handover=handover))
    assert welcome is not None
    me = mia.vault.me()
    wire = world.relays[world.relay(1)].connect()
    wire.commands.append(Append(1, me.inbox, inbox_write(me.account_key), bytes(16), welcome, None))
    world.relays[world.relay(1)].take(wire)
    world.settle()
    assert row(mia, choir) == before
    say(olga, choir, "as before")
    world.settle()
    assert heard(mia, choir)[-1] == ("olga", "as before")
    agree(people, choir)
    found = mia.vault.queue(before.queue)
    assert found is not None
    assert found.role is QueueRole.CONVERSATION


def test_an_old_invitation_is_not_read_by_what_was_asked_before_it_came(
    world: World, people: list[Device], choir: bytes
) -> None:
    """Seeds 21023 and 26088: invited, then taken out while coming in by a link; the Welcome comes during a read.

    The read's answer, under later capabilities, moved the cursor past the removal, which was never seen.
    """
    link = open_link(people[0], choir)
    zoe = world.person("zoe", world.relay(1))
    world.settle()
    go_offline(zoe)
    assert isinstance(invite(people[0], choir, [zoe]), effects.Answer)
    zoe.wanted.clear()
    world.settle()
    join(zoe, people[0], choir, link)
    zoe.connect(world.relay(2))
    wire = zoe.wires[world.relay(2)]
    while not any(isinstance(command, Subscribe) for command in wire.commands):
        if wire.commands:
            world.relays[world.relay(2)].take(wire)
            zoe.hear(world.relay(2), 9)
        else:
            world.pass_time(30 * 1000)  # she stands in the group already, and waits for the Welcome at first
    world.devices.remove(zoe)
    wish(people[0], choir, RemovePeople((zoe.account,)))
    world.settle()
    world.devices.append(zoe)
    world.relays[world.relay(2)].take(wire)
    zoe.hear(world.relay(2), 9)
    assert [type(one) for one in wire.commands] == [Read]
    zoe.connect(world.relay(1))
    inbox_wire = zoe.wires[world.relay(1)]
    while inbox_wire.commands:
        world.relays[world.relay(1)].take(inbox_wire)
        zoe.hear(world.relay(1), 9)
    world.settle()
    assert told(zoe, effects.RelayWentBack) == []
    assert standing(zoe, choir) is not Standing.ACCEPTED


def test_a_welcome_that_was_late_leads_nowhere_after_a_removal(
    world: World, people: list[Device], choir: bytes
) -> None:
    """Seed 65129: it led back to where the device had been before, and it looked for a way on from there."""
    olga, ada, mia = people
    wish(olga, choir, GiveRole(ada.account, Role.ADMIN))
    wish(olga, choir, RemovePeople((mia.account,)))
    world.settle()
    inboxes = mia.vault.me().relay
    world.away.add(inboxes)
    for one in people:
        one.lose(inboxes)
    invite(olga, choir, [mia])
    world.settle()
    go_offline(olga)
    world.away.clear()
    for what in ("remove", "invite", "remove"):
        if what == "invite":
            invite(ada, choir, [mia])
        else:
            wish(ada, choir, RemovePeople((mia.account,)))
        world.settle()
    assert standing(mia, choir) is Standing.REMOVED
    shown = mia.vault.last_messages(choir, 100)
    olga.start()
    world.settle()
    assert olga.vault.outbox_size() == 0
    assert standing(mia, choir) is Standing.REMOVED
    assert mia.vault.last_messages(choir, 100) == shown, "it came in again, and went"
    assert names(olga, choir) == ["ada", "olga"]
