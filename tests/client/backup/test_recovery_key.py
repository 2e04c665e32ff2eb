"""The recovery key: what was written down is what opens, and a slip of the pen shows."""

from __future__ import annotations

from os import urandom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.client.backup.recovery_key import LENGTH, new_recovery_key, normal_recovery_key
from havre.client.errors import HavreError


@given(secret=st.binary(min_size=32, max_size=32))
def test_has_64_characters_and_is_read_as_people_write_it(secret: bytes) -> None:
    shown = new_recovery_key(lambda _: secret)
    normal = normal_recovery_key(shown)
    assert len(normal) == LENGTH
    assert not set(normal) & set("OILU")
    written = shown.lower().replace("0", "o").replace("1", "l").replace(" ", "-")
    assert normal_recovery_key(written) == normal


@given(place=st.integers(0, LENGTH - 1), letter=st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_every_wrong_character_shows(place: int, letter: str) -> None:
    normal = normal_recovery_key(new_recovery_key(urandom))
    wrong = normal[:place] + letter + normal[place + 1 :]
    if wrong != normal:
        with pytest.raises(HavreError, match="wrong"):
            normal_recovery_key(wrong)


@pytest.mark.parametrize("text", ["", "A" * 63, "A" * 65, "U" * 64, "é" * 64])
def test_what_is_none(text: str) -> None:
    with pytest.raises(HavreError):
        normal_recovery_key(text)
