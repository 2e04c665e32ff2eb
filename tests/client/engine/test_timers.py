"""Disappearing messages: when their time begins, that it ends, and that nothing of them is left in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from havre.client.engine import events
from havre.client.engine.effects import MessageChanged, MessageGone
from havre.client.engine.message_intents import Amend, Star
from havre.client.engine.timers import LOOK, SHORTEST_ENTRY
from havre.client.vault.rows import Message, Wanted
from havre.content import Expiration, edit, react, text
from havre.wire.stream import Append
from tests.client.engine.looking import conversation, told
from tests.simulation.pages import holds
from tests.simulation.world import KEY, Device, World

TIMER = 600
SECRET = "zweihänder"


@pytest.fixture
def filed(tmp_path: Path) -> Iterator[World]:
    """Alice and Bob with vaults in files, in a chat with a timer."""
    world = World(3, folder=tmp_path)
    alice, bob = world.person("alice"), world.person("bob")
    world.settle()
    alice.add(bob)
    world.settle()
    for device, other in ((alice, bob), (bob, alice)):
        chat = device.vault.chat(other.account)
        assert chat is not None
        with device.vault.transaction():
            device.vault.put_chat(replace(chat, timer=TIMER))
    yield world
    for device in world.devices:
        device.vault.close()


@pytest.fixture
def alice(filed: World) -> Device:
    return filed.devices[0]


@pytest.fixture
def bob(filed: World) -> Device:
    return filed.devices[1]


def last(device: Device, other: Device) -> Message:
    return device.vault.last_messages(other.account, 1)[0]


def pass_time(world: World, milliseconds: int) -> None:
    """Let time pass as a running device sees it: in looks at the clock."""
    for _ in range(milliseconds // LOOK):
        world.pass_time(LOOK)
    world.pass_time(milliseconds % LOOK)
    world.settle()


def test_it_starts_on_sending_for_the_sender_and_on_reading_for_the_receiver(
    filed: World, alice: Device, bob: Device
) -> None:
    alice.send(bob, SECRET)
    filed.settle()
    pass_time(filed, TIMER * 1000 + LOOK)
    assert alice.shown(bob) == []
    assert [gone.message for gone in told(alice, MessageGone)]
    assert bob.shown(alice) == [("alice", SECRET)], "he has not read it yet"
    bob.mark_read(alice)
    assert [changed.message.expires_at > 0 for changed in told(bob, MessageChanged)][-1], "faces count it down"
    pass_time(filed, TIMER * 1000 - LOOK)
    assert bob.shown(alice) == [("alice", SECRET)]
    pass_time(filed, 2 * LOOK)
    assert bob.shown(alice) == []


def test_what_is_not_sent_yet_waits_with_its_timer(filed: World, alice: Device, bob: Device) -> None:
    alice.disconnect(filed.relay(1))
    alice.wanted.clear()
    alice.send(bob, SECRET)
    pass_time(filed, 3 * TIMER * 1000)
    assert alice.shown(bob) == [("alice", SECRET)]
    alice.start()
    filed.settle()
    assert bob.shown(alice) == [("alice", SECRET)]
    pass_time(filed, TIMER * 1000 + LOOK)
    assert alice.shown(bob) == []


def test_nothing_of_it_is_left_in_the_file(filed: World, alice: Device, bob: Device) -> None:
    for number in range(30):
        alice.send(bob, f"padding {number} " + "x" * 300)
    alice.send(bob, f"{SECRET} " + "und mehr " * 400)
    filed.settle()
    theirs = last(bob, alice)
    mine = last(alice, bob)
    alice.ask(lambda ticket: Amend(ticket, (mine.queue, mine.id), edit(b"", mine.id, f"neuer {SECRET}", 0)))
    bob.ask(lambda ticket: Amend(ticket, (theirs.queue, theirs.id), react(b"", theirs.id, "🗡")))
    bob.ask(lambda ticket: Star(ticket, (theirs.queue, theirs.id), True))
    filed.settle()
    for device in (alice, bob):
        assert holds(device.vault.path, KEY, SECRET.encode()), "it is looked for in the wrong way"
        assert [row.id for row in device.vault.search(Wanted("zweihander"), 9)] == [mine.id]
    bob.mark_read(alice)
    pass_time(filed, TIMER * 1000 + LOOK)
    for device in (alice, bob):
        assert device.vault.search(Wanted("zweihander"), 9) == []
        assert device.vault.execute("SELECT count(*) FROM amendment").fetchone() == (0,)
        assert device.vault.execute("SELECT count(*) FROM star").fetchone() == (0,)
        for words in (SECRET.encode(), b"zweihander", b"neuer", mine.id):
            assert not holds(device.vault.path, KEY, words), words
        assert SECRET.encode() not in device.vault.path.read_bytes()


def test_a_restart_changes_nothing(filed: World, alice: Device, bob: Device) -> None:
    alice.send(bob, SECRET)
    filed.settle()
    bob.mark_read(alice)
    filed.now += TIMER * 1000 + 1
    bob.crash()
    assert bob.shown(alice) == [], "it is looked after at once, before anything is shown"


@pytest.mark.parametrize("while_running", [True, False])
def test_a_clock_that_is_set_back_prolongs_nothing(
    filed: World, alice: Device, bob: Device, while_running: bool
) -> None:
    alice.send(bob, SECRET)
    filed.settle()
    bob.mark_read(alice)
    pass_time(filed, TIMER * 500)
    filed.now -= 24 * 3600 * 1000
    if while_running:
        bob.happen(events.Tick())
    else:
        bob.crash()
    assert bob.shown(alice) == [("alice", SECRET)]
    bob.wake_at = filed.now
    pass_time(filed, TIMER * 500 + 2 * LOOK)
    assert bob.shown(alice) == []


def test_set_forward_and_back_it_may_go_early_but_never_late(filed: World, alice: Device, bob: Device) -> None:
    alice.send(bob, SECRET)
    filed.settle()
    bob.mark_read(alice)
    filed.now += 24 * 3600 * 1000
    bob.happen(events.Tick())
    filed.now -= 24 * 3600 * 1000
    bob.happen(events.Tick())
    assert bob.shown(alice) == []


def test_a_time_of_the_clock_ends_it_too(filed: World, alice: Device, bob: Device) -> None:
    at = filed.now // 1000 + 300
    content = replace(text(b"", SECRET, 0), expires=Expiration(relative=False, time=at))
    alice.ask(lambda ticket: events.Send(ticket, bob.account, content))
    filed.settle()
    assert bob.shown(alice) == [("alice", SECRET)]
    pass_time(filed, 301 * 1000)
    assert bob.shown(alice) == alice.shown(bob) == []


def test_the_relay_is_to_keep_the_entry_no_longer_than_needed(filed: World, alice: Device, bob: Device) -> None:
    for timer, ttl in ((TIMER, SHORTEST_ENTRY), (2 * SHORTEST_ENTRY, 2 * SHORTEST_ENTRY), (0, None)):
        chat = alice.vault.chat(bob.account)
        assert chat is not None
        with alice.vault.transaction():
            alice.vault.put_chat(replace(chat, timer=timer))
        alice.send(bob, "x")
        sent = [one for one in alice.wires[filed.relay(1)].commands if isinstance(one, Append)]
        assert [one.ttl for one in sent] == [ttl]
        filed.settle()


def test_what_hangs_on_an_unread_message_waits_with_it(filed: World, alice: Device, bob: Device) -> None:
    alice.send(bob, "one")
    alice.send(bob, "two")
    filed.settle()
    first = bob.vault.messages(alice.account)[0]
    bob.ask(lambda ticket: events.MarkRead(ticket, alice.account, (first.queue, first.id)))
    pass_time(filed, TIMER * 1000 + LOOK)
    assert bob.shown(alice) == [("alice", "two")]
    assert conversation(bob).read == first.cursor


def test_chats_that_i_begin_have_my_timer(world: World) -> None:
    alice, bob = world.person("alice", world.relay(1)), world.person("bob", world.relay(1))
    world.settle()
    alice.ask(lambda ticket: events.ChangeSetting(ticket, "timer", str(TIMER)))
    alice.add(bob)
    world.settle()
    for device, other in ((alice, bob), (bob, alice)):
        chat = device.vault.chat(other.account)
        assert chat is not None
        assert chat.timer == TIMER
    bob.send(alice, "gone in ten minutes")
    world.settle()
    assert last(alice, bob).timer == TIMER
