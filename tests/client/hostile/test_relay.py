"""A relay that withholds, reorders, repeats, invents, mixes up, swaps: told clearly, and nothing is changed by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec
import pytest

from havre.client.engine import effects, events
from havre.client.engine.groups import Reason
from havre.client.engine.key_packages import LIFETIME
from havre.client.vault.rows import MessageState
from havre.wire.refusals import Code
from havre.wire.stream import (
    Caught,
    Commit,
    Conflict,
    Ended,
    Entries,
    Entry,
    EntryKind,
    Event,
    Pushed,
    Refused,
    Subscribed,
)
from tests.client.engine.looking import conversation, group, queue, skipped, told
from tests.simulation.world import Device, World

Forge = Callable[[Sequence[Entry]], list[Entry]]


def forged(event: Event, queue_id: bytes, forge: Forge) -> Event:
    """Return what the relay says, with other entries of one queue."""
    match event:
        case Pushed(queue=named, entries=entries) if named == queue_id:
            return Pushed(named, forge(entries))
        case Subscribed(request, queues):
            return Subscribed(
                request, [_forged_caught(one, forge) if one.queue == queue_id else one for one in queues]
            )  # fmt: skip
        case Entries():
            return msgspec.structs.replace(event, entries=forge(event.entries))
        case _:
            return event


def _forged_caught(caught: Caught, forge: Forge) -> Caught:
    return msgspec.structs.replace(caught, entries=forge(caught.entries))


def settle(world: World, victim: Device, forge: Forge) -> None:
    """Let everything run while all that the victim hears of its conversation is forged."""
    name = queue(victim).queue
    for _ in range(100):
        busy = False
        for device in world.devices:
            for relay in sorted(device.wanted):
                device.connect(relay)
            for relay, wire in list(device.wires.items()):
                while wire.commands:
                    world.relays[relay].take(wire)
                    busy = True
                while wire.events:
                    if device is victim:
                        wire.events[0] = forged(wire.events[0], name, forge)
                    device.hear(relay)
                    busy = True
        if not busy:
            return
    raise AssertionError("it never comes to rest")


def honest_again(world: World, *devices: Device) -> None:
    for device in devices:
        device.crash()
    world.settle()


def texts(device: Device, other: Device) -> list[str]:
    return [words for _, words in device.shown(other)]


def test_withholds_what_is_sent(talking: World, alice: Device, bob: Device) -> None:
    alice.send(bob, "into the void")
    alice.wires[talking.relay()].commands.clear()
    talking.settle()
    assert alice.states(bob)[-1] == MessageState.WAITING
    honest_again(talking, alice)
    assert texts(bob, alice) == ["before", "into the void"]


def test_withholds_an_entry(talking: World, alice: Device, bob: Device) -> None:
    bob.disconnect(talking.relay())
    bob.wanted.clear()
    for words in ("one", "two", "three"):
        alice.send(bob, words)
    talking.settle()
    bob.wanted.add(talking.relay())
    settle(talking, bob, lambda entries: [one for place, one in enumerate(entries) if place != 1])
    assert texts(bob, alice) == ["before", "one", "three"]
    assert [one.count for one in told(bob, effects.EntriesMissing)] == [1]
    alice.send(bob, "four")
    talking.settle()
    assert texts(bob, alice)[-1] == "four"


def test_withholds_an_entry_of_a_push(talking: World, alice: Device, bob: Device) -> None:
    """A hole in what is pushed is read again, and so nothing is missing once the relay is honest."""
    alice.send(bob, "one")
    alice.send(bob, "two")
    wire, other = bob.wires[talking.relay()], alice.wires[talking.relay()]
    while other.commands:
        talking.relays[talking.relay()].take(other)
    wire.events.remove(next(event for event in wire.events if isinstance(event, Pushed)))
    talking.settle()
    assert texts(bob, alice) == ["before", "one", "two"]
    assert told(bob, effects.EntriesMissing) == []


def test_reorders_within_its_answers(talking: World, alice: Device, bob: Device) -> None:
    bob.disconnect(talking.relay())
    bob.wanted.clear()
    for words in ("one", "two", "three"):
        alice.send(bob, words)
    talking.settle()
    bob.wanted.add(talking.relay())
    settle(talking, bob, lambda entries: list(reversed(entries)))
    assert texts(bob, alice) == ["before", "one", "two", "three"]


def test_swaps_the_bodies_of_entries(talking: World, alice: Device, bob: Device) -> None:
    """Nothing is lost and nothing is shown twice; only the order is the relay's to choose."""
    bob.disconnect(talking.relay())
    bob.wanted.clear()
    for words in ("one", "two", "three"):
        alice.send(bob, words)
    talking.settle()
    bob.wanted.add(talking.relay())

    def swap(entries: Sequence[Entry]) -> list[Entry]:
        bodies = [entry.body for entry in reversed(entries)]
        return [msgspec.structs.replace(entry, body=body) for entry, body in zip(entries, bodies, strict=True)]

    settle(talking, bob, swap)
    assert sorted(texts(bob, alice)) == sorted(["before", "one", "two", "three"])
    assert skipped(bob) == []


def test_repeats_entries_under_new_cursors(talking: World, alice: Device, bob: Device) -> None:
    relay = talking.relay()
    alice.send(bob, "once")
    while alice.wires[relay].commands:
        talking.relays[relay].take(alice.wires[relay])
    (pushed,) = [event for event in bob.wires[relay].events if isinstance(event, Pushed)]
    (entry,) = pushed.entries
    again = msgspec.structs.replace(entry, cursor=entry.cursor + 1)
    bob.wires[relay].events.append(Pushed(pushed.queue, [again]))
    bob.hear(relay, 9)
    assert texts(bob, alice) == ["before", "once"]
    assert skipped(bob) == [Reason.OUTDATED]


