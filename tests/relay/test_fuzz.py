"""Any bytes are a command with one answer, or one typed refusal; the fuzzer looks for exceptions to it all night."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.relay.fuzz_input import EXAMPLES, one_input

LENIENT = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=100)
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20)
SIZES = st.sampled_from([0, 1, 15, 16, 17, 31, 32, 33, 64])
BYTES = SIZES.flatmap(lambda size: st.binary(min_size=size, max_size=size))
VALUES = st.recursive(
    LEAVES | BYTES,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=20,
)


@given(st.binary(max_size=300))
@LENIENT
def test_bytes(data: bytes) -> None:
    one_input(data)


@given(st.integers(0, 80), st.lists(VALUES, max_size=8))
@LENIENT
def test_messages_of_the_right_shape_with_anything_in_them(kind: int, fields: list[object]) -> None:
    one_input(msgspec.msgpack.encode([kind, *fields]))
    one_input(msgspec.json.encode(fields, enc_hook=repr))


@given(st.sampled_from(EXAMPLES), st.data())
@LENIENT
def test_commands_with_a_field_exchanged(example: bytes, data: st.DataObject) -> None:
    fields = msgspec.msgpack.decode(example)
    fields[data.draw(st.integers(0, len(fields) - 1))] = data.draw(VALUES)
    one_input(msgspec.msgpack.encode(fields))


@given(st.integers(0, len(EXAMPLES) - 1), st.integers(0, 2**16 - 1), st.binary(max_size=40))
@LENIENT
def test_commands_with_bytes_exchanged(which: int, at: int, new: bytes) -> None:
    one_input(bytes([which]) + at.to_bytes(2, "big") + new)
