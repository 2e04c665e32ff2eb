"""Any bytes are accepted or refused by the one codec error, and a changed message by one of ours."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from havre import mls
from havre.mls.framing.message import decode_message, encode_message
from havre.mls.tree.ratchet_tree import decode_ratchet_tree
from tests.mls.people import NOW, SUITE, Party, client, party

LENIENT = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@lru_cache(maxsize=1)
def scene() -> tuple[Party, dict[str, bytes], mls.KeyPackageBundle]:
    """Give a group, one message of each kind that bob could get next, and dave's key package."""
    group = party("alice", "bob", "carol")
    bundle = client("dave").bundle()
    _, proposal = group["alice"].propose_update(public=True)
    result = group["alice"].commit([bundle.key_package], now=NOW)
    assert result.welcome is not None
    messages = {
        "application": group["alice"].encrypt(b"hello")[1],
        "proposal": proposal,
        "private proposal": group["alice"].propose_remove(2)[1],
        "commit": result.message,
        "public commit": group["alice"].commit([client("erin").bundle().key_package], public=True).message,
        "welcome": result.welcome,
        "group info": group["alice"].group_info(external_pub=True),
        "key package": bundle.message,
    }
    return group, messages, bundle


def try_everything(data: bytes) -> None:
    group, _, bundle = scene()
    dave = client("dave")
    for attempt in (
        lambda: decode_message(data),
        lambda: mls.peek(data),
        lambda: mls.check_key_package(mls.decode_key_package(data), NOW),
        lambda: group["bob"].process(data, NOW),
        lambda: mls.join(data, bundle, NOW),
        lambda: mls.join_external(data, mls.Joiner(dave.credential, dave.signer, dave.capabilities)),
        lambda: mls.Group.decode(data, data, dave.signer),
        lambda: mls.KeyPackageBundle.decode(data),
        lambda: decode_ratchet_tree(SUITE, data),
    ):
        with suppress(mls.MlsError):
            attempt()


@given(st.binary(max_size=200))
@LENIENT
def test_any_bytes(data: bytes) -> None:
    try_everything(data)
    try_everything(b"\x00\x01\x00" + data)
    try:
        message = decode_message(data)
    except mls.CodecError:
        return
    assert encode_message(message) == data


@given(st.data())
@LENIENT
def test_changed_messages(data: st.DataObject) -> None:
    messages = scene()[1]
    message = messages[data.draw(st.sampled_from(sorted(messages)))]
    at = data.draw(st.integers(0, len(message) - 1))
    how = data.draw(st.sampled_from(["flip", "cut", "insert", "swap"]))
    if how == "flip":
        changed = message[:at] + bytes([message[at] ^ 1 << data.draw(st.integers(0, 7))]) + message[at + 1 :]
    elif how == "cut":
        changed = message[:at]
    elif how == "insert":
        changed = message[:at] + data.draw(st.binary(min_size=1, max_size=4)) + message[at:]
    else:
        changed = message[at:] + message[:at]
    if changed != message:
        try_everything(changed)


@pytest.mark.parametrize("kind", ["application", "proposal", "private proposal", "commit", "public commit"])
def test_no_bit_of_a_message_may_change(kind: str) -> None:
    group, messages, _ = scene()
    message = messages[kind]
    assert group["bob"].process(message, NOW).group is not None
    step = max(1, len(message) // 80)
    for at in range(0, len(message), step):
        changed = message[:at] + bytes([message[at] ^ 0x10]) + message[at + 1 :]
        with pytest.raises(mls.MlsError):
            group["bob"].process(changed, NOW)
    for extra in (b"\x00", b"\x00" * 16):
        with pytest.raises(mls.CodecError):
            group["bob"].process(message + extra, NOW)


@given(st.binary(max_size=120))
@LENIENT
def test_a_damaged_state_is_refused(data: bytes) -> None:
    group = scene()[0]["bob"]
    epoch, keys = group.encode_epoch(), group.encode_keys()
    for halves in ((data, keys), (epoch, data), (epoch + data, keys), (epoch[: len(data)], keys)):
        if halves == (epoch, keys):
            continue
        with pytest.raises(mls.MlsError):
            mls.Group.decode(*halves, group.signer)
