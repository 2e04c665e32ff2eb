"""One arrival, one change."""

from __future__ import annotations

from havre import content
from havre.content.codec import encode_value
from havre.content.kinds import RECEIPT

SALT = bytes(16)
WHO = b"a" * 32
ID = b"i" * 32
TAKEN = 1_700_000_000_000


def change(value: content.Content) -> content.Change:
    return content.reduce(content.Arrival(WHO, ID, value, TAKEN))


def test_a_text_is_shown_with_what_it_answers() -> None:
    shown = change(content.text(SALT, "oui", TAKEN - 5, in_reply_to=b"r" * 32))
    assert shown == content.Show(ID, WHO, TAKEN - 5, content.Text("oui", True), b"r" * 32)


def test_a_clock_far_ahead_is_not_believed() -> None:
    shown = change(content.text(SALT, "from the future", TAKEN + 3_600_000))
    assert isinstance(shown, content.Show)
    assert shown.at == TAKEN


def test_what_devices_tell_each_other() -> None:
    assert change(content.receipt(SALT, 9, 4)) == content.Tell(WHO, content.Receipt(9, 4))
    assert change(content.profile(SALT, "Zoé")) == content.Tell(WHO, content.Profile("Zoé"))


def test_what_is_done_to_a_message_is_no_message() -> None:
    act = content.react(SALT, b"t" * 32, "👍🏽")
    assert change(act) == content.Amend(ID, WHO, TAKEN, content.React(b"t" * 32, "👍🏽"))


def test_a_known_kind_filled_in_wrongly_is_shown_as_unknown_not_dropped() -> None:
    broken = content.Content(SALT, content.SinglePart(RECEIPT, encode_value(["x"])))
    assert change(broken) == content.Show(ID, WHO, TAKEN, content.Unknown(""), None)
