"""Reactions, edits, deletions, pins, votes between two devices: who may, how long, and what a forger gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from havre.client.engine import events, outbox
from havre.client.engine.amendments import MAX_ORPHANS
from havre.client.engine.effects import Answer, Failed
from havre.client.engine.groups import Reason
from havre.client.engine.message_intents import Amend, Hide, Star, View
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Amendment, Message, MessageKind, Purpose, Wanted
from havre.client.vault.standings import standing_of
from havre.content import (
    Content,
    close_poll,
    delete,
    edit,
    encode,
    kinds,
    message_id,
    pin,
    poll,
    react,
    room_uri,
    sender_uri,
    text,
    vote,
    with_mark,
)
from havre.content.model import SALT_BYTES
from havre.content.standing import CHANGEABLE, Standing
from tests.client.engine.looking import conversation, group, skipped
from tests.simulation.world import Device, World

NO_SALT = b""
DAY = CHANGEABLE * 1000


def last(device: Device, other: Device) -> Message:
    return device.vault.last_messages(other.account, 1)[0]


def stands(device: Device, other: Device) -> Standing:
    message = last(device, other)
    return standing_of(message, device.vault.amendments(message.chat, [message.id]))


def do(device: Device, message: Message, content: Content) -> Answer | Failed:
    return device.ask(lambda ticket: Amend(ticket, (message.queue, message.id), content))


def forge(world: World, device: Device, content: Content, salt: bytes = b"") -> None:
    """Have a device send what its own rules would refuse."""
    with device.vault.transaction():
        turn = Turn(
            device.vault, device.groups, world.random.randbytes, device.engine._session, device.engine._numbers,
            world.tuning, world.now,
        )  # fmt: skip
        row = conversation(device)
        encoded = encode(replace(content, salt=salt or world.random.randbytes(SALT_BYTES)))
        outbox.put_content(turn, row, Purpose.PROFILE, encoded)
        turn.flush()
    device.happen()
    world.settle()


@pytest.fixture
def said(talking: World, alice: Device, bob: Device) -> Message:
    """Alice has written something, which Bob has."""
    alice.send(bob, "first words")
    talking.settle()
    return last(alice, bob)


def test_a_reaction_stands_on_both_sides_and_can_be_changed(
    talking: World, said: Message, alice: Device, bob: Device
) -> None:
    do(bob, last(bob, alice), react(NO_SALT, said.id, "👍"))
    talking.settle()
    do(bob, last(bob, alice), react(NO_SALT, said.id, "❤"))
    do(alice, said, react(NO_SALT, said.id, "😀"))
    talking.settle()
    expected = {bob.account: "❤", alice.account: "😀"}
    assert stands(alice, bob).reactions == stands(bob, alice).reactions == expected
    for device, other in ((alice, bob), (bob, alice)):
        message = last(device, other)
        assert len(device.vault.amendments(message.chat, [message.id])) == 2, "what was changed is forgotten"


def test_an_edit_is_found_by_its_new_words_only(talking: World, said: Message, alice: Device, bob: Device) -> None:
    assert isinstance(do(alice, said, edit(NO_SALT, said.id, "other words", 0)), Answer)
    talking.settle()
    for device, other in ((alice, bob), (bob, alice)):
        assert [version.body.text for version in stands(device, other).edits] == ["other words"]
        assert device.vault.search(Wanted("first"), 9) == []
        assert [row.id for row in device.vault.search(Wanted("other"), 9)] == [said.id]


def test_a_deleted_message_leaves_nothing_but_its_place(
    talking: World, said: Message, alice: Device, bob: Device
) -> None:
    do(bob, last(bob, alice), react(NO_SALT, said.id, "👍"))
    talking.settle()
    do(alice, said, delete(NO_SALT, said.id))
    talking.settle()
    for device, other in ((alice, bob), (bob, alice)):
        assert last(device, other).kind is MessageKind.DELETED
        assert b"first words" not in last(device, other).content
        assert stands(device, other).deleted_by == alice.account
        assert stands(device, other).reactions == {}
        assert device.vault.search(Wanted("first"), 9) == []
    assert isinstance(do(bob, last(bob, alice), react(NO_SALT, said.id, "👍")), Failed)


@pytest.mark.parametrize("content", [edit(NO_SALT, bytes(32), "mine now", 0), delete(NO_SALT, bytes(32))])
def test_nobody_changes_what_another_wrote(
    talking: World, said: Message, alice: Device, bob: Device, content: Content
) -> None:
    content = replace(content, replaces=said.id)
    failed = do(bob, last(bob, alice), content)
    assert isinstance(failed, Failed)
    assert failed.sentence == "Only who wrote a message can do this."
    forge(talking, bob, content)
    assert skipped(alice) == [Reason.NOT_YOURS]
    assert alice.shown(bob) == [("alice", "first words")]
    assert not stands(alice, bob).edits


def test_a_day_later_it_is_too_late(talking: World, said: Message, alice: Device, bob: Device) -> None:
    talking.pass_time(DAY + 2000)
    talking.settle()
    late = edit(NO_SALT, said.id, "too late", 0)
    failed = do(alice, said, late)
    assert isinstance(failed, Failed)
    assert "24 hours" in failed.sentence
    forge(talking, alice, late)
    assert skipped(bob)[-1] is Reason.TOO_LATE
    assert bob.shown(alice) == [("alice", "first words")]


def test_an_edit_that_reaches_the_relay_too_late_counts_nowhere(
    talking: World, said: Message, alice: Device, bob: Device
) -> None:
    """Alice edits in time, but her relay is away for a day."""
    alice.disconnect(talking.relay(1))
    alice.wanted.clear()
    assert isinstance(do(alice, said, edit(NO_SALT, said.id, "in time", 0)), Answer)
    assert stands(alice, bob).edits
    talking.pass_time(DAY + 2000)
    alice.start()
    talking.settle()
    assert stands(alice, bob).edits == stands(bob, alice).edits == ()
    assert Reason.TOO_LATE in skipped(alice)
    assert [row.id for row in alice.vault.search(Wanted("first"), 9)] == [said.id]


def test_votes_are_counted_alike_and_end_with_the_poll(talking: World, alice: Device, bob: Device) -> None:
    asked = poll(NO_SALT, "Où ?", ["ici", "là-bas"], False, 0)
    alice.ask(lambda ticket: events.Send(ticket, bob.account, asked))
    talking.settle()
    question = last(alice, bob)
    assert question.kind is MessageKind.POLL
    do(bob, last(bob, alice), vote(NO_SALT, question.id, [0]))
    do(alice, question, vote(NO_SALT, question.id, [0]))
    do(bob, last(bob, alice), vote(NO_SALT, question.id, [1]))
    talking.settle()
    assert isinstance(do(bob, last(bob, alice), close_poll(NO_SALT, question.id)), Failed)
    do(alice, question, close_poll(NO_SALT, question.id))
    talking.settle()
    assert isinstance(do(bob, last(bob, alice), vote(NO_SALT, question.id, [0])), Failed)
    assert stands(alice, bob).votes == stands(bob, alice).votes == {alice.account: (0,), bob.account: (1,)}
    assert stands(bob, alice).closed


def test_a_pin_is_seen_by_both(talking: World, said: Message, alice: Device, bob: Device) -> None:
    do(bob, last(bob, alice), pin(NO_SALT, said.id, True))
    talking.settle()
    assert list(alice.vault.pins(bob.account)) == [said.id]
    assert stands(alice, bob).pinned
    do(alice, said, pin(NO_SALT, said.id, False))
    talking.settle()
    assert not stands(bob, alice).pinned


def test_what_is_done_to_a_message_that_is_not_here_waits_for_it(talking: World, alice: Device, bob: Device) -> None:
    """By another queue of the same chat the message may come later than what is done to it."""
    content = replace(text(NO_SALT, "late comer", 0), salt=bytes(SALT_BYTES))
    name = message_id(sender_uri(bob.account), room_uri(group(bob).group_id), encode(content), content.salt)
    forge(talking, bob, react(NO_SALT, name, "👍"))
    forge(talking, bob, vote(NO_SALT, name, [0]))
    forge(talking, bob, edit(NO_SALT, name, "better words", 0))
    assert alice.shown(bob) == []
    assert skipped(alice) == []
    forge(talking, bob, content, content.salt)
    assert stands(alice, bob).reactions == {bob.account: "👍"}
    assert [row.id for row in alice.vault.search(Wanted("better"), 9)] == [name]
    assert skipped(alice) == [Reason.UNFIT], "a text is no poll"


def test_what_waits_for_its_target_is_bounded(talking: World, alice: Device, bob: Device) -> None:
    row = conversation(alice)
    with alice.vault.transaction():
        for number in range(MAX_ORPHANS + 50):
            alice.vault.add_amendment(an_orphan(bob, number, row.queue))
            alice.vault.bound_orphans(bob.account, MAX_ORPHANS)
    count = alice.vault.execute("SELECT count(*), min(cursor) FROM amendment").fetchone()
    assert count == (MAX_ORPHANS, 50)


def an_orphan(bob: Device, number: int, queue: bytes) -> Amendment:
    return Amendment(
        seq=0, chat=bob.account, queue=queue, id=number.to_bytes(32, "big"), target=b"?" * 32, kind="react",
        sender=bob.account, mine=False, cursor=number, placed=1, at=0, privileged=False, orphan=True, content=b"",
    )  # fmt: skip


def test_hidden_is_gone_for_me_alone_and_does_not_come_back(
    talking: World, said: Message, alice: Device, bob: Device
) -> None:
    theirs = last(bob, alice)
    bob.ask(lambda ticket: Hide(ticket, (theirs.queue, theirs.id)))
    assert bob.shown(alice) == []
    assert alice.shown(bob) == [("alice", "first words")]
    do(alice, said, edit(NO_SALT, said.id, "edited", 0))
    talking.settle()
    assert bob.shown(alice) == []
    assert skipped(bob) == []
    assert bob.vault.unread(alice.account) == 0


def test_viewed_once_is_gone(talking: World, alice: Device, bob: Device) -> None:
    secret = with_mark(text(NO_SALT, "only once", 0), kinds.ONCE, True)
    alice.ask(lambda ticket: events.Send(ticket, bob.account, secret))
    talking.settle()
    assert b"only once" not in last(alice, bob).content, "who sent it keeps no copy"
    theirs = last(bob, alice)
    assert theirs.kind is MessageKind.ONCE
    assert bob.vault.search(Wanted("once"), 9) == []
    shown = bob.ask(lambda ticket: View(ticket, (theirs.queue, theirs.id)))
    assert isinstance(shown, Answer)
    assert isinstance(shown.value, Message)
    assert b"only once" in shown.value.content
    assert last(bob, alice).kind is MessageKind.VIEWED
    assert b"only once" not in last(bob, alice).content
    assert isinstance(bob.ask(lambda ticket: View(ticket, (theirs.queue, theirs.id))), Failed)


def test_stars_are_mine(talking: World, said: Message, alice: Device, bob: Device) -> None:
    alice.ask(lambda ticket: Star(ticket, (said.queue, said.id), True))
    talking.settle()
    assert [row.id for row in alice.vault.starred()] == [said.id]
    assert bob.vault.starred() == []
    alice.ask(lambda ticket: Star(ticket, (said.queue, said.id), False))
    assert alice.vault.starred(bob.account) == []


def test_a_crash_loses_neither_the_act_nor_its_sending(
    talking: World, said: Message, alice: Device, bob: Device
) -> None:
    do(bob, last(bob, alice), react(NO_SALT, said.id, "👍"))
    bob.crash()
    talking.settle()
    assert stands(alice, bob).reactions == {bob.account: "👍"}
