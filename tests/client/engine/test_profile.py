"""What people are called and look like: said by themselves, known wherever they talk, the same everywhere."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from havre.client.engine import effects, events, outbox
from havre.client.engine.device_intents import ChangeProfile
from havre.client.engine.wishes import Edit
from havre.client.vault.rows import MessageKind, Purpose
from havre.content import Profile, encode, profile
from tests.client.engine import crowd
from tests.client.engine.looking import told
from tests.client.engine.test_devices import link
from tests.client.engine.test_kept_keys import a_turn
from tests.content.test_pictures import claiming, jpeg
from tests.simulation.real import real_another, real_newcomer
from tests.simulation.world import Device, World

FACE, OTHER = jpeg(40, 30), jpeg(30, 40)


@pytest.fixture
def world() -> World:
    return World(1, real_newcomer, real_another)


def change(who: Device, name: str | None = None, picture: bytes | None = None) -> None:
    who.world.now += 1
    assert isinstance(who.ask(lambda ticket: ChangeProfile(ticket, name, picture)), effects.Answer)


def seen(by: Device, who: Device) -> tuple[str, bytes | None]:
    """Return what somebody is called and looks like for another, or for themselves."""
    account = who.vault.me().account
    person = by.vault.person(account)
    return person.profile_name if person else by.vault.me().name, by.vault.picture_of(account)


def say(who: Device, said: Profile) -> None:
    """Say a profile in the one conversation there is, as a changed client could."""
    (conversation,) = who.vault.conversations()
    content = encode(profile(b"s" * 16, said.name, said.picture, said.since))
    with who.vault.transaction():
        turn = a_turn(who)
        outbox.put_content(turn, conversation, Purpose.PROFILE, content)
        turn.flush()
    who.crash()


def test_a_name_and_a_picture_reach_a_contact_and_a_group(talking: World, alice: Device, bob: Device) -> None:
    carol = talking.person("carol", talking.relay(2))
    talking.settle()
    crowd.create(bob, [alice, carol])
    change(alice, "Alice M.", FACE)
    talking.settle()
    assert seen(bob, alice) == seen(carol, alice) == seen(alice, alice) == ("Alice M.", FACE)
    assert [one.person.profile_name for one in told(carol, effects.PersonChanged)][-1] == "Alice M."
    assert told(alice, effects.AccountChanged)
    change(alice, picture=b"")
    talking.settle()
    assert seen(bob, alice) == seen(carol, alice) == ("Alice M.", None)


def test_what_is_as_it_was_is_not_said_again(talking: World, alice: Device) -> None:
    change(alice, "alice", b"")
    assert not list(alice.vault.lane(alice.vault.conversations()[0].queue))
    assert not told(alice, effects.AccountChanged)


def test_who_comes_into_a_group_sees_pictures(talking: World, alice: Device, bob: Device) -> None:
    carol = talking.person("carol", talking.relay(2))
    talking.settle()
    chat = crowd.create(alice, [bob])
    change(bob, picture=FACE)
    change(alice, picture=OTHER)
    talking.settle()
    crowd.invite(alice, chat, [carol])
    talking.settle()
    assert (seen(carol, bob), seen(carol, alice)) == (("bob", FACE), ("alice", OTHER))


def test_the_latest_holds_whatever_the_order(talking: World, alice: Device, bob: Device) -> None:
    say(alice, Profile("later", FACE, 200))
    say(alice, Profile("earlier", OTHER, 100))
    talking.settle()
    assert seen(bob, alice) == ("later", FACE)
    say(alice, Profile("", b"", 300))
    talking.settle()
    assert seen(bob, alice) == ("later", None), "a name is never taken away"


def test_a_hostile_picture_changes_nothing_and_is_shown_as_unknown(talking: World, alice: Device, bob: Device) -> None:
    say(alice, Profile("imposter", claiming(60_000, 60_000), 100))
    talking.settle()
    assert seen(bob, alice) == ("alice", None)
    assert [row.kind for row in bob.vault.messages(alice.vault.me().account)] == [MessageKind.UNKNOWN]


def test_two_devices_that_change_it_at_once_agree(talking: World, alice: Device, bob: Device) -> None:
    desk = talking.further_device(alice)
    link(alice, desk)
    talking.settle()
    for device in (alice, desk):
        device.disconnect(talking.relay(1))
    change(alice, "first")
    change(desk, "second", FACE)
    desk.connect(talking.relay(1))
    talking.settle()
    assert seen(bob, alice) == seen(desk, alice) == seen(alice, alice) == ("second", FACE)


def test_a_device_that_is_behind_is_told(talking: World, alice: Device, bob: Device) -> None:
    desk = talking.further_device(alice)
    change(alice, "new", FACE)
    link(alice, desk)
    talking.settle()
    assert desk.vault.me().name == "new"
    assert seen(desk, alice) == ("new", FACE)


def test_whom_i_block_learns_of_it_afterwards(talking: World, alice: Device, bob: Device) -> None:
    account = bob.vault.me().account
    alice.ask(lambda ticket: events.Block(ticket, account))
    change(alice, "new", FACE)
    talking.settle()
    assert seen(bob, alice) == ("alice", None)
    alice.ask(lambda ticket: events.Unblock(ticket, account))
    talking.settle()
    assert seen(bob, alice) == ("new", FACE)
    before = bob.vault.conversations()[0].latest
    alice.ask(lambda ticket: events.Block(ticket, account))
    alice.ask(lambda ticket: events.Unblock(ticket, account))
    talking.settle()
    assert replace(bob.vault.conversations()[0], latest=before) == bob.vault.conversations()[0], "nothing was said"


def test_a_key_that_is_none_closes_no_door(talking: World, alice: Device, bob: Device) -> None:
    carol = talking.person("carol", talking.relay(2))
    talking.settle()
    chat = crowd.create(alice, [bob, carol])
    for back in (b"no key", bytes(1216), bytes([255]) * 1216):
        carol.world.now += 1
        carol.ask(partial(ChangeProfile, back=back))
        talking.settle()
        portrait = bob.vault.portrait(carol.vault.me().account)
        assert portrait is not None
        assert portrait.back == back
        assert isinstance(crowd.wish(alice, chat, Edit(title=str(len(back)))), effects.Answer)
        talking.settle()
        crowd.agree([alice, bob, carol], chat)
        assert crowd.terms(bob, chat).title == str(len(back))
