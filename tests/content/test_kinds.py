"""Each kind reads back as it was built; what is unknown is said to be so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from havre import content
from havre.content import kinds
from havre.content.codec import encode_value
from havre.content.kinds import FAREWELL, MANAGE, PROFILE, RECEIPT

SALT = bytes(16)


def through_the_wire(value: content.Content) -> content.Content:
    return content.decode(content.encode(value))


def test_text() -> None:
    message = through_the_wire(content.text(SALT, "Ça va ? مرحبا 👋🏽", 1_700_000_000_000))
    assert content.read(message) == content.Text("Ça va ? مرحبا 👋🏽", markdown=True)
    assert content.sent_at(message) == 1_700_000_000_000


@pytest.mark.parametrize("words", ["", "   ", "x" * 70_000])
def test_text_that_cannot_be_sent(words: str) -> None:
    with pytest.raises(content.ContentError):
        content.text(SALT, words, 0)


def test_receipt() -> None:
    assert content.read(through_the_wire(content.receipt(SALT, 7, 5))) == content.Receipt(7, 5)


def test_profile_names_are_cleaned_on_both_sides() -> None:
    assert content.read(through_the_wire(content.profile(SALT, "Al\u202eice\n"))) == content.Profile("Alice")
    raw = content.SinglePart(PROFILE, encode_value(["\u202eBob\x00", b"", 0, b""]))
    assert content.read(content.Content(SALT, raw)) == content.Profile("Bob")


@pytest.mark.parametrize("values", [[1], [1, -1], [1, 2**63], [1, "2"], {"a": 1}, [1, 2, 3]])
def test_a_receipt_that_is_none(values: object) -> None:
    with pytest.raises(content.ContentError):
        content.read(content.Content(SALT, content.SinglePart(RECEIPT, encode_value(values))))


@pytest.mark.parametrize(("secret", "through"), [(b"", 0), (bytes(range(32)), 7)])
def test_manage(secret: bytes, through: int) -> None:
    said = content.read(through_the_wire(content.manage(SALT, secret, through)))
    assert said == content.Manage(secret, through)
    assert repr(secret) not in repr(said)


def test_farewell() -> None:
    said = content.farewell(SALT, bytes(range(64)), 1_700_000_000_000)
    assert content.read(through_the_wire(said)) == content.Farewell(bytes(range(64)))


@pytest.mark.parametrize("values", [[], [b""], [bytes(63)], ["x" * 64], [bytes(64), 1], {"a": 1}])
def test_a_farewell_that_is_none(values: object) -> None:
    with pytest.raises(content.ContentError):
        content.read(content.Content(SALT, content.SinglePart(FAREWELL, encode_value(values))))


@pytest.mark.parametrize("values", [[b""], [b"short", 1], ["x" * 32, 1], [bytes(32), -1], [bytes(32), 2**63]])
def test_a_manage_that_is_none(values: object) -> None:
    with pytest.raises(content.ContentError):
        content.read(content.Content(SALT, content.SinglePart(MANAGE, encode_value(values))))


def test_unknown_kinds_are_named() -> None:
    part = content.SinglePart("application/x-game", b"move")
    assert content.read(content.Content(SALT, part)) == content.Unknown("application/x-game")
    heart = content.SinglePart("text/plain;charset=utf-8", b"x")
    both = content.MultiPart(content.model.PartSemantics.PROCESS_ALL, (heart, heart))
    assert content.read(content.Content(SALT, both)) == content.Unknown("")


@pytest.mark.parametrize("claimed", ["yesterday", -1, 2**60, True and "1"])
def test_an_absurd_time_counts_as_none(claimed: object) -> None:
    message = content.Content(SALT, content.NullPart(), extensions={"havre.at": claimed})
    assert content.sent_at(through_the_wire(message)) is None


TARGET = b"t" * 32


@pytest.mark.parametrize(
    ("message", "body"),
    [
        (content.react(SALT, TARGET, "👩🏽‍🚀"), content.React(TARGET, "👩🏽‍🚀")),
        (content.react(SALT, TARGET, "", earlier=b"e" * 32), content.React(TARGET, "")),
        (content.edit(SALT, TARGET, "mieux", 5), content.Edit(TARGET, content.Text("mieux", True))),
        (content.delete(SALT, TARGET), content.Delete(TARGET)),
        (content.pin(SALT, TARGET, True), content.Pin(TARGET, True)),
        (content.poll(SALT, "Où ?", ["Ici", "Là"], True, 5), content.Poll("Où ?", ("Ici", "Là"), True)),
        (content.vote(SALT, TARGET, [1, 0, 1]), content.Vote(TARGET, (0, 1))),
        (content.close_poll(SALT, TARGET), content.ClosePoll(TARGET)),
        (content.location(SALT, 48.8566, 2.3522, "Paris", 5), content.Location(488566000, 23522000, "Paris")),
        (content.card(SALT, "Bob", "havre://r.example/abc", 5), content.Card("Bob", "havre://r.example/abc")),
        (content.typing(SALT, True), content.Typing(True)),
    ],
)
def test_each_kind_reads_back_as_it_was_built(message: content.Content, body: content.Body) -> None:
    assert content.read(through_the_wire(message)) == body


def test_a_mention_names_an_account_and_is_shown_under_my_name_for_it() -> None:
    who = bytes(range(32))
    words = f"Ask {content.mention('B](o)b', who)} or [@Eve](https://evil.example)"
    body = content.read(through_the_wire(content.text(SALT, words, 0)))
    assert isinstance(body, content.Text)
    assert body.mentions == (who,)
    assert content.with_names(body.text, {who: "Robert"}.__getitem__) == "Ask @Robert or [@Eve](https://evil.example)"


def test_a_text_with_a_preview_is_a_text() -> None:
    preview = content.Preview("https://example.org/", "Titre", "Ce que c'est", b"\xff\xd8jpeg")
    message = through_the_wire(content.text(SALT, "See https://example.org/", 0, preview=preview))
    assert content.read(message) == content.Text("See https://example.org/", True, (), preview)


def test_a_voice_note_is_a_file_with_a_waveform() -> None:
    part = content.ExternalPart("audio/ogg;codecs=opus", "", 0, 9, 0, b"", b"", b"", 0, b"")
    voice = content.Voice(2_500, bytes(range(64)))
    assert content.read(through_the_wire(content.file(SALT, part, 0, voice=voice))) == content.File(part, voice)


def test_marks() -> None:
    message = content.with_mark(content.text(SALT, "x", 0), kinds.FORWARDED, 5)
    assert content.forwarded(through_the_wire(message)) == 5
    assert not content.is_once(message)
    assert content.is_once(through_the_wire(content.with_mark(message, kinds.ONCE, True)))
    assert content.forwarded(content.with_mark(message, kinds.FORWARDED, -1)) == 0


def of_type(media_type: str, values: object, **fields: bytes) -> content.Content:
    return content.Content(SALT, content.SinglePart(media_type, encode_value(values)), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "broken",
    [
        of_type(kinds.POLL, ["Q", ["a"], False]),
        of_type(kinds.POLL, ["Q", ["a", "A"], False]),
        of_type(kinds.POLL, ["Q", [str(n) for n in range(13)], False]),
        of_type(kinds.POLL, ["", ["a", "b"], False]),
        of_type(kinds.POLL, ["Q", ["a", 2], False]),
        of_type(kinds.VOTE, [[0]]),
        of_type(kinds.VOTE, [[1, 0]], in_reply_to=TARGET),
        of_type(kinds.VOTE, [[12]], in_reply_to=TARGET),
        of_type(kinds.VOTE, [[True]], in_reply_to=TARGET),
        of_type(kinds.PIN, [1], in_reply_to=TARGET),
        of_type(kinds.LOCATION, [91 * kinds.DEGREE, 0, ""]),
        of_type(kinds.LOCATION, [0.5, 0, ""]),
        of_type(kinds.CARD, ["Bob", "https://elsewhere.example"]),
        of_type(kinds.TYPING, ["yes"]),
        of_type(kinds.PROFILE, ["Bob", b"", 0]),
        of_type(kinds.PROFILE, [b"Bob", b"", 0, b""]),
        of_type(kinds.PROFILE, ["Bob", "", 0, b""]),
        of_type(kinds.PROFILE, ["Bob", b"", -1, b""]),
        of_type(kinds.PROFILE, ["Bob", b"", 0, bytes(2049)]),
        content.Content(SALT, content.SinglePart(kinds.PLAIN, b"much more than one emoji", 2), in_reply_to=TARGET),
        content.Content(SALT, content.SinglePart(kinds.PLAIN, "\u202e👍".encode(), 2), in_reply_to=TARGET),
        content.Content(SALT, content.SinglePart(kinds.PLAIN, b"\xff", 2), in_reply_to=TARGET),
        content.Content(SALT, content.SinglePart(kinds.PLAIN, b"x", 2)),
        content.Content(SALT, content.SinglePart("image/png", b"x", 2), in_reply_to=TARGET),
    ],
)
def test_a_known_kind_that_is_filled_in_wrongly_is_refused(broken: content.Content) -> None:
    with pytest.raises(content.ContentError):
        content.read(through_the_wire(broken))


def test_what_replaces_in_an_unknown_way_is_unknown() -> None:
    part = content.SinglePart("application/x-game", b"move")
    assert content.read(content.Content(SALT, part, replaces=TARGET)) == content.Unknown("edit")


@pytest.mark.parametrize("build", [lambda: content.poll(SALT, "Q", ["a"], False, 0),
                                   lambda: content.location(SALT, 99, 0, "", 0),
                                   lambda: content.card(SALT, "x", "http://x", 0),
                                   lambda: content.react(SALT, TARGET, "no emoji but a sentence")])  # fmt: skip
def test_what_nobody_could_read_is_not_built(build: Callable[[], content.Content]) -> None:
    with pytest.raises(content.ContentError):
        build()
