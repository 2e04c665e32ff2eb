"""Drafts, and messages that are sent at a time of their own."""

from __future__ import annotations

from havre.client.engine.effects import Answer, Failed
from havre.client.engine.events import Send
from havre.client.engine.message_intents import Draft, Schedule, Unschedule
from havre.client.vault.rows import MessageState, Scheduled
from havre.content import Content, text
from tests.client.engine.crowd import create, heard, invite, leave
from tests.simulation.world import Device, World

HOUR = 3600 * 1000


def words(what: str) -> Content:
    return text(b"", what, 0)


def schedule(world: World, device: Device, other: Device, what: str, after: int) -> Scheduled:
    due = world.now + after
    answer = device.ask(lambda ticket: Schedule(ticket, other.account, words(what), due))
    assert isinstance(answer, Answer)
    assert isinstance(answer.value, Scheduled)
    return answer.value


def test_it_is_sent_when_its_time_has_come(talking: World, alice: Device, bob: Device) -> None:
    schedule(talking, alice, bob, "second", 2 * HOUR)
    schedule(talking, alice, bob, "first", HOUR)
    talking.settle()
    assert alice.shown(bob) == bob.shown(alice) == []
    assert alice.wake_at is not None
    assert alice.wake_at <= talking.now + HOUR
    talking.pass_time(HOUR)
    talking.settle()
    assert bob.shown(alice) == [("alice", "first")]
    talking.pass_time(HOUR)
    talking.settle()
    assert [said for _, said in bob.shown(alice)] == ["first", "second"]
    assert alice.vault.scheduled() == []


def test_it_is_sent_at_the_next_start_if_its_time_came_in_between(talking: World, alice: Device, bob: Device) -> None:
    schedule(talking, alice, bob, "while away", HOUR)
    talking.now += 5 * HOUR
    alice.crash()
    talking.settle()
    assert bob.shown(alice) == [("alice", "while away")]
    alice.crash()
    talking.settle()
    assert len(bob.shown(alice)) == 1


def test_it_can_be_taken_back(talking: World, alice: Device, bob: Device) -> None:
    kept = schedule(talking, alice, bob, "never", HOUR)
    assert isinstance(alice.ask(lambda ticket: Unschedule(ticket, kept.seq)), Answer)
    assert isinstance(alice.ask(lambda ticket: Unschedule(ticket, kept.seq)), Failed)
    talking.pass_time(2 * HOUR)
    talking.settle()
    assert bob.shown(alice) == []


def test_nothing_is_kept_for_a_chat_that_is_not_there(talking: World, alice: Device) -> None:
    stranger = bytes(32)
    assert isinstance(alice.ask(lambda ticket: Schedule(ticket, stranger, words("x"), 0)), Failed)
    assert isinstance(alice.ask(lambda ticket: Draft(ticket, stranger, "x")), Failed)


def test_a_draft_is_kept(talking: World, alice: Device, bob: Device) -> None:
    alice.ask(lambda ticket: Draft(ticket, bob.account, "half a sen"))
    alice.crash()
    chat = alice.vault.chat(bob.account)
    assert chat is not None
    assert chat.draft == "half a sen"
    talking.settle()
    assert bob.shown(alice) == []


def test_who_came_in_meanwhile_can_read_what_is_sent_at_the_next_start(world: World, people: list[Device]) -> None:
    """Nothing is encrypted before the commit that brought her in was read."""
    olga, ada, mia = people
    chat = create(olga, [ada])
    answer = ada.ask(lambda ticket: Schedule(ticket, chat, words("welcome"), world.now + HOUR))
    assert isinstance(answer, Answer)
    world.settle()
    ada.disconnect(world.relay(1))
    ada.wanted.clear()
    invite(olga, chat, [mia])
    world.settle()
    world.now += HOUR
    ada.crash()
    world.settle()
    assert heard(mia, chat) == [("ada", "welcome")]


def test_without_its_relay_it_is_stored_after_a_while_all_the_same(talking: World, alice: Device, bob: Device) -> None:
    schedule(talking, alice, bob, "patience", HOUR)
    talking.settle()
    talking.away.add(talking.relay(1))
    alice.disconnect(talking.relay(1))
    talking.pass_time(HOUR)
    talking.settle()
    assert alice.wake_at is not None
    talking.pass_time(max(0, alice.wake_at - talking.now))
    talking.settle()
    assert alice.vault.scheduled() == []
    assert alice.shown(bob) == [("alice", "patience")]


def test_what_can_be_sent_no_longer_is_not_lost(world: World, people: list[Device]) -> None:
    olga, ada, _ = people
    chat = create(olga, [ada])
    ada.ask(lambda ticket: Schedule(ticket, chat, words("too late"), world.now + HOUR))
    leave(ada, chat)
    world.settle()
    world.pass_time(HOUR)
    world.settle()
    assert heard(ada, chat) == [("ada", "too late")]
    assert ada.vault.messages(chat)[-1].state is MessageState.FAILED
    assert heard(olga, chat) == []


def test_nothing_is_written_in_a_group_that_one_is_leaving(world: World, people: list[Device]) -> None:
    olga, ada, _ = people
    chat = create(olga, [ada])
    olga.disconnect(world.relay(1))
    leave(ada, chat)
    refused = ada.ask(lambda ticket: Send(ticket, chat, words("one more thing")))
    assert isinstance(refused, Failed)
    assert refused.sentence == "You are no longer in this chat."
