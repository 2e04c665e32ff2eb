"""State for one's other devices: read as it was written, and refused in every other shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.content import Content, ContentError, State, StateChange, decode, encode, read, state
from havre.content.codec import encode_value
from havre.content.kinds import STATE
from havre.content.model import SinglePart

VALUES = st.one_of(st.none(), st.booleans(), st.integers(0, 1 << 53), st.text(max_size=40), st.binary(max_size=40))
CHANGES = st.lists(st.builds(StateChange, st.text(max_size=32), st.binary(max_size=64), VALUES), max_size=5)


@given(changes=CHANGES)
def test_comes_back(changes: list[StateChange]) -> None:
    assert read(decode(encode(state(bytes(16), changes)))) == State(tuple(changes))


@pytest.mark.parametrize(
    "values",
    [[], [1], [[1]], [[["person", b"k"]]], [[["person", "k", 1]]], [[["p" * 33, b"k", 1]]], [[["p", b"k" * 129, 1]]],
     [[["p", b"k", 1]] * 257]],
)  # fmt: skip
def test_other_shapes_are_refused(values: list[object]) -> None:
    with pytest.raises(ContentError):
        read(Content(bytes(16), SinglePart(STATE, encode_value(values))))
