"""A group with two homes, in the world of the simulation, and relays that go and come back."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from havre.client.engine import effects
from havre.client.engine.terms import Home
from havre.client.engine.wishes import SetSecondHome
from havre.client.vault.homes import SecondHome
from havre.client.vault.rows import MessageState
from havre.wire.stream import Entry, EntryKind
from tests.client.engine.crowd import agree, create, heard, row, say, wish
from tests.client.engine.looking import skipped
from tests.simulation.world import TUNING, Device, World

AWAY = TUNING.away


def sign_up(world: World) -> list[Device]:
    found = [world.person(name, world.relay(1)) for name in ("olga", "ada", "mia")]
    world.settle()
    return found


def found_choir(people: list[Device]) -> bytes:
    """Return a group that has been given a second home."""
    chat = create(people[0], people[1:])
    quiet(people[0].world)
    assert isinstance(wish(people[0], chat, second_home(people[0].world)), effects.Answer)
    people[0].world.settle()
    return chat


def second_home(world: World) -> SetSecondHome:
    return SetSecondHome(Home(world.relay(2), world.random.randbytes(16)))


def quiet(world: World) -> None:
    """Let all that is due come about."""
    for _ in range(3):
        world.settle()
        world.pass_time(20 * 1000)
    world.settle()


def stop(world: World, number: int = 1) -> None:
    """A relay is gone, with all connections to it."""
    relay = world.relay(number)
    world.away.add(relay)
    for device in world.devices:
        if relay in device.wires:
            device.disconnect(relay)


def cut_off(device: Device, number: int) -> None:
    """A device does not reach a relay, and does not try."""
    device.disconnect(device.world.relay(number))
    device.wanted.discard(device.world.relay(number))


def say_over_the_second(who: Device, chat: bytes, text: str, deaf: Device) -> None:
    """Somebody who does not reach the first home says something, and another does not reach the second."""
    for device, number in ((who, 1), (deaf, 2)):
        cut_off(device, number)
    say(who, chat, text)
    who.world.pass_time(AWAY)
    who.world.settle()


def all_is_said_once(world: World, people: list[Device], chat: bytes, count: int) -> None:
    """All relays are back, and so many texts, which are numbers, stand once with each, in one order."""
    world.away.clear()
    for _ in range(8):
        quiet(world)
    expected = words(people[0], chat)
    same(people, chat, *expected)
    assert sorted(expected, key=int) == [str(number) for number in range(count)]
    assert all(device.vault.outbox_size() == 0 for device in people)


def start(world: World, number: int = 1) -> None:
    world.away.discard(world.relay(number))
    world.settle()


def works_off(world: World, device: Device) -> bool:
    """Have one device alone talk to the relays."""
    busy = False
    for relay, wire in device.wires.items():
        while wire.commands:
            world.relays[relay].take(wire)
            busy = True
        while wire.events:
            device.hear(relay, 16)
            busy = True
    return busy


def second(who: Device, chat: bytes) -> SecondHome:
    found = who.vault.second_home(row(who, chat).queue)
    assert found is not None
    return found


def entries(world: World, who: Device, chat: bytes) -> dict[int, Entry]:
    """Return what stands in the second home."""
    return world.relays[world.relay(2)].entries[second(who, chat).queue]


def lay_down(world: World, who: Device, chat: bytes, bodies: Sequence[bytes]) -> None:
    """Have ciphertexts stand in the second home that a device knows, whoever put them there."""
    relay, queue = world.relays[world.relay(2)], second(who, chat).queue
    for body in bodies:
        cursor = relay.tails[queue].last + 1
        relay.entries[queue][cursor] = Entry(cursor, EntryKind.MESSAGE, relay.now, body)
        relay.tails[queue] = structs.replace(relay.tails[queue], last=cursor)


def words(who: Device, chat: bytes) -> list[str]:
    return [said for _, said in heard(who, chat)]


def same(devices: list[Device], chat: bytes, *expected: str) -> None:
    """All show these, in this order, each once, and nothing was passed over."""
    for device in devices:
        assert words(device, chat) == list(expected), device.name
        assert skipped(device) == []
        rows = [one for one in device.vault.messages(chat) if one.state is not MessageState.NOTICE]
        assert all(one.placed and one.cursor for one in rows)
        assert places(device, chat) == places(devices[0], chat)
    agree(devices, chat)


def places(who: Device, chat: bytes) -> list[tuple[bytes, int]]:
    """Return where each message stands in the first home."""
    return [(one.id, one.cursor) for one in who.vault.messages(chat) if one.state is not MessageState.NOTICE]
