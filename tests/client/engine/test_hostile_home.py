"""Two homes, of which the second is hostile, or both come and go: all show the same in the end."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from havre.client.engine.wishes import Edit
from havre.wire.stream import Entry, EntryKind
from tests.client.engine.crowd import say, wish
from tests.client.engine.two_homes import (
    AWAY,
    all_is_said_once,
    cut_off,
    entries,
    found_choir,
    quiet,
    same,
    second,
    sign_up,
    start,
    stop,
    words,
)
from tests.simulation.world import Device, World


@pytest.fixture
def world() -> World:
    return World(1)


@pytest.fixture
def people(world: World) -> list[Device]:
    return sign_up(world)


@pytest.fixture
def choir(people: list[Device]) -> bytes:
    return found_choir(people)


# --- a hostile second relay -----------------------------------------------------------------------------------


def _repeat(kept: dict[int, Entry], random: Random) -> None:
    last = max(kept)
    for number, entry in enumerate(list(kept.values())):
        kept[last + 1 + number] = replace_cursor(entry, last + 1 + number)


def _reorder(kept: dict[int, Entry], random: Random) -> None:
    found = list(kept.values())
    random.shuffle(found)
    for cursor, entry in zip(list(kept), found, strict=True):
        kept[cursor] = replace_cursor(entry, cursor)


def _withhold(kept: dict[int, Entry], random: Random) -> None:
    for cursor in list(kept)[1:]:
        del kept[cursor]


def _invent(kept: dict[int, Entry], random: Random) -> None:
    bodies = [entry.body for entry in kept.values()]
    for cursor in list(kept):
        kept[cursor] = Entry(cursor, EntryKind.COMMIT, 1 << 50, kept[cursor].body)
    for number, body in enumerate(bodies):
        cursor = max(kept) + 1
        kept[cursor] = Entry(cursor, EntryKind(number % 2), 0, body[:-1] + bytes([body[-1] ^ 1]))
        kept[cursor + 1] = Entry(cursor + 1, EntryKind.MESSAGE, 0, random.randbytes(200))


def replace_cursor(entry: Entry, cursor: int) -> Entry:
    return Entry(cursor, entry.kind, entry.at, entry.body)


@pytest.mark.parametrize("mischief", [_repeat, _reorder, _withhold, _invent])
def test_a_hostile_second_relay_changes_nothing_but_delay(
    world: World, people: list[Device], choir: bytes, mischief: Callable[[dict[int, Entry], Random], None]
) -> None:
    olga, _, mia = people
    cut_off(mia, 2)
    stop(world)
    world.pass_time(AWAY)
    for number in range(4):
        say(people[number % 2], choir, f"{number}")
        world.settle()
    kept = entries(world, olga, choir)
    mischief(kept, world.random)
    relay = world.relays[world.relay(2)]
    queue = second(olga, choir).queue
    relay.tails[queue] = structs.replace(relay.tails[queue], last=max(kept))
    mia.wanted.add(world.relay(2))
    world.settle()
    assert len(set(words(mia, choir))) == len(words(mia, choir))
    start(world)
    quiet(world)
    same(people, choir, *words(olga, choir))
    assert sorted(words(olga, choir)) == ["0", "1", "2", "3"]


# --- whatever is lost, delayed or down ------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whatever_happens_all_show_the_same(seed: int) -> None:
    world = World(seed)
    people = sign_up(world)
    chat = found_choir(people)
    random, said = Random(seed), 0
    for _ in range(40):
        device, number = random.choice(people), random.choice((1, 2))
        match random.randrange(9):
            case 0:
                stop(world, number)
            case 1:
                world.away.discard(world.relay(number))
            case 2 if world.relay(number) in device.wires:
                device.disconnect(world.relay(number))
            case 3:
                device.crash()
            case 4:
                world.pass_time(random.choice((500, 4000, 30_000)))
            case 5:
                wish(people[0], chat, Edit(title=f"Choir {said}"))
            case 6:
                world.settle()
            case _:
                say(device, chat, f"{said}")
                said += 1
        for _ in range(random.randrange(3)):
            world.step()
    all_is_said_once(world, people, chat, said)
