"""The codec takes what it makes and nothing else."""

from __future__ import annotations

import contextlib

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from havre import content
from havre.content.model import Part, PartSemantics

SALT = bytes(range(16))
ID = bytes([1]) + bytes(31)
EXTERNAL = content.ExternalPart(
    "video/mp4", "havre:blob/1", 0, 708_234_961, 1, b"k" * 16, b"n" * 12, b"", 1, b"h" * 32, "keys", "big.mp4"
)

leaves: st.SearchStrategy[Part] = st.one_of(
    st.builds(content.NullPart, st.integers(0, 255), st.text(max_size=9)),
    st.builds(content.SinglePart, st.text(max_size=30), st.binary(max_size=200), st.integers(0, 255)),
    st.builds(
        content.ExternalPart,
        content_type=st.text(max_size=30),
        url=st.text(max_size=80),
        expires=st.integers(0, 2**32 - 1),
        size=st.integers(0, 2**64 - 1),
        enc_alg=st.integers(0, 2**16 - 1),
        key=st.binary(max_size=32),
        nonce=st.binary(max_size=12),
        aad=st.binary(max_size=12),
        hash_alg=st.integers(0, 255),
        content_hash=st.binary(max_size=32),
    ),
)


def nest(parts: st.SearchStrategy[Part]) -> st.SearchStrategy[Part]:
    return st.builds(
        content.MultiPart, st.sampled_from(PartSemantics), st.lists(parts, min_size=2, max_size=3).map(tuple)
    )


contents = st.builds(
    content.Content,
    salt=st.binary(min_size=16, max_size=16),
    part=st.one_of(leaves, nest(leaves), nest(nest(leaves))),
    replaces=st.none() | st.binary(min_size=32, max_size=32),
    topic_id=st.binary(max_size=20),
    expires=st.none() | st.builds(content.Expiration, st.booleans(), st.integers(0, 2**32 - 1)),
    in_reply_to=st.none() | st.binary(min_size=32, max_size=32),
    extensions=st.dictionaries(
        st.integers(-(2**63), 2**63) | st.text(min_size=1, max_size=60), st.text() | st.binary(), max_size=4
    ),
)


@given(contents)
def test_what_was_encoded_is_decoded_again(value: content.Content) -> None:
    assert content.decode(content.encode(value)) == value


@given(st.binary(max_size=300))
@example(b"\x81" * 5000)
@example(b"\x9b" + b"\xff" * 8)
@example(bytes.fromhex("d81c81d81d00"))
def test_any_other_bytes_are_refused_by_the_one_error(data: bytes) -> None:
    try:
        value = content.decode(data)
    except content.ContentError:
        return
    assert content.encode(value) == data


@given(contents, st.data())
def test_a_changed_byte_is_refused_or_means_something_else(value: content.Content, data: st.DataObject) -> None:
    encoded = bytearray(content.encode(value))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(content.ContentError):
        assert content.decode(bytes(encoded)) != value


def test_the_container_is_laid_out_as_the_draft_says() -> None:
    message = content.text(SALT, "bonjour", 5, in_reply_to=ID)
    kind = "text/markdown;variant=GFM-MIMI"
    expected = [SALT, None, b"", None, ID, {"havre.at": 5}, [1, "", 1, kind, b"bonjour"]]
    assert cbor2.loads(content.encode(message)) == expected
    external = cbor2.loads(content.encode(content.file(SALT, EXTERNAL, 5)))[6]
    assert external[:4] == [6, "", 2, "video/mp4"]
    assert external[6:8] == [708_234_961, 1]
    assert len(external) == 15


def hostile() -> dict[str, bytes]:
    good = cbor2.loads(content.encode(content.text(SALT, "x", 5)))

    def with_field(index: int, value: object) -> bytes:
        return cbor2.dumps([*good[:index], value, *good[index + 1 :]])

    deep: list[object] = [1, "", 0]
    for _ in range(6):
        deep = [1, "", 3, 0, [deep, [1, "", 0]]]
    return {
        "trailing byte": cbor2.dumps(good) + b"\x00",
        "truncated": cbor2.dumps(good)[:-1],
        "too few fields": cbor2.dumps(good[:6]),
        "too many fields": cbor2.dumps([*good, None]),
        "no array": cbor2.dumps({"salt": SALT}),
        "salt too short": with_field(0, SALT[:15]),
        "message id too short": with_field(1, b"\x01"),
        "topic is text": with_field(2, "topic"),
        "expires too large": with_field(3, [True, 2**32]),
        "expires without a flag": with_field(3, [1, 5]),
        "extension named by bytes": with_field(5, {b"x": 1}),
        "extension named by nothing": with_field(5, {"": 1}),
        "extension named by truth": with_field(5, {True: 1}),
        "extension too large": with_field(5, {"x": b"x" * 5000}),
        "too many extensions": with_field(5, dict.fromkeys(range(40), 0)),
        "unknown cardinality": with_field(6, [1, "", 4]),
        "cardinality is no number": with_field(6, [1, "", "1", "text/plain", b""]),
        "disposition too large": with_field(6, [256, "", 0]),
        "null part with content": with_field(6, [1, "", 0, b"x"]),
        "one part in a multipart": with_field(6, [1, "", 3, 0, [[1, "", 0]]]),
        "unknown semantics": with_field(6, [1, "", 3, 3, [[1, "", 0], [1, "", 0]]]),
        "nested too deep": with_field(6, deep),
        "indefinite length": b"\x9f" + cbor2.dumps(good)[1:] + b"\xff",
        "longer than needed": b"\x98\x07" + cbor2.dumps(good)[1:],
        "a date tag": with_field(5, {"x": cbor2.CBORTag(1, 5)}),
        "a fraction tag": with_field(5, {"x": cbor2.CBORTag(30, [1, 3])}),
        "an unknown tag": with_field(5, {"x": cbor2.CBORTag(70000, 5)}),
        "larger than allowed": with_field(6, [1, "", 1, "text/plain", b"x" * 300_000]),
        "duplicate extension": cbor2.dumps(good).replace(
            b"\xa1\x68havre.at\x05", b"\xa2\x68havre.at\x05\x68havre.at\x06"
        ),
    }


@pytest.mark.parametrize("name", hostile())
def test_hostile_content_is_refused(name: str) -> None:
    with pytest.raises(content.ContentError):
        content.decode(hostile()[name])


def test_what_decode_refuses_is_not_encoded() -> None:
    with pytest.raises(content.ContentError):
        content.encode(content.Content(b"short", content.NullPart()))


def test_keys_and_texts_stay_out_of_repr() -> None:
    shown = repr(content.file(SALT, EXTERNAL, 5)) + repr(content.text(SALT, "a secret word", 5))
    for secret in ("kkkk", "nnnn", "big.mp4", "havre:blob", "a secret word"):
        assert secret not in shown
