"""Key packages inside a conversation: read as they were written, and refused in every other shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.content import Content, ContentError, KeyPackages, decode, encode, key_packages, read
from havre.content.codec import encode_value
from havre.content.kinds import KEY_PACKAGES
from havre.content.model import SinglePart

SALT, INBOX, DEVICE = bytes(16), b"i" * 16, b"d" * 16
PAIRS = st.lists(st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=1, max_size=50)), max_size=5)


@given(relay=st.text(max_size=100), until=st.integers(0, (1 << 53) - 1), pairs=PAIRS)
def test_comes_back(relay: str, until: int, pairs: list[tuple[bytes, bytes]]) -> None:
    content = decode(encode(key_packages(SALT, relay, INBOX, until, pairs)))
    assert read(content) == KeyPackages(relay, INBOX, until, tuple(pairs))


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["r", INBOX, 1],
        ["r", b"short", 1, []],
        [1, INBOX, 1, []],
        ["r" * 301, INBOX, 1, []],
        ["r", INBOX, -1, []],
        ["r", INBOX, 1, {}],
        ["r", INBOX, 1, [[DEVICE]]],
        ["r", INBOX, 1, [[DEVICE, b""]]],
        ["r", INBOX, 1, [[b"d", b"x"]]],
        ["r", INBOX, 1, [[DEVICE, b"x" * 16385]]],
        ["r", INBOX, 1, [[DEVICE, b"x"]] * 65],
    ],
)
def test_other_shapes_are_refused(values: list[object]) -> None:
    with pytest.raises(ContentError):
        read(Content(SALT, SinglePart(KEY_PACKAGES, encode_value(values))))
