"""Contacts hand each other key packages, each for one device and one use."""

from __future__ import annotations

import pytest

from havre.client.engine import effects, events, outbox
from havre.client.engine.groups import Reason
from havre.client.engine.kept_keys import MOST, VALID, keep
from havre.client.engine.turn import Turn
from havre.client.vault.kept import KeptPackage
from havre.client.vault.rows import Purpose
from havre.content import encode, key_packages
from tests.client.engine.looking import conversation, skipped
from tests.simulation.world import TUNING, Device, World


@pytest.fixture
def acquainted(talking: World, alice: Device, bob: Device) -> World:
    alice.send(bob, "hello")
    bob.send(alice, "hi")
    talking.settle()
    return talking


def kept_of(holder: Device, maker: Device) -> list[bytes]:
    return [row.message for row in holder.vault.kept(maker.account, maker.vault.me().device)]


def take(holder: Device, maker: Device) -> events.Reachable | None:
    answer = holder.ask(lambda ticket: events.TakeKept(ticket, maker.account))
    assert isinstance(answer, effects.Answer)
    assert answer.value is None or isinstance(answer.value, events.Reachable)
    return answer.value


def test_both_sides_hold_some_of_the_other(acquainted: World, alice: Device, bob: Device) -> None:
    for holder, maker in ((alice, bob), (bob, alice)):
        messages = kept_of(holder, maker)
        assert len(messages) == TUNING.handed
        made = {package.message for package in maker.vault.key_packages()}
        assert made.issuperset(messages)
        assert not set(messages) & set(acquainted.packages[maker.account]), "the directory has it, too"


def test_taken_is_used_up(acquainted: World, alice: Device, bob: Device) -> None:
    wanted = kept_of(alice, bob)
    taken = [take(alice, bob) for _ in range(TUNING.handed)]
    me = bob.vault.me()
    for one in taken:
        assert one is not None
        assert (one.account_key, one.relay, one.inbox) == (me.account_key, me.relay, me.inbox)
    assert [one.devices[0].key_package for one in taken if one] == wanted
    assert take(alice, bob) is None
    alice.crash()
    assert take(alice, bob) is None


def test_welcome_to_a_kept_one_is_entered_and_made_up_for(acquainted: World, alice: Device, bob: Device) -> None:
    """Both have lost the conversation; Alice begins another one without asking the directory."""
    left = [take(alice, bob) for _ in range(TUNING.handed)]
    stock = list(acquainted.packages[bob.account])
    for device in (alice, bob):
        with device.vault.transaction():
            device.vault.execute("DELETE FROM conversation")
            device.vault.execute("DELETE FROM queue WHERE role = 'conversation'")
        device.crash()
    keys = left[-1]
    assert keys is not None
    alice.ask(
        lambda ticket: events.Begin(ticket, keys.account_key, 1, keys.relay, keys.inbox, "", keys.devices)
    )  # fmt: skip
    acquainted.settle()
    alice.send(bob, "found you")
    acquainted.settle()
    assert ("alice", "found you") in bob.shown(alice)
    assert acquainted.packages[bob.account] == stock
    bob.send(alice, "so I see")
    acquainted.settle()
    spent = {one.devices[0].key_package for one in left if one is not None}
    assert kept_of(alice, bob)
    assert not spent & set(kept_of(alice, bob)), "what was used is handed out again"


def test_what_is_for_another_device_is_not_kept(acquainted: World, alice: Device, bob: Device) -> None:
    before = kept_of(alice, bob)
    stray = bob.groups.key_package(acquainted.now // 1000, last_resort=False).message
    say(bob, [(bytes(16), stray)])
    acquainted.settle()
    assert kept_of(alice, bob) == before


def test_one_of_somebody_else_is_refused(acquainted: World, alice: Device, bob: Device) -> None:
    before = kept_of(alice, bob)
    carol = acquainted.person("carol")
    false = carol.groups.key_package(acquainted.now // 1000, last_resort=False).message
    say(bob, [(alice.vault.me().device, false)])
    acquainted.settle()
    assert kept_of(alice, bob) == before
    assert skipped(alice) == [Reason.STRANGER]


@pytest.mark.parametrize(
    ("relay", "reason"),
    [("http://10.0.0.1", Reason.MALFORMED), ("https://X.example", Reason.MALFORMED),
     ("http://127.0.0.1:631", Reason.FORBIDDEN)],
)  # fmt: skip
def test_no_address_of_the_senders_choosing(
    acquainted: World, alice: Device, bob: Device, relay: str, reason: Reason
) -> None:
    before = alice.vault.reach(bob.account)
    say(bob, [], relay)
    acquainted.settle()
    assert alice.vault.reach(bob.account) == before
    assert skipped(alice) == [reason]


def say(device: Device, pairs: list[tuple[bytes, bytes]], relay: str | None = None) -> None:
    """Have a device hand out what no honest one would."""
    me = device.vault.me()
    content = encode(key_packages(bytes(16), relay or me.relay, me.inbox, 1 << 50, pairs))
    with device.vault.transaction():
        turn = a_turn(device)

        outbox.put_content(turn, conversation(device), Purpose.KEYS, content)
        turn.flush()
    device.crash()


def a_turn(device: Device) -> Turn:
    engine = device.engine
    world = device.world
    return Turn(
        device.vault, device.groups, world.random.randbytes, engine._session, engine._numbers, TUNING, world.now
    )


def test_kept_for_a_time_and_not_without_end(acquainted: World, alice: Device, bob: Device) -> None:
    with alice.vault.transaction():
        turn = a_turn(alice)
        for number in range(MOST + 5):
            name = number.to_bytes(32, "big")
            keep(turn, KeptPackage(name, bob.account, bytes(16), acquainted.now + 1 + number, b"x"))
    assert len(alice.vault.kept(bob.account, bytes(16))) == MOST
    acquainted.now += VALID + 1
    assert take(alice, bob) is None


def test_blocked_people_get_none(acquainted: World, alice: Device, bob: Device) -> None:
    bob.ask(lambda ticket: events.Block(ticket, alice.account))
    left = [take(alice, bob) for _ in range(TUNING.handed)]
    assert all(left)
    with bob.vault.transaction():
        bob.vault.execute("DELETE FROM handed_package")
    bob.crash()
    acquainted.settle()
    assert not kept_of(alice, bob)
