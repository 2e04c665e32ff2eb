"""Links, doors and waiting for them, in the world of the simulation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from havre.client.engine import effects, events
from havre.client.engine.applications import link_name
from havre.client.engine.notices import What, decode_notice
from havre.client.engine.terms import Invitation
from havre.client.engine.wishes import SetInvitation
from havre.client.vault.rows import MessageState
from havre.wire.stream import Entry
from tests.client.engine.crowd import Outcome, row, say, terms, wish
from tests.simulation.world import Device, World


def open_link(who: Device, chat: bytes, approval: bool = False) -> bytes:
    """Open a link and return its secret."""
    secret = who.world.random.randbytes(32)
    assert isinstance(wish(who, chat, SetInvitation(Invitation(secret, approval))), effects.Answer)
    who.world.settle()
    return secret


def join(who: Device, member: Device, chat: bytes, link: bytes, asks: bool = False) -> Outcome:
    """Use a link that somebody in the group has opened."""
    door = terms(member, chat).door
    assert door is not None
    relay = terms(member, chat).homes[0].relay
    opens = link_name(member.groups.letter_key(link)) if asks else link
    return who.ask(lambda ticket: events.JoinByLink(ticket, relay, chat, door.queue, "Choir", door.secret, opens, asks))


def wait(world: World, rounds: int = 6, step: int = 60 * 1000) -> None:
    """Let everything happen, and time pass in between."""
    for _ in range(rounds):
        world.settle()
        world.pass_time(step)
    world.settle()


def go_offline(*devices: Device) -> None:
    for device in devices:
        for relay in list(device.wires):
            device.disconnect(relay)
        device.wanted.clear()


def come_back(*devices: Device) -> None:
    for device in devices:
        device.wanted.add(device.world.relay(1))


def let_entries_expire(world: World, chat: bytes, who: Device) -> None:
    """The relay forgets what stands in the group's queue."""
    world.relays[world.relay(1)].entries[row(who, chat).queue].clear()


@contextmanager
def stale_door(member: Device, chat: bytes) -> Iterator[None]:
    """What is laid at the group's door in here never gets there."""
    entries = _at_the_door(member, chat)
    before = dict(entries)
    yield
    for cursor in entries.keys() - before.keys():
        del entries[cursor]


def lay_again(member: Device, chat: bytes) -> None:
    """The state before the last one comes to the door once more, behind it."""
    entries = _at_the_door(member, chat)
    *_, before, last = sorted(entries)
    entries[before], entries[last] = (
        replace(entries[last], cursor=before),
        replace(entries[before], cursor=last),
    )  # fmt: skip


def _at_the_door(member: Device, chat: bytes) -> dict[int, Entry]:
    door = terms(member, chat).door
    assert door is not None
    return member.world.relays[terms(member, chat).homes[0].relay].entries[door.queue]


def is_outside(who: Device, chat: bytes) -> bool:
    """Tell whether a device looks for its way in."""
    return any(entrance.chat == chat for entrance in who.vault.entrances())


def miss_it(world: World, chat: bytes, who: Device) -> None:
    """What was done so far is gone from the relay; somebody says one thing more."""
    world.settle()
    let_entries_expire(world, chat, who)
    say(who, chat, "after")
    world.settle()


def notices(who: Device, chat: bytes) -> list[What]:
    found = [message for message in who.vault.messages(chat) if message.state is MessageState.NOTICE]
    return [decode_notice(message.content).what for message in found]
