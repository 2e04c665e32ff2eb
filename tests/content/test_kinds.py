"""Each kind reads back as it was built; what is unknown is said to be so."""

from __future__ import annotations

import pytest

from havre import content
from havre.content.codec import encode_value
from havre.content.kinds import PROFILE, RECEIPT

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
    raw = content.SinglePart(PROFILE, encode_value(["\u202eBob\x00"]))
    assert content.read(content.Content(SALT, raw)) == content.Profile("Bob")


@pytest.mark.parametrize("values", [[1], [1, -1], [1, 2**63], [1, "2"], {"a": 1}, [1, 2, 3]])
def test_a_receipt_that_is_none(values: object) -> None:
    with pytest.raises(content.ContentError):
        content.read(content.Content(SALT, content.SinglePart(RECEIPT, encode_value(values))))


def test_unknown_kinds_are_named() -> None:
    part = content.SinglePart("application/x-game", b"move")
    assert content.read(content.Content(SALT, part)) == content.Unknown("application/x-game")
    edit = content.text(SALT, "x", 0)
    assert content.read(content.Content(SALT, edit.part, replaces=bytes(32))) == content.Unknown("edit")
    heart = content.SinglePart("text/plain;charset=utf-8", b"x", content.Disposition.REACTION)
    assert content.read(content.Content(SALT, heart)) == content.Unknown("reaction")
    both = content.MultiPart(content.model.PartSemantics.PROCESS_ALL, (heart, heart))
    assert content.read(content.Content(SALT, both)) == content.Unknown("")


@pytest.mark.parametrize("claimed", ["yesterday", -1, 2**60, True and "1"])
def test_an_absurd_time_counts_as_none(claimed: object) -> None:
    message = content.Content(SALT, content.NullPart(), extensions={"havre.at": claimed})
    assert content.sent_at(through_the_wire(message)) is None