@pytest.mark.parametrize("kind", EntryKind)
def test_invents_entries(talking: World, alice: Device, bob: Device, kind: EntryKind) -> None:
    epoch = conversation(bob).epoch
    cursor = queue(bob).cursor + 1
    bob.wires[talking.relay()].events.append(Pushed(queue(bob).queue, [Entry(cursor, kind, 0, bytes(200))]))
    bob.hear(talking.relay())
    assert skipped(bob) == [Reason.MALFORMED]
    assert conversation(bob).epoch == epoch
    honest_again(talking, bob)
    alice.send(bob, "after it")
    talking.settle()
    assert texts(bob, alice) == ["before", "after it"]


def test_invents_an_entry_far_ahead(talking: World, alice: Device, bob: Device) -> None:
    """What comes after such a lie would be passed over for ever, if the next answer did not show that it was one."""
    far = Entry(1 << 40, EntryKind.COMMIT, 1 << 40, bytes(200))
    bob.crash()
    settle(talking, bob, lambda entries: [*entries, far])
    assert queue(bob).cursor == 1 << 40
    alice.send(bob, "meanwhile")
    honest_again(talking, bob)
    assert told(bob, effects.RelayWentBack)
    alice.send(bob, "after it")
    talking.settle()
    assert texts(bob, alice) == ["before", "meanwhile", "after it"]
    bob.send(alice, "and back")
    talking.settle()
    assert texts(alice, bob) == ["before", "meanwhile", "after it", "and back"]
    talking.pass_time(talking.tuning.refresh_age)
    talking.settle()
    assert group(alice).authenticator == group(bob).authenticator


def test_answers_with_another_queues_entries(talking: World, alice: Device, bob: Device) -> None:
    carol = talking.person("carol")
    talking.settle()
    carol.add(alice)
    talking.settle()
    carol.send(alice, "for Alice")
    talking.settle()
    (theirs,) = carol.vault.conversations()
    last = max(talking.relays[talking.relay()].entries[theirs.queue].items())[1]
    cursor = queue(bob).cursor + 1
    bob.wires[talking.relay()].events.append(
        Pushed(queue(bob).queue, [msgspec.structs.replace(last, cursor=cursor)])
    )  # fmt: skip
    bob.hear(talking.relay())
    assert len(skipped(bob)) == 1
    assert texts(bob, alice) == ["before"]


def test_says_that_everything_is_over(talking: World, alice: Device, bob: Device) -> None:
    """Subscriptions that end without a reason end until the next connection and no longer."""
    wire = bob.wires[talking.relay()]
    wire.events.extend([Ended(queue(bob).queue, Code.CAPABILITY), Refused(None, Code.MALFORMED, "no")])
    bob.hear(talking.relay(), 9)
    talking.settle()
    assert told(bob, effects.RelayRefused)
    alice.send(bob, "still here")
    honest_again(talking, bob)
    assert texts(bob, alice) == ["before", "still here"]


def test_hands_out_a_stale_key_package(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    stale = world.packages[bob.account][0]
    world.pass_time((LIFETIME + 48 * 3600) * 1000)
    world.packages[bob.account].insert(0, stale)
    answer = alice.add(bob)
    assert isinstance(answer, effects.Failed)
    assert "cannot be used" in answer.sentence
    assert list(alice.vault.conversations()) == []
    assert alice.vault.outbox_size() == 0


def test_hands_out_one_key_package_twice(world: World, alice: Device, bob: Device) -> None:
    """The second Welcome cannot be opened; whoever sent it sees its messages undelivered, and Bob is told."""
    carol = world.person("carol")
    world.settle()
    again = world.packages[bob.account][0]
    alice.add(bob)
    world.settle()
    world.packages[bob.account].insert(0, again)
    carol.add(bob)
    world.settle()
    assert Reason.UNKNOWN_KEY_PACKAGE in skipped(bob)
    assert [bob.world.name_of(row.chat) for row in bob.vault.conversations()] == ["alice"]


def test_swaps_the_keys(world: World, alice: Device, bob: Device) -> None:
    mallory = world.person("mallory")
    world.settle()
    begin = world.begin(alice, bob)(world.ticket())
    stolen = world.packages[mallory.account][0]
    swapped = replace(begin, devices=[replace(begin.devices[0], key_package=stolen)])
    answer = alice.ask(lambda ticket: replace(swapped, ticket=ticket))
    assert isinstance(answer, effects.Failed)
    assert list(alice.vault.conversations()) == []


def test_claims_for_ever_that_another_commit_came_first(talking: World, alice: Device, bob: Device) -> None:
    """It is asked a few times and then left alone; the next connection tries again."""
    relay = talking.relay()
    talking.now += talking.tuning.refresh_age
    alice.happen(events.Tick())
    asked = 0
    for _ in range(100):
        for wire in [alice.wires[relay]]:
            commits = [one for one in wire.commands if isinstance(one, Commit)]
            for commit in commits:
                wire.commands.remove(commit)
                wire.events.append(Conflict(commit.request, 1 << 40, [], False))
                asked += 1
            while wire.commands:
                talking.relays[relay].take(wire)
            alice.hear(relay, 9)
    assert 1 < asked < 20
    honest_again(talking, alice)
    assert conversation(alice).epoch == conversation(bob).epoch > 2
