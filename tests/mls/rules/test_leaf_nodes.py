"""Leaf nodes and key packages (RFC 9420 §7.3, §10.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from havre import mls
from havre.mls.key_package import sign_key_package
from havre.mls.rules import Rule
from havre.mls.tree.nodes import FromCommit, FromUpdate
from tests.mls.people import LIFETIME, NOW, PRIVATE_EXTENSION, SUITE, Party, client, party
from tests.mls.rules import forge
from tests.mls.rules.forge import refused

DAVE = client("dave")
UNLISTED = 0xF0F0
STRICT = mls.GroupSettings(received_lifetimes=True)


def refused_when_added(rule: Rule, *extensions: mls.Extension, **spoilt: Any) -> None:
    """Expect the rule both from a committer and from a receiver who adds a spoilt key package."""
    group = party("alice", "bob", settings=STRICT)
    if extensions:
        group.commit("alice", proposals=[mls.GroupContextExtensions(extensions)])
    key_package = forge.key_package(DAVE, **spoilt)
    with refused(rule):
        group["alice"].commit([key_package], now=NOW)
    message = forge.commit(group["alice"], mls.Add(key_package))
    with refused(rule):
        group["bob"].process(message, NOW)


def refused_when_updated(rule: Rule, group: Party, update: mls.Update) -> None:
    """Expect the rule from whoever gets carol's update in alice's Commit; an honest one leaves it out."""
    group.deliver("carol", forge.proposed(group["carol"], update))
    message = forge.commit(group["alice"])
    with refused(rule):
        group["bob"].process(message, NOW)
    honest = group["bob"].commit().message
    staged = group["alice"].process(honest, NOW)
    assert isinstance(staged, mls.StagedCommit)
    assert staged.proposals == ()


def capabilities(**changes: Any) -> mls.Capabilities:
    return replace(DAVE.capabilities, **changes)


def test_leaf_signature() -> None:
    refused_when_added(Rule.LEAF_SIGNATURE, spoil=forge.with_wrong_signature)


def test_leaf_signature_in_an_update() -> None:
    group = party("alice", "bob")
    update = mls.Update(forge.leaf_node(group["alice"], FromUpdate(), spoil=forge.with_wrong_signature))
    with refused(Rule.LEAF_SIGNATURE):
        group["bob"].process(forge.proposed(group["alice"], update))


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), bytes(31), b"\xff" * 33])
def test_leaf_keys(key: bytes) -> None:
    group = party("alice", "bob", "carol")
    update = mls.Update(forge.leaf_node(group["carol"], FromUpdate(), encryption_key=key))
    refused_when_updated(Rule.LEAF_KEYS, group, update)


def test_leaf_suite() -> None:
    refused_when_added(Rule.LEAF_SUITE, capabilities=capabilities(cipher_suites=(2, 3)))
    refused_when_added(Rule.LEAF_SUITE, capabilities=capabilities(versions=(2,)))


def test_leaf_required_capabilities() -> None:
    required = mls.RequiredCapabilities(extensions=(PRIVATE_EXTENSION,))
    refused_when_added(Rule.LEAF_REQUIRED_CAPABILITIES, required.extension(), capabilities=capabilities(extensions=()))


def test_leaf_group_extensions() -> None:
    used = mls.Extension(PRIVATE_EXTENSION, b"")
    refused_when_added(Rule.LEAF_GROUP_EXTENSIONS, used, capabilities=capabilities(extensions=()))


def test_leaf_credential_listed() -> None:
    refused_when_added(Rule.LEAF_CREDENTIAL_LISTED, capabilities=capabilities(credentials=(2,)))


def test_leaf_credential_support() -> None:
    group = party("alice", "bob")
    change = mls.LeafChange(capabilities=capabilities(credentials=(1,)))
    result = group["alice"].commit(leaf=change)
    group.deliver("alice", result.message)
    group.groups["alice"] = result.group
    key_package = forge.key_package(DAVE, credential=mls.X509Credential((b"certificate",)))
    message = forge.commit(group["alice"], mls.Add(key_package))
    with refused(Rule.LEAF_CREDENTIAL_SUPPORT):
        group["bob"].process(message, NOW)


def test_leaf_extensions_listed() -> None:
    refused_when_added(Rule.LEAF_EXTENSIONS_LISTED, extensions=[mls.Extension(UNLISTED, b"")])


@pytest.mark.parametrize("lifetime", [mls.Lifetime(0, NOW - 1), mls.Lifetime(NOW + 1, NOW + 9)])
def test_leaf_lifetime(lifetime: mls.Lifetime) -> None:
    begin = max(lifetime.not_before, lifetime.not_after - 100)
    refused_when_added(Rule.LEAF_LIFETIME, lifetime=mls.Lifetime(begin, lifetime.not_after))


def test_a_late_reader_takes_a_key_package_that_has_run_out() -> None:
    group = party("alice", "bob")
    message = group["alice"].commit([DAVE.bundle().key_package], now=NOW).message
    assert group["bob"].process(message, NOW + 10_000).group is not None


def test_leaf_lifetime_length() -> None:
    refused_when_added(Rule.LEAF_LIFETIME_LENGTH, lifetime=mls.Lifetime(0, 2 * NOW))


def test_leaf_source() -> None:
    refused_when_added(Rule.LEAF_SOURCE, source=FromUpdate())
    refused_when_added(Rule.LEAF_SOURCE, source=FromCommit(b""))


def test_leaf_source_in_an_update() -> None:
    group = party("alice", "bob")
    update = mls.Update(forge.leaf_node(group["alice"], FromCommit(b"")))
    with refused(Rule.LEAF_SOURCE):
        group["bob"].process(forge.proposed(group["alice"], update))


def test_leaf_key_fresh() -> None:
    group = party("alice", "bob")
    own = group["alice"].members()[0].leaf_node
    update = mls.Update(forge.leaf_node(group["alice"], FromUpdate(), encryption_key=own.encryption_key))
    with refused(Rule.LEAF_KEY_FRESH):
        group["bob"].process(forge.proposed(group["alice"], update))


def test_leaf_signature_key_unique() -> None:
    group = party("alice", "bob", "carol")
    update = mls.Update(forge.leaf_node(group["carol"], FromUpdate(), signer=group["alice"].signer))
    refused_when_updated(Rule.LEAF_SIGNATURE_KEY_UNIQUE, group, update)


def test_leaf_encryption_key_unique() -> None:
    group = party("alice", "bob")
    taken = group["alice"].members()[1].leaf_node.encryption_key
    message = forge.commit(group["alice"], mls.Add(forge.key_package(DAVE, encryption_key=taken)))
    with refused(Rule.LEAF_ENCRYPTION_KEY_UNIQUE):
        group["bob"].process(message, NOW)


def test_key_package_suite() -> None:
    group = party("alice", "bob")
    other = mls.cipher_suite(mls.X25519_CHACHA20POLY1305_SHA256_ED25519)
    key_package = forge.key_package(client("dave", other))
    message = forge.commit(group["alice"], mls.Add(key_package))
    with refused(Rule.KEY_PACKAGE_SUITE):
        group["bob"].process(message, NOW)


def test_key_package_signature() -> None:
    group = party("alice", "bob")
    sound = forge.key_package(DAVE)
    stranger = SUITE.generate_signature_key()
    spoilt = sign_key_package(SUITE, stranger.private, sound.init_key, sound.leaf_node, ())
    message = forge.commit(group["alice"], mls.Add(spoilt))
    with refused(Rule.KEY_PACKAGE_SIGNATURE):
        group["bob"].process(message, NOW)


def test_key_package_init_key() -> None:
    key = SUITE.provider.generate_encryption_key().public
    refused_when_added(Rule.KEY_PACKAGE_INIT_KEY, init_key=key, encryption_key=key)


def test_key_package_init_key_usable() -> None:
    refused_when_added(Rule.KEY_PACKAGE_INIT_KEY_USABLE, init_key=bytes(32))


def test_a_sound_key_package_is_added() -> None:
    group = party("alice", "bob")
    message = forge.commit(group["alice"], mls.Add(forge.key_package(DAVE, lifetime=LIFETIME)))
    assert group["bob"].process(message, NOW).group is not None
