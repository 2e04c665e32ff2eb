"""What the api offers to do with messages, between two people on a real relay."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from havre.client.api import (
    CardBody,
    DeletedBody,
    FileBody,
    Havre,
    LocationBody,
    MayWrite,
    Message,
    MessageKind,
    MessageState,
    OnceBody,
    Person,
    PollBody,
    Preview,
    Role,
    Scheduled,
    Shelf,
    TextBody,
    VoiceBody,
    searching,
)
from havre.client.api.core import now
from havre.client.api.messages import mark_mentions
from havre.client.errors import HavreError, MessageUnknown
from havre.content import mention
from tests.client.relays import running_relay
from tests.client.test_api import CHEAP, SECRET, introduce, until, words

pytestmark = pytest.mark.anyio


class Pair:
    """Alice and Bob, who have each other."""

    def __init__(self, alice: Havre, bob: Havre, to_bob: Person, to_alice: Person) -> None:
        self.alice, self.bob, self.to_bob, self.to_alice = alice, bob, to_bob, to_alice

    async def said(self, text: str = "hello") -> Message:
        """Have Alice say something; return it as Bob sees it, once he does."""
        sent = await self.alice.send_text(self.to_bob, text)
        return await self.at_bob(sent)

    async def at_bob(self, sent: Message) -> Message:
        await until(lambda: any(one.id == sent.id for one in self.bob.messages(self.to_alice)))
        return self.bob.message(self.to_alice, sent.id)

    def newest(self, who: Havre) -> Message:
        return who.messages(self.to_bob if who is self.alice else self.to_alice)[-1]


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(running_relay(tmp_path / "relay"))
        both = [
            await stack.enter_async_context(Havre.sign_up(tmp_path / name, SECRET, relay.url, name, cost=CHEAP))
            for name in ("Alice", "Bob")
        ]
        alice, bob = both
        yield Pair(alice, bob, *await introduce(alice, bob))


async def test_reactions_edits_and_deletions_are_seen_by_both(pair: Pair) -> None:
    theirs = await pair.said("first")
    await pair.bob.react(theirs, "👍")
    await until(lambda: bool(pair.newest(pair.alice).reactions))
    (reaction,) = pair.newest(pair.alice).reactions
    assert (reaction.emoji, reaction.names, reaction.mine) == ("👍", ("Bob",), False)
    mine = await pair.alice.edit(pair.newest(pair.alice), "second")
    assert (mine.edited, [version.text for version in mine.history]) == (True, ["first"])
    await until(lambda: words([pair.newest(pair.bob)]) == ["second"])
    assert [version.text for version in pair.newest(pair.bob).history] == ["first"]
    with pytest.raises(HavreError, match="Only who wrote"):
        await pair.bob.edit(theirs, "mine now")
    await pair.alice.delete(mine)
    await until(lambda: pair.newest(pair.bob).body == DeletedBody("Alice"))
    assert pair.newest(pair.bob).reactions == ()
    await pair.bob.delete_for_me(pair.newest(pair.bob))
    assert pair.bob.messages(pair.to_alice) == []
    assert len(pair.alice.messages(pair.to_bob)) == 1


async def test_a_reply_shows_what_it_answers(pair: Pair) -> None:
    theirs = await pair.said("Where are you?")
    await pair.bob.send_text(pair.to_alice, "On my way", reply_to=theirs)
    await until(lambda: words([pair.newest(pair.alice)]) == ["On my way"])
    quote = pair.newest(pair.alice).quote
    assert quote is not None
    assert (quote.name, quote.words) == ("Alice", "Where are you?")
    await pair.alice.edit(pair.alice.messages(pair.to_bob)[0], "Where *were* you?")
    assert pair.newest(pair.alice).quote != quote
    await pair.alice.delete_for_me(pair.alice.messages(pair.to_bob)[0])
    gone = pair.newest(pair.alice).quote
    assert gone is not None
    assert (gone.name, gone.words) == (None, "")


async def test_a_mention_is_of_an_account_and_shown_under_ones_own_name(pair: Pair) -> None:
    await pair.bob.rename(pair.to_alice, "Lili")
    theirs = await pair.said("Both @bob and @Alice, not a@Bob")
    assert words([theirs]) == ["Both @Bob and @Lili, not a@Bob"]
    assert theirs.mentions_me
    assert not (await pair.said("@nobody")).mentions_me


async def test_a_member_who_has_said_nothing_yet_can_be_mentioned(pair: Pair) -> None:
    chat = await pair.alice.groups.create("Choir", [pair.to_bob])
    await until(lambda: len(pair.alice.groups.show(chat).members) == 2)
    await pair.alice.send_text(chat, "Hello @Bob")
    await until(lambda: any(one.title == "Choir" for one in pair.bob.chats()))
    choir = pair.bob.chat("Choir")
    await until(lambda: any(one.mentions_me for one in pair.bob.messages(choir)))


async def test_whether_one_may_write_follows_rules_blocks_and_removal(pair: Pair) -> None:
    chat = await pair.alice.groups.create("Choir", [pair.to_bob])
    await until(lambda: any(one.title == "Choir" for one in pair.bob.chats()))

    async def said_to_bob(answer: MayWrite) -> None:
        await until(lambda: pair.bob.may_write(pair.bob.chat("Choir")) is answer)
        assert pair.alice.may_write(chat) is MayWrite.YES

    await said_to_bob(MayWrite.YES)
    for role, answer in ((Role.ADMIN, MayWrite.ADMINS), (Role.OWNER, MayWrite.OWNER), (Role.MEMBER, MayWrite.YES)):
        await pair.alice.groups.set_rules(chat, write=role)
        await said_to_bob(answer)
    await pair.alice.groups.remove(chat, pair.to_bob)
    await said_to_bob(MayWrite.OUT)
    await pair.bob.contacts.block(pair.to_alice)
    assert pair.bob.may_write(pair.bob.chat(pair.to_alice)) is MayWrite.BLOCKED
    await pair.bob.contacts.unblock(pair.to_alice.id)
    assert pair.bob.may_write(pair.bob.chat(pair.to_alice)) is MayWrite.YES


def test_the_longest_name_is_meant_and_only_those_in_the_chat() -> None:
    ann, annie = bytes(32), bytes([1]) * 32
    marked = mark_mentions("@annie k. and @Ann, @bob", {"Ann": ann, "Annie K.": annie})
    assert marked == f"{mention('annie k.', annie)} and {mention('Ann', ann)}, @bob"


async def test_a_poll(pair: Pair) -> None:
    sent = await pair.alice.send_poll(pair.to_bob, "Où ?", ["Ici", "Là"])
    theirs = await pair.at_bob(sent)
    for wrong, sentence in (([3], "numbered from 1 to 2"), ([1, 2], "single option")):
        with pytest.raises(HavreError, match=sentence):
            await pair.bob.vote(theirs, wrong)
    await pair.bob.vote(theirs, [1])
    voted = await pair.bob.vote(theirs, [2])
    assert isinstance(voted.body, PollBody)
    assert [(option.text, option.voters, option.mine) for option in voted.body.options] == [
        ("Ici", (), False),
        ("Là", ("Bob",), True),
    ]
    await pair.alice.close_poll(sent)
    await until(lambda: isinstance(body := pair.newest(pair.bob).body, PollBody) and body.closed)
    with pytest.raises(HavreError, match="too late"):
        await pair.bob.vote(theirs, [1])


async def test_what_was_sent_lies_on_shelves(pair: Pair, tmp_path: Path) -> None:
    names = ("photo.png", "film.mp4", "song.mp3", "notes.txt")
    for name in names:
        (tmp_path / name).write_bytes(b"nothing much")
        await pair.alice.send_file(pair.to_bob, tmp_path / name)
    await pair.alice.send_text(pair.to_bob, "see [this](https://example.org/a)")
    await pair.said("http is no link")

    def on(shelf: Shelf) -> list[str]:
        found = pair.bob.shared(pair.bob.chat(pair.to_alice), shelf)
        assert found.more is None
        return [body.name if isinstance(body := one.body, FileBody) else words([one])[0] for one in found.messages]

    assert on(Shelf.MEDIA) == ["film.mp4", "photo.png"]
    assert on(Shelf.FILES) == ["notes.txt"]
    assert on(Shelf.AUDIO) == ["song.mp3"]
    assert on(Shelf.LINKS) == ["see [this](https://example.org/a)"]


async def test_a_long_shelf_is_read_in_parts(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_LOOKED_AT", 2)
    for number in range(3):
        await pair.said(f"https://example.org/{number}")
    chat = pair.bob.chat(pair.to_alice)
    first = pair.bob.shared(chat, Shelf.LINKS)
    assert first.more is not None
    rest = pair.bob.shared(chat, Shelf.LINKS, first.more)
    assert rest.more is None
    assert [words([one])[0][-1] for one in (*first.messages, *rest.messages)] == ["2", "1", "0"]


async def test_a_place_and_a_contact(pair: Pair) -> None:
    place = await pair.at_bob(await pair.alice.send_location(pair.to_bob, 48.8566, 2.3522, "Paris"))
    assert place.body == LocationBody(48.8566, 2.3522, "Paris")
    await until(lambda: pair.alice._core.vault.reach(bytes.fromhex(pair.to_bob.id)) is not None)
    await pair.alice.send_card(pair.to_bob, pair.to_bob)
    await until(lambda: isinstance(pair.newest(pair.bob).body, CardBody))
    body = pair.newest(pair.bob).body
    assert isinstance(body, CardBody)
    assert body.link.split("?")[0] == pair.bob.link().split("?")[0]
    with pytest.raises(HavreError, match="not on Earth"):
        await pair.alice.send_location(pair.to_bob, 91, 0)


async def test_forwarding_is_marked_and_limited(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "plan.txt"
    path.write_text("the plan")
    theirs = await pair.at_bob(await pair.alice.send_file(pair.to_bob, path))
    assert isinstance(theirs.body, FileBody)
    (again,) = await pair.bob.forward(theirs, [pair.to_alice])
    assert again.forwarded == 1
    await until(lambda: len(pair.alice.messages(pair.to_bob)) == 2)
    saved = await pair.alice.save_file(pair.newest(pair.alice), tmp_path / "saved")
    assert saved.read_text() == "the plan"
    message = await pair.said("rumour")
    for count in range(1, 6):
        (message,) = await pair.bob.forward(message, [pair.to_alice])
        assert message.forwarded == count
    assert message.many_times
    with pytest.raises(HavreError, match="one chat at a time"):
        await pair.bob.forward(message, [pair.to_alice, pair.to_alice])
    with pytest.raises(HavreError, match="5 chats"):
        await pair.bob.forward(await pair.said("x"), [pair.to_alice] * 6)
    asked = await pair.alice.send_poll(pair.to_bob, "?", ["a", "b"])
    with pytest.raises(HavreError, match="cannot be forwarded"):
        await pair.alice.forward(asked, [pair.to_bob])


async def test_pins_and_stars(pair: Pair) -> None:
    theirs = await pair.said()
    await pair.bob.pin(theirs)
    await until(lambda: [one.id for one in pair.alice.pinned(pair.to_bob)] == [theirs.id])
    assert (await pair.bob.star(theirs)).starred
    assert [one.id for one in pair.bob.starred()] == [theirs.id]
    assert pair.alice.starred() == []
    await pair.alice.pin(pair.newest(pair.alice), False)
    await until(lambda: pair.bob.pinned(pair.to_alice) == [])
    await pair.bob.star(theirs, False)
    assert pair.bob.starred(pair.to_alice) == []


async def test_what_is_viewed_once_is_gone(pair: Pair, tmp_path: Path) -> None:
    sent = await pair.alice.send_text(pair.to_bob, "burn this", once=True)
    assert sent.body == OnceBody(False)
    theirs = await pair.at_bob(sent)
    assert theirs.body == OnceBody(False)
    assert (await pair.bob.view(theirs)).body == TextBody("burn this")
    assert pair.newest(pair.bob).body == OnceBody(True)
    with pytest.raises(HavreError, match="viewed already"):
        await pair.bob.view(theirs)
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"not really")
    theirs = await pair.at_bob(await pair.alice.send_file(pair.to_bob, path, once=True))
    with pytest.raises(HavreError, match="folder"):
        await pair.bob.view(theirs)
    await pair.bob.view(theirs, tmp_path / "seen")
    assert (tmp_path / "seen" / "photo.jpg").read_bytes() == b"not really"
    with pytest.raises(HavreError):
        await pair.bob.save_file(pair.newest(pair.bob), tmp_path)


async def test_a_voice_note_is_opus_with_its_waveform(pair: Pair, tmp_path: Path) -> None:
    rate = 44_100
    swelling = np.sin(np.arange(rate * 2) * 0.06) * np.linspace(0, 0.9, rate * 2)
    path = tmp_path / "note.wav"
    with wave.open(str(path), "wb") as written:
        written.setparams((1, 2, rate, 0, "NONE", ""))
        written.writeframes((swelling * 32767).astype("<i2").tobytes())
    theirs = await pair.at_bob(await pair.alice.send_voice(pair.to_bob, path))
    body = theirs.body
    assert isinstance(body, VoiceBody)
    assert (body.milliseconds, body.media_type, len(body.waveform)) == (2000, "audio/ogg;codecs=opus", 64)
    assert list(body.waveform) == sorted(body.waveform), "it swells"
    saved = await pair.bob.save_file(theirs, tmp_path / "saved")
    heard = soundfile.info(saved)
    assert (heard.format, heard.subtype, round(heard.duration, 1)) == ("OGG", "OPUS", 2.0)
    (again,) = await pair.bob.forward(theirs, [pair.to_alice])
    assert isinstance(again.body, VoiceBody)
    assert again.body.waveform == body.waveform


async def test_what_is_no_recording_is_no_voice_note(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "note.ogg"
    path.write_bytes(b"OggS but not really")
    with pytest.raises(HavreError, match="is no recording"):
        await pair.alice.send_voice(pair.to_bob, path)
    with pytest.raises(HavreError, match="no such file"):
        await pair.alice.send_voice(pair.to_bob, tmp_path / "absent.ogg")


async def test_drafts_and_messages_for_later(pair: Pair) -> None:
    await pair.alice.draft(pair.to_bob, "half a")
    assert pair.alice.chat(pair.to_bob).draft == "half a"
    assert (await pair.alice.mute(pair.to_bob, 2**40)).muted_until == 2**40
    assert (await pair.alice.pin_chat(pair.to_bob)).pinned
    away = await pair.alice.archive(pair.to_bob)
    assert (away.archived, away.pinned, away.muted_until) == (True, False, 2**40)
    assert (await pair.alice.pin_chat(pair.to_bob)).archived is False
    with pytest.raises(HavreError, match="That time is over"):
        await pair.alice.schedule(pair.to_bob, "x", now() - 1)
    far = await pair.alice.schedule(pair.to_bob, "next year", now() + 10**9)
    assert pair.alice.scheduled() == [Scheduled(far.number, pair.to_bob.id, far.due, "next year")]
    await pair.alice.unschedule(far.number)
    await pair.alice.schedule(pair.to_bob, "soon", now() + 300)
    assert pair.alice.messages(pair.to_bob) == []
    await until(lambda: words(pair.bob.messages(pair.to_alice)) == ["soon"])
    assert pair.alice.scheduled() == []


async def test_what_could_not_be_sent_is_sent_again_in_its_place(pair: Pair) -> None:
    theirs = await pair.said("once more")
    mine = pair.alice.message(pair.to_bob, theirs.id)
    with pytest.raises(HavreError, match="could not be sent"):
        await pair.alice.send_again(mine)
    vault = pair.alice._core.vault
    with vault.transaction():
        vault.put_message(replace(mine.row, state=MessageState.FAILED))
    again = await pair.alice.send_again(mine)
    assert words(pair.alice.messages(pair.to_bob)) == ["once more"]
    assert pair.alice.messages(pair.to_bob)[0].id == again.id != mine.id
    assert words([await pair.at_bob(again)]) == ["once more"]


async def test_searching_and_jumping_to_what_was_found(pair: Pair) -> None:
    for number in range(6):
        await pair.said(f"number {number}")
    theirs = await pair.said("Un été sans œuvre")
    await pair.bob.send_text(pair.to_alice, "behind it")
    (found,) = pair.bob.search("OEUVRE ete")
    assert found.id == theirs.id
    context = pair.bob.context(found, 2)
    assert words(list(context.before)) == ["number 4", "number 5"]
    assert words(list(context.after)) == ["behind it"]
    assert pair.bob.search("number", limit=2) == list(reversed(pair.bob.messages(pair.to_alice)[4:6]))
    assert pair.bob.search("number", sender=pair.to_alice, kind=MessageKind.FILE) == []
    assert pair.bob.find_message(theirs.id[:20]).id == theirs.id
    with pytest.raises(MessageUnknown):
        pair.bob.find_message("01ffffffffff")
    with pytest.raises(HavreError, match="Several"):
        pair.bob.find_message("01")


async def test_settings(pair: Pair) -> None:
    settings = pair.bob.settings
    assert settings.default_timer is None
    for change, name in (
        (settings.set_read_receipts, "read_receipts"),
        (settings.set_delivery_receipts, "delivery_receipts"),
        (settings.set_typing, "typing"),
    ):
        assert getattr(settings, name) is True
        await change(False)
        assert getattr(settings, name) is False
    await settings.set_default_timer(3600)
    assert pair.bob.settings.default_timer == 3600
    with pytest.raises(HavreError, match="30 seconds"):
        await settings.set_default_timer(5)


async def test_a_preview_travels_inside_the_message(pair: Pair) -> None:
    preview = Preview("https://example.org/", "A page", "What it is", b"")
    sent = await pair.alice.send_text(pair.to_bob, "See https://example.org/", preview=preview)
    theirs = await pair.at_bob(sent)
    assert isinstance(theirs.body, TextBody)
    assert theirs.body.preview == preview


async def test_what_a_terminal_would_obey_is_taken_out(pair: Pair) -> None:
    theirs = await pair.said("a\x1b[31mb\u202ec\nd\u200d")
    assert words([theirs]) == ["a[31mbc\nd\u200d"]
