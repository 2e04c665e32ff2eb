"""How an account lists its chats: muted, pinned, archived."""

from __future__ import annotations

from havre.client.engine.effects import Failed
from havre.client.engine.message_intents import Arrange
from tests.simulation.world import Device, World


def listed(device: Device, other: Device) -> tuple[int, bool, bool]:
    """Return whether a chat is muted, pinned, archived."""
    chat = device.vault.chat(other.account)
    assert chat is not None
    return chat.muted_until, chat.pinned, chat.archived


def test_it_outlives_a_crash(talking: World, alice: Device, bob: Device) -> None:
    alice.ask(lambda ticket: Arrange(ticket, bob.account, 2**40, True, False))
    alice.crash()
    assert listed(alice, bob) == (2**40, True, False)


def test_an_archived_chat_comes_back_when_something_is_said(talking: World, alice: Device, bob: Device) -> None:
    alice.ask(lambda ticket: Arrange(ticket, bob.account, 0, False, True))
    talking.settle()
    assert listed(alice, bob) == (0, False, True)
    bob.send(alice, "are you there?")
    talking.settle()
    assert listed(alice, bob) == (0, False, False)


def test_a_muted_one_stays_away_while_it_is_muted(talking: World, alice: Device, bob: Device) -> None:
    until = talking.now + 1000
    alice.ask(lambda ticket: Arrange(ticket, bob.account, until, False, True))
    bob.send(alice, "one")
    talking.settle()
    assert listed(alice, bob) == (until, False, True)
    talking.pass_time(2000)
    bob.send(alice, "two")
    talking.settle()
    assert listed(alice, bob) == (until, False, False)


def test_a_chat_that_is_not_there_cannot_be_listed(talking: World, alice: Device) -> None:
    assert isinstance(alice.ask(lambda ticket: Arrange(ticket, bytes(32), 0, True, False)), Failed)
