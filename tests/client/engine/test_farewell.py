"""An account that is deleted says so to those who talked with it, and nobody else can say it."""

from __future__ import annotations

from havre import mls
from havre.client.engine import effects, events
from havre.client.engine.effects import Answer, ChatChanged, Failed
from havre.client.engine.groups import Reason
from havre.client.engine.mls_groups import SUITE
from havre.client.vault.rows import MessageKind, Standing
from havre.content import Content, Expiration, farewell, text, with_mark
from havre.content.kinds import ONCE
from havre.wire.records import farewell_bytes
from tests.client.engine.crowd import create, standing
from tests.client.engine.looking import skipped, told
from tests.client.engine.test_devices import link
from tests.simulation.real import real_another, real_newcomer
from tests.simulation.world import Device, World

PROVIDER = mls.cipher_suite(SUITE).provider


def signed(by: Device, of: Device) -> Content:
    me = by.vault.me()
    return farewell(b"", PROVIDER.sign(me.account_secret, farewell_bytes(of.account)), by.now)


def say(device: Device, chat: bytes, content: Content) -> effects.Answer | effects.Failed:
    return device.ask(lambda ticket: events.Send(ticket, chat, content))


def test_the_other_is_told_and_writes_no_more(talking: World, alice: Device, bob: Device) -> None:
    say(bob, alice.account, signed(bob, bob))
    talking.settle()
    (row,) = alice.vault.messages(bob.account)
    assert (row.kind, row.seen) == (MessageKind.FAREWELL, False)
    assert standing(alice, bob.account) is Standing.GONE
    assert told(alice, ChatChanged)[-1].chat.standing is Standing.GONE
    refused = alice.send(bob, "are you there?")
    assert isinstance(refused, Failed)
    assert refused.sentence == "This account is deleted: nobody would read what you write."


def test_only_the_account_s_own_key_can_say_it(talking: World, alice: Device, bob: Device) -> None:
    for content in (signed(alice, bob), signed(bob, alice), farewell(b"", bytes(64), 0)):
        say(bob, alice.account, content)
    talking.settle()
    assert skipped(alice) == [Reason.STRANGER] * 3
    assert standing(alice, bob.account) is Standing.ACCEPTED
    assert alice.vault.messages(bob.account) == []
    assert isinstance(alice.send(bob, "still there?"), Answer)


def test_in_a_group_nobody_can_say_it(world: World, people: list[Device]) -> None:
    olga, ada, _ = people
    chat = create(olga, [ada])
    say(ada, chat, signed(ada, ada))
    world.settle()
    assert skipped(olga) == [Reason.FORBIDDEN]
    assert standing(olga, chat) is Standing.ACCEPTED


def test_it_holds_when_the_message_itself_disappears(talking: World, alice: Device, bob: Device) -> None:
    soon = with_mark(signed(bob, bob), ONCE, True)
    say(bob, alice.account, Content(soon.salt, soon.part, extensions=soon.extensions, expires=Expiration(True, 30)))
    talking.settle()
    alice.mark_read(bob)
    talking.pass_time(60_000)
    talking.settle()
    assert alice.vault.messages(bob.account) == []
    assert standing(alice, bob.account) is Standing.GONE


def test_further_devices_of_the_account_hear_it_too() -> None:
    world = World(1, real_newcomer, real_another)
    alice, bob = world.person("alice"), world.person("bob")
    world.settle()
    alice.add(bob)
    world.settle()
    desk = world.further_device(alice)
    link(alice, desk)
    world.settle()
    for chat in (bob.account, alice.account):
        say(alice, chat, signed(alice, alice))
    world.settle()
    assert standing(desk, bob.account) is standing(desk, alice.account) is Standing.GONE
    assert isinstance(say(desk, bob.account, text(b"", "it is me", 0)), Failed)
