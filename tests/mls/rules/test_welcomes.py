"""Welcomes, GroupInfos, and groups that follow others (RFC 9420 §11.2, §11.3, §12.4.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from havre import mls
from havre.mls.framing.message import decode_message, encode_message
from havre.mls.group_info import GroupInfo, GroupSecrets, Welcome
from havre.mls.rules import Rule
from havre.mls.schedule.group_context import GroupContext
from tests.mls.people import NOW, SUITE, Party, client, party
from tests.mls.rules import forge
from tests.mls.rules.forge import refused

DAVE = client("dave")
KEYS = mls.Psks({b"key": b"secret"})


def refused_welcome(rule: Rule, psks: mls.Psks | None = None, **spoilt: Any) -> None:
    group = party("alice", "bob")
    bundle = DAVE.bundle()
    welcome = forge.welcomed(group["alice"], bundle, **spoilt)
    with refused(rule):
        mls.join(welcome, bundle, NOW, psks=psks)


def test_welcome_key_package() -> None:
    group = party("alice", "bob")
    result = group["alice"].commit([DAVE.bundle().key_package], now=NOW)
    assert result.welcome is not None
    with refused(Rule.WELCOME_KEY_PACKAGE):
        mls.join(result.welcome, DAVE.bundle(), NOW)


def test_welcome_suite() -> None:
    group = party("alice", "bob")
    bundle = DAVE.bundle()
    result = group["alice"].commit([bundle.key_package], now=NOW)
    assert result.welcome is not None
    welcome = decode_message(result.welcome)
    assert isinstance(welcome, Welcome)
    with refused(Rule.WELCOME_SUITE):
        mls.join(encode_message(replace(welcome, cipher_suite=3)), bundle, NOW)


def with_psks(*psks: mls.ExternalPskId | mls.ResumptionPskId) -> Any:
    def change(secrets: GroupSecrets) -> GroupSecrets:
        return replace(secrets, psks=psks)

    return change


def test_welcome_psk_links() -> None:
    links = [mls.ResumptionPskId(usage, b"old", 1, bytes(32)) for usage in (2, 3)]
    refused_welcome(Rule.WELCOME_PSK_LINKS, secrets=with_psks(*links))


def test_welcome_psk_twice() -> None:
    psk = mls.ExternalPskId(b"key", bytes(32))
    refused_welcome(Rule.WELCOME_PSK_TWICE, KEYS, secrets=with_psks(psk, psk))


def test_welcome_psk_nonce() -> None:
    psk = mls.ExternalPskId(b"key", bytes(31))
    refused_welcome(Rule.WELCOME_PSK_NONCE, KEYS, secrets=with_psks(psk))


def test_welcome_tree_missing() -> None:
    refused_welcome(Rule.WELCOME_TREE_MISSING, ratchet_tree=False)


def test_welcome_leaf() -> None:
    group = party("alice", "bob")
    ours, theirs = DAVE.bundle(), client("erin").bundle()

    def for_another(self: Any) -> bytes:
        return mls.key_package_ref(ours.key_package)

    with patch("havre.mls.welcome.key_package_ref", lambda _: mls.key_package_ref(ours.key_package)):
        encryption = replace(theirs.key_package, init_key=ours.key_package.init_key)
        with forge.unchecked():
            result = group["alice"].commit([encryption], now=NOW)
    assert result.welcome is not None
    with refused(Rule.WELCOME_LEAF):
        mls.join(result.welcome, ours, NOW)


def test_welcome_path_keys() -> None:
    refused_welcome(Rule.WELCOME_PATH_KEYS, secrets=lambda secrets: replace(secrets, path_secret=SUITE.random(32)))


def spoilt_info(rule: Rule, **changes: Any) -> None:
    group = party("alice", "bob")
    bundle = DAVE.bundle()

    def change(info: GroupInfo) -> GroupInfo:
        return forge.resigned(group["alice"], info, **changes)

    welcome = forge.welcomed(group["alice"], bundle, change)
    with refused(rule):
        mls.join(welcome, bundle, NOW)


def test_group_info_suite() -> None:
    spoilt_info(Rule.GROUP_INFO_SUITE, group_context=GroupContext(3, b"a group", 2, b"", b"", ()))


def test_group_info_signer() -> None:
    spoilt_info(Rule.GROUP_INFO_SIGNER, signer=3)
    spoilt_info(Rule.GROUP_INFO_SIGNER, signer=1 << 31)


def test_group_info_signature() -> None:
    refused_welcome(Rule.GROUP_INFO_SIGNATURE, info=lambda info: replace(info, signature=forge.flip(info.signature)))


def test_group_info_confirmation_tag() -> None:
    spoilt_info(Rule.GROUP_INFO_CONFIRMATION_TAG, confirmation_tag=bytes(32))


def test_group_info_external_pub() -> None:
    group = party("alice", "bob")
    with refused(Rule.GROUP_INFO_EXTERNAL_PUB):
        mls.join_external(group["alice"].group_info(), mls.Joiner(DAVE.credential, DAVE.signer))


# --- Groups that follow others


def closed(*names: str, next_id: bytes = b"next") -> Party:
    """Close a group by a ReInit to the same suite."""
    group = party(*names)
    group.commit(names[0], proposals=[mls.ReInit(next_id, 1, SUITE.id, ())])
    return group


def follow(group: Party, result: mls.CommitResult, bundle: mls.KeyPackageBundle) -> mls.Group:
    assert result.welcome is not None
    return mls.join(result.welcome, bundle, NOW, previous=group["bob"]).group


def reinitialized(group: Party, *others: mls.KeyPackageBundle) -> mls.CommitResult:
    alice = client("alice")
    return mls.reinitialize(
        group["alice"],
        alice.credential,
        alice.signer,
        [bundle.key_package for bundle in others],
        NOW,
        alice.capabilities,
    )


def test_a_reinitialized_group_is_followed() -> None:
    group = closed("alice", "bob")
    bundle = client("bob").bundle()
    result = reinitialized(group, bundle)
    followed = follow(group, result, bundle)
    assert followed.group_id == b"next"
    assert followed.epoch_authenticator == result.group.epoch_authenticator


def test_a_branch_is_followed() -> None:
    group = party("alice", "bob", "carol")
    bundle = client("bob").bundle()
    result = mls.branch(group["alice"], b"two of us", [bundle.key_package], NOW)
    followed = follow(group, result, bundle)
    assert followed.epoch_authenticator == result.group.epoch_authenticator


def test_successor_epoch() -> None:
    group = closed("alice", "bob")
    bundle = client("bob").bundle()
    create = mls.create_group

    def one_epoch_on(*arguments: Any, **options: Any) -> mls.Group:
        return create(*arguments, **options).commit().group

    with patch("havre.mls.successors.create_group", one_epoch_on):
        result = reinitialized(group, bundle)
    with refused(Rule.SUCCESSOR_EPOCH):
        follow(group, result, bundle)


def test_reinit_parameters() -> None:
    group = closed("alice", "bob")
    bundle = client("bob").bundle()
    create = mls.create_group

    def by_another_name(suite: Any, _: bytes, *arguments: Any, **options: Any) -> mls.Group:
        return create(suite, b"another", *arguments, **options)

    with patch("havre.mls.successors.create_group", by_another_name):
        result = reinitialized(group, bundle)
    with refused(Rule.REINIT_PARAMETERS):
        follow(group, result, bundle)


def test_reinit_members() -> None:
    group = closed("alice", "bob", "carol")
    bundle = client("bob").bundle()
    with refused(Rule.REINIT_MEMBERS):
        follow(group, reinitialized(group, bundle), bundle)


def test_branch_parameters() -> None:
    group = party("alice", "bob")
    other = mls.cipher_suite(mls.X25519_CHACHA20POLY1305_SHA256_ED25519)
    bundle = client("bob", other).bundle()
    alice = client("alice", other)
    create = mls.create_group

    def of_another_suite(_: Any, group_id: bytes, *__: Any, **___: Any) -> mls.Group:
        return create(other, group_id, alice.credential, alice.signer)

    with patch("havre.mls.successors.create_group", of_another_suite):
        result = mls.branch(group["alice"], b"branch", [bundle.key_package], NOW)
    with refused(Rule.BRANCH_PARAMETERS):
        follow(group, result, bundle)


def test_branch_members() -> None:
    group = party("alice", "bob")
    bundles = [client("bob").bundle(), DAVE.bundle()]
    result = mls.branch(group["alice"], b"branch", [b.key_package for b in bundles], NOW)
    with refused(Rule.BRANCH_MEMBERS):
        follow(group, result, bundles[0])
