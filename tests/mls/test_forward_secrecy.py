"""What a step used up is in none of the states it gives (RFC 9420 §7.5, §9.2)."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from havre import mls
from havre.mls.crypto.suite import CipherSuite
from tests.mls.people import NOW, Party, client, party

KEPT = ("sender_data_secret", "resumption_psk")


def encoded(group: mls.Group) -> bytes:
    return group.encode_epoch() + group.encode_keys()


def gone(group: mls.Group, *secrets: bytes) -> None:
    state = encoded(group)
    for secret in secrets:
        assert secret not in state


def old_secrets(group: mls.Group) -> list[bytes]:
    """Give an epoch's secrets but those that late messages and resumption need."""
    secrets = group.state.secrets
    return [getattr(secrets, name) for name in secrets.__slots__ if name not in KEPT]


def test_an_epoch_leaves_nothing_behind_but_what_late_messages_need() -> None:
    group = party("alice", "bob", "carol")
    before = {name: old_secrets(held) for name, held in group.groups.items()}
    own_leaf = group["alice"].state.private_keys[0].private
    group.commit("alice")
    for name, held in group.groups.items():
        gone(held, *before[name])
    gone(group["alice"], own_leaf)


def test_nothing_is_left_of_an_epoch_that_is_too_old() -> None:
    group = party("alice", "bob")
    secrets = group["bob"].state.secrets
    for _ in range(5):
        group.commit("alice")
    gone(group["bob"], secrets.sender_data_secret, secrets.resumption_psk)


def recording(group: Party) -> tuple[Any, list[bytes]]:
    """Record all that is derived on the way from an epoch to the next."""
    derived: list[bytes] = []
    original = CipherSuite.derive_secret

    def derive(self: CipherSuite, secret: bytes, label: str) -> bytes:
        derived.append(secret)
        return original(self, secret, label)

    return patch.object(CipherSuite, "derive_secret", derive), derived


def test_path_secrets_and_epoch_secrets_are_not_kept() -> None:
    group = party("alice", "bob", "carol")
    for committer in ("alice", "carol"):
        recorder, derived = recording(group)
        with recorder:
            result = group[committer].commit([client("dave").bundle().key_package], now=NOW)
            staged = group["bob"].process(result.message, NOW)
        assert len(derived) > 10
        assert staged.group is not None
        for held in (result.group, result.current, staged.group):
            gone(held, *set(derived))


def test_a_replaced_leaf_key_is_gone() -> None:
    group = party("alice", "bob")
    old = group["bob"].state.private_keys[2].private
    group.groups["bob"], message = group["bob"].propose_update()
    group.deliver("bob", message)
    assert old in encoded(group["bob"]), "the update may never be committed"
    group.commit("alice")
    gone(group["bob"], old)


def test_keys_of_blanked_nodes_are_gone() -> None:
    group = party("alice", "bob", "carol", "dave")
    group.commit("alice")
    held = {node: pair.private for node, pair in group["bob"].state.private_keys.items()}
    group.commit("carol", remove=["alice"])
    gone(group["bob"], held[1], held[3])
    assert held[2] in encoded(group["bob"])


def test_a_read_message_cannot_be_read_again_from_the_stored_state() -> None:
    group = party("alice", "bob")
    messages = [group.send("alice", bytes([n])) for n in range(3)]
    held = group["bob"]
    for n in (1, 0, 2):
        got = held.process(messages[n])
        assert isinstance(got, mls.ApplicationMessage)
        held = mls.Group.decode(got.group.encode_epoch(), got.group.encode_keys(), client("bob").signer)
    for message in messages:
        try:
            held.process(message)
        except mls.StateError:
            continue
        raise AssertionError("a message was read twice")
