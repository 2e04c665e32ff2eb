"""Groups whose commits and trees are larger than an entry: parts, trees that lie apart, one Welcome for each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from havre.client.engine import effects, events, parcels
from havre.client.engine.groups import Reason
from havre.client.engine.requests import REQUESTS
from havre.client.engine.wishes import Edit, RemovePeople
from havre.client.vault.rows import Queue
from havre.wire.stream import Append, Commit
from tests.client.engine.crowd import agree, create, group, heard, invite, names, row, say, terms, wish
from tests.client.engine.entering import go_offline, join, open_link, wait
from tests.client.engine.looking import skipped, told
from tests.simulation.real import real_newcomer
from tests.simulation.world import TUNING, Device, Newcomer, World, fake_newcomer

REAL = pytest.mark.parametrize("world", [real_newcomer], indirect=True, ids=["real"])
NAMES = ("olga", "ada", "mia", "zoe", "yan", "kim")


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    newcomer: Newcomer = getattr(request, "param", fake_newcomer)
    small = 4096 if newcomer is real_newcomer else 256
    return World(1, newcomer=newcomer, tuning=replace(TUNING, whole=2, entry_bytes=small, guests=3, trim_step=1000))


@pytest.fixture
def people(world: World) -> list[Device]:
    found = [world.person(name, world.relay(1)) for name in NAMES]
    world.settle()
    return found


@pytest.fixture
def choir(people: list[Device]) -> bytes:
    return create(people[0], people[1:])


def home(who: Device, chat: bytes) -> Queue:
    found = who.vault.queue(row(who, chat).queue)
    assert found is not None
    return found


def bodies(who: Device, chat: bytes) -> list[bytes]:
    here = home(who, chat)
    return [entry.body for entry in who.world.relays[here.relay].entries[here.queue].values()]


@REAL
def test_everybody_comes_in_and_is_heard(world: World, people: list[Device], choir: bytes) -> None:
    wait(world, 1)
    agree(people, choir)
    for device in people:
        say(device, choir, device.name)
        world.settle()
    assert [heard(device, choir) for device in people] == [[(name, name) for name in NAMES]] * 6
    assert all(len(body) <= world.tuning.entry_bytes for body in bodies(people[0], choir))
    assert any(parcels.is_part(body) for body in bodies(people[0], choir))
    assert all(device.vault.count_parcels(home(device, choir).queue) == 0 for device in people)
    assert all(device.vault.entrances() == [] for device in people)


@REAL
def test_a_welcome_is_for_one_account_and_has_no_tree(world: World, people: list[Device]) -> None:
    go_offline(*people[1:])
    chat = create(people[0], people[1:])
    inboxes = [world.relays[world.relay(1)].entries[device.vault.me().inbox] for device in people[1:]]
    sizes = [len(entry.body) for inbox in inboxes for entry in inbox.values()]
    assert len(sizes) == 5
    assert max(sizes[3:]) < 4096 < len(people[0].groups.tree(group(people[0], chat)))


def test_two_commit_at_once(world: World, people: list[Device], choir: bytes) -> None:
    wait(world, 1)
    olga, ada, mia, *_ = people
    wish(olga, choir, RemovePeople((mia.account,)))
    wish(olga, choir, Edit(title="Quire", description="x" * 600))
    ada.happen(events.Tick())
    wait(world, 2)
    agree([device for device in people if device is not mia], choir)
    assert terms(ada, choir).title == "Quire"
    assert "mia" not in names(ada, choir)


def test_a_committer_that_dies_at_any_step_loses_nothing(world: World, people: list[Device], choir: bytes) -> None:
    wait(world, 1)
    olga = people[0]
    relay = world.relay(1)
    wish(olga, choir, Edit(description="y" * 900))
    for _ in range(12):
        if olga.wires[relay].commands:
            world.relays[relay].take(olga.wires[relay])
        olga.crash()
        olga.connect(relay)
        for _ in range(3):
            if olga.wires[relay].commands:
                world.relays[relay].take(olga.wires[relay])
            olga.hear(relay, 9)
    wait(world, 2)
    agree(people, choir)
    assert terms(people[-1], choir).description == "y" * 900


def test_a_stranger_has_nothing_fetched_before_i_accept(world: World, people: list[Device]) -> None:
    eve = world.person("eve", world.relay(2))
    with eve.vault.transaction():
        eve.vault.put_setting(REQUESTS, "")
    world.settle()
    chat = create(people[0], [*people[1:], eve])
    wait(world, 1)
    (request,) = eve.vault.requests()
    assert (request.account, request.kind) == (people[0].account, "group")
    assert world.relay(1) not in eve.wires
    assert isinstance(eve.ask(lambda ticket: events.AcceptRequest(ticket, request.account)), effects.Answer)
    wait(world, 2)
    agree([*people, eve], chat)


def test_who_comes_by_a_link_commits_in_parts_too(world: World, people: list[Device], choir: bytes) -> None:
    wait(world, 1)
    wish(people[0], choir, Edit(title="Quire"))
    link = open_link(people[0], choir)
    go_offline(*people[1:])
    eve, max_ = world.person("eve", world.relay(1)), world.person("max", world.relay(1))
    world.settle()
    for device in (eve, max_):
        join(device, people[0], choir, link)
    wait(world)
    agree([people[0], eve, max_], choir)


def test_parts_that_lead_nowhere_are_passed_over(world: World, people: list[Device], choir: bytes) -> None:
    """A hostile member floods the queue with parts, and commits to what nobody has the rest of."""
    wait(world, 1)
    olga, ada, *_ = people
    before = [device.vault.count_parcels(home(device, choir).queue) for device in (olga, ada)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parcels, "MOST", 4)
        stuffing = [
            parcels.MARK + parcels._PART.encode(parcels._Part(bytes([n]) * 8, 0, 2, b"stuffing")) for n in range(6)
        ]
        lost = parcels.MARK + parcels._PART.encode(parcels._Part(b"12345678", 3, 4, b"the end"))
        queue = home(ada, choir)
        relay = world.relays[queue.relay]
        wire = relay.connect()
        for number, body in enumerate([*stuffing, parcels.MARK + b"nonsense"]):
            wire.commands.append(Append(number + 1, queue.queue, queue.write, bytes([number]) * 16, body))
        wire.commands.append(Commit(99, queue.queue, queue.write, b"c" * 16, queue.fence, lost))
        while wire.commands:
            relay.take(wire)
        world.settle()
    assert before == [0, 0]
    assert skipped(olga)[-4:] == [Reason.TOO_LARGE, Reason.TOO_LARGE, Reason.MALFORMED, Reason.MALFORMED]
    assert olga.vault.count_parcels(queue.queue) == 0
    invite(olga, choir, [])
    wish(olga, choir, Edit(title="Quire"))
    wait(world, 1)
    agree(people, choir)
    assert told(olga, effects.WishFailed) == []
