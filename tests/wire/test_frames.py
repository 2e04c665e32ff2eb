"""The frames: each command and event comes back as it was, and nothing else is taken for one."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.wire import stream
from havre.wire.capability import Capabilities, account_id, capability_hash, inbox_write
from havre.wire.frames import WireError
from havre.wire.records import (
    CERTIFICATE,
    CERTIFICATE_LABEL,
    FAREWELL_LABEL,
    RECORD,
    RECORD_LABEL,
    REQUEST_LABEL,
    AccountRecord,
    DeviceCertificate,
    certificate_bytes,
    farewell_bytes,
    record_bytes,
    request_bytes,
)
from havre.wire.refusals import STATUS, Code
from havre.wire.stream import COMMAND, EVENT, Command, Event

Q, S, D = b"q" * 16, b"s" * 32, b"d" * 16
HASHES = stream.Hashes(b"1" * 32, b"2" * 32, b"3" * 32)
ENTRY = stream.Entry(1, stream.EntryKind.COMMIT, 1700000000, b"body")

COMMANDS: list[Any] = [
    stream.Create(1, Q, HASHES, 60),
    stream.Append(2, Q, S, D, b"body"),
    stream.Append(2, Q, S, D, b"", 0),
    stream.Commit(3, Q, S, D, 9, b"body"),
    stream.Commit(3, Q, S, D, 9, b"body", stream.Rotate(S, HASHES)),
    stream.Read(4, Q, S, 7, 10),
    stream.Subscribe(5, [stream.Subscription(Q, S, 0)]),
    stream.Unsubscribe(6, [Q]),
    stream.Trim(7, Q, S, 2**63 - 1),
    stream.Delete(2**32 - 1, Q, S),
]
EVENTS: list[Any] = [
    stream.Ready(1, 1, 1, 1, 20.0),
    stream.Done(1),
    stream.Appended(1, 5),
    stream.Conflict(1, 5, [ENTRY], True),
    stream.Entries(1, [ENTRY], False, 9),
    stream.Subscribed(1, [stream.Caught(Q, [ENTRY], False, 1), stream.Caught(Q, [], False, 0, Code.CAPABILITY)]),
    stream.Pushed(Q, [ENTRY]),
    stream.Ended(Q, Code.UNKNOWN),
    stream.Refused(None, Code.BUSY, "later", 1.5),
    stream.Draining(5.0),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_come_back(command: Any) -> None:
    assert COMMAND.decode(COMMAND.encode(command)) == command


@pytest.mark.parametrize("event", EVENTS)
def test_events_come_back(event: Any) -> None:
    assert EVENT.decode(EVENT.encode(event)) == event


def test_every_kind_is_tried_here() -> None:
    assert {type(command) for command in COMMANDS} == set(get_args(Command))
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("value", COMMANDS)
def test_no_truncation_and_no_extension_is_taken(value: Any) -> None:
    frame = COMMAND.encode(value)
    for cut in range(len(frame)):
        with pytest.raises(WireError):
            COMMAND.decode(frame[:cut])
    for more in (b"\x00", b"\xc0", frame):
        with pytest.raises(WireError):
            COMMAND.decode(frame + more)


@pytest.mark.parametrize("value", COMMANDS)
def test_one_field_more_or_less_is_refused(value: Any) -> None:
    fields = msgspec.msgpack.decode(COMMAND.encode(value))
    for wrong in ([*fields, None], [*fields, 0], fields[:2]):
        with pytest.raises(WireError):
            COMMAND.decode(msgspec.msgpack.encode(wrong))


@given(st.binary(max_size=300))
def test_rubbish_is_an_event_or_a_wire_error(data: bytes) -> None:
    for frame in (COMMAND, EVENT, RECORD, CERTIFICATE):
        with suppress(WireError):
            frame.decode(data)


@given(st.recursive(st.none() | st.integers() | st.binary(max_size=40) | st.text(max_size=5), st.lists, max_leaves=20))
def test_well_formed_rubbish_is_refused_as_well(value: Any) -> None:
    try:
        data = msgspec.msgpack.encode(value)
    except (OverflowError, UnicodeEncodeError):
        return
    with suppress(WireError):
        assert isinstance(COMMAND.decode(data), get_args(Command))


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(WireError):
        COMMAND.decode(b"\x91" * 1_000_000)


def test_every_code_has_a_status() -> None:
    assert set(STATUS) == set(Code)
    assert all(400 <= status < 600 for status in STATUS.values())


def test_secrets_are_never_shown() -> None:
    secrets = Capabilities(os.urandom(32), os.urandom(32), os.urandom(32))
    assert repr(secrets) == "Capabilities()"


def test_signatures_for_one_purpose_are_none_for_another() -> None:
    labels = {RECORD_LABEL, CERTIFICATE_LABEL, FAREWELL_LABEL, REQUEST_LABEL}
    assert len(labels) == 4
    assert not any(one != other and other.startswith(one) for one in labels for other in labels)
    assert record_bytes(b"x").startswith(RECORD_LABEL + b"\x00")
    assert certificate_bytes(S, D, S, 1).startswith(CERTIFICATE_LABEL + b"\x00")
    assert farewell_bytes(S) == FAREWELL_LABEL + b"\x00" + S
    assert request_bytes("PUT", "/", S, 1, S).startswith(REQUEST_LABEL + b"\x00")


def test_what_is_signed_for_a_request_depends_on_each_part() -> None:
    parts: list[tuple[str, str, bytes, int, bytes]] = [
        ("PUT", "/a", S, 1, S),
        ("POST", "/a", S, 1, S),
        ("PUT", "/b", S, 1, S),
        ("PUT", "/a", b"t" * 32, 1, S),
        ("PUT", "/a", S, 2, S),
        ("PUT", "/a", S, 1, b"t" * 32),
    ]
    assert len({request_bytes(*part) for part in parts}) == len(parts)


def test_capabilities_follow_from_the_account_key() -> None:
    assert len({account_id(S), inbox_write(S), capability_hash(S), S}) == 4
    assert account_id(S) != account_id(b"t" * 32)


def test_a_record_comes_back() -> None:
    record = AccountRecord(S, 3, Q, [DeviceCertificate(S, D, S, 5, b"g" * 64)])
    assert RECORD.decode(RECORD.encode(record)) == record
    with pytest.raises(WireError):
        RECORD.decode(RECORD.encode(AccountRecord(S, 3, Q, [])))
