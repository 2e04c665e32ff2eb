"""A message's name depends on all of it, on who sent it and on where."""

from __future__ import annotations

from hashlib import sha256

import pytest

from havre import content

SALT = bytes(range(16))


def test_the_hash_is_the_drafts() -> None:
    expected = b"\x01" + sha256(b"\x00\x01a" + b"\x00\x02bb" + b"message" + SALT).digest()[:31]
    assert content.message_id("a", "bb", b"message", SALT) == expected


def test_every_input_counts() -> None:
    ids = {
        content.message_id(sender, room, data, salt)
        for sender in ("a", "b")
        for room in ("a", "b")
        for data in (b"a", b"b")
        for salt in (SALT, bytes(16))
    }
    assert len(ids) == 16


def test_an_endless_uri_is_refused() -> None:
    with pytest.raises(content.ContentError):
        content.message_id("a" * 70_000, "b", b"", SALT)


def test_uris() -> None:
    assert content.sender_uri(b"\xab" * 2) == "havre:account/abab"
    assert content.room_uri(b"\xcd") == "havre:group/cd"
