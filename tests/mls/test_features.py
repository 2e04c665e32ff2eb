"""Everything else that a group can do: keys from outside, parameters, proposals by outsiders, closing."""

from __future__ import annotations

import pytest

from havre import mls
from tests.mls.people import NOW, PRIVATE_EXTENSION, SUITE, client, party

KEYS = mls.Psks({b"key": b"a secret shared elsewhere"})


def external_psk(name: bytes = b"key") -> mls.PreSharedKey:
    return mls.PreSharedKey(mls.ExternalPskId(name, SUITE.random(32)))


def test_a_pre_shared_key_from_the_application() -> None:
    group = party("alice", "bob")
    bundle = client("dave").bundle()
    result = group["alice"].commit([bundle.key_package], proposals=[external_psk()], now=NOW, psks=KEYS)
    staged = group["bob"].process(result.message, NOW, KEYS)
    assert staged.group is not None
    assert staged.group.epoch_authenticator == result.group.epoch_authenticator
    assert result.welcome is not None
    joined = mls.join(result.welcome, bundle, NOW, psks=KEYS)
    assert joined.group.epoch_authenticator == result.group.epoch_authenticator
    wrong = mls.Psks({b"key": b"something else"})
    with pytest.raises(mls.ValidationError, match="confirmation-tag"):
        group["bob"].process(result.message, NOW, wrong)
    with pytest.raises(mls.CryptoError):
        mls.join(result.welcome, bundle, NOW, psks=wrong)


def test_a_resumption_key_of_an_earlier_epoch() -> None:
    group = party("alice", "bob")
    group.commit("bob")
    for epoch in (1, 2):
        psk = mls.ResumptionPskId(1, b"a group", epoch, SUITE.random(32))
        result = group["alice"].commit(proposals=[mls.PreSharedKey(psk)])
        staged = group["bob"].process(result.message, NOW)
        assert staged.group is not None
        assert staged.group.epoch_authenticator == result.group.epoch_authenticator
    unknown = mls.ResumptionPskId(1, b"a group", 7, SUITE.random(32))
    with pytest.raises(mls.ValidationError, match="psk-unknown"):
        group["alice"].commit(proposals=[mls.PreSharedKey(unknown)])


def test_resumption_keys_are_kept_as_long_as_past_epochs() -> None:
    group = party("alice", "bob")
    for _ in range(7):
        group.commit("alice")
    kept = sorted(epoch for _, epoch in group["bob"].resumption_keys())
    assert kept == [4, 5, 6, 7, 8]


def test_a_waiting_key_that_the_committer_lacks_is_left_out() -> None:
    group = party("alice", "bob")
    group.groups["bob"], message = group["bob"].propose(external_psk(b"bob's alone"))
    group.deliver("bob", message)
    group.commit("alice")


def test_group_context_extensions_are_replaced() -> None:
    group = party("alice", "bob")
    extension = mls.Extension(PRIVATE_EXTENSION, b"a new name")
    group.commit("bob", proposals=[mls.GroupContextExtensions((extension,))])
    assert group["alice"].extensions == (extension,)
    group.commit("alice", add=["carol"])
    assert group["carol"].extensions == (extension,)
    group.commit("carol", proposals=[mls.GroupContextExtensions(())])
    assert not group["alice"].extensions


def test_extensions_of_one_type_are_not_made() -> None:
    twice = (mls.Extension(PRIVATE_EXTENSION, b"1"), mls.Extension(PRIVATE_EXTENSION, b"2"))
    with pytest.raises(mls.CodecError):
        client("alice").create(twice)
    with pytest.raises(mls.CodecError):
        client("alice").create().commit(proposals=[mls.GroupContextExtensions(twice)])


def test_a_creator_cannot_ask_for_what_it_lacks() -> None:
    required = mls.RequiredCapabilities(proposals=(0xF0F0,)).extension()
    with pytest.raises(mls.ValidationError, match="leaf-required-capabilities"):
        client("alice").create([required])


def test_an_external_sender_proposes() -> None:
    server = client("server")
    sender = mls.ExternalSender(server.signer.public, server.credential)
    alice = client("alice").create([mls.external_senders([sender])])
    bundles = [client(name).bundle() for name in ("bob", "carol")]
    result = alice.commit([bundle.key_package for bundle in bundles], now=NOW)
    assert result.welcome is not None
    bob = mls.join(result.welcome, bundles[0], NOW).group
    removal = mls.propose_externally(SUITE, b"a group", 1, 0, server.signer, mls.Remove(2))
    dave = client("dave").bundle()
    addition = mls.propose_externally(SUITE, b"a group", 1, 0, server.signer, mls.Add(dave.key_package))
    alice = result.group
    for message in (removal, addition):
        for got in (got_a := alice.process(message, NOW), got_b := bob.process(message, NOW)):
            assert isinstance(got, mls.ReceivedProposal)
            assert got.sender == mls.FromExternal(0)
        assert got_a.group is not None
        assert got_b.group is not None
        alice, bob = got_a.group, got_b.group
    result = bob.commit()
    staged = alice.process(result.message, NOW)
    assert isinstance(staged, mls.StagedCommit)
    assert staged.added == (2,)
    assert [leaf for leaf, _ in staged.removed] == [2]
    with pytest.raises(mls.ValidationError, match="message-signature"):
        alice.process(mls.propose_externally(SUITE, b"a group", 1, 0, client("x").signer, mls.Remove(0)))


def test_somebody_asks_to_join() -> None:
    group = party("alice", "bob")
    bundle = client("dave").bundle()
    group.deliver("", mls.propose_joining(b"a group", 1, bundle, SUITE))
    result = group["alice"].commit()
    group.deliver("alice", result.message)
    assert result.welcome is not None
    group.groups["alice"], group.groups["dave"] = result.group, mls.join(result.welcome, bundle, NOW).group
    group.check_agreement()


def test_a_reinitialized_group_is_closed() -> None:
    group = party("alice", "bob")
    late = group.send("bob", b"on its way")
    reinit = mls.ReInit(b"next", 1, mls.MLKEM768X25519_AES128GCM_SHA256_ED25519, ())
    group.commit("alice", proposals=[reinit])
    assert group["bob"].reinit == reinit
    closed = mls.Group.decode(group["alice"].encode_epoch(), group["alice"].encode_keys(), client("alice").signer)
    assert closed.reinit == reinit
    for attempt in (closed.commit, closed.propose_update, lambda: closed.encrypt(b"")):
        with pytest.raises(mls.StateError, match="closed"):
            attempt()
    assert isinstance(closed.process(late), mls.ApplicationMessage)


def test_a_group_moves_to_the_post_quantum_suite() -> None:
    group = party("alice", "bob")
    suite = mls.cipher_suite(mls.MLKEM768X25519_AES128GCM_SHA256_ED25519)
    group.commit("alice", proposals=[mls.ReInit(b"next", 1, suite.id, ())])
    alice, bob = client("alice", suite), client("bob", suite)
    bundle = bob.bundle()
    result = mls.reinitialize(
        group["alice"], alice.credential, alice.signer, [bundle.key_package], NOW, alice.capabilities
    )
    assert result.welcome is not None
    joined = mls.join(result.welcome, bundle, NOW, previous=group["bob"]).group
    assert joined.suite is suite
    assert joined.epoch_authenticator == result.group.epoch_authenticator
    with pytest.raises(mls.ValidationError, match="psk-unknown"):
        mls.join(result.welcome, bundle, NOW)


def test_a_group_without_a_reinit_is_not_reinitialized() -> None:
    alice = client("alice")
    with pytest.raises(mls.StateError):
        mls.reinitialize(party("alice", "bob")["alice"], alice.credential, alice.signer, [])


def test_a_last_resort_key_package_says_so() -> None:
    alice = client("alice")
    bundle = mls.create_key_package(SUITE, alice.credential, alice.signer, mls.Lifetime(NOW, NOW + 1), last_resort=True)
    assert mls.find_extension(bundle.key_package.extensions, mls.LAST_RESORT) == b""
    assert mls.LAST_RESORT in bundle.key_package.leaf_node.capabilities.extensions
    mls.check_key_package(mls.decode_key_package(bundle.message), NOW)


def test_unknown_values_in_capabilities_are_ignored() -> None:
    capabilities = mls.default_capabilities(SUITE)
    lists = (
        capabilities.cipher_suites,
        capabilities.extensions,
        capabilities.proposals,
        capabilities.credentials,
    )
    assert all(any(value & 0x0F0F == 0x0A0A for value in values) for values in lists)


def test_unknown_extensions_of_key_packages_and_group_infos_are_ignored() -> None:
    group = party("alice", "bob")
    bundle = client("dave").bundle()
    result = group["alice"].commit([bundle.key_package], now=NOW)
    assert result.welcome is not None
    joined = mls.join(result.welcome, bundle, NOW)
    assert joined.group.epoch == 2
    for extensions in (bundle.key_package.extensions, joined.group_info.extensions):
        assert any(extension.type & 0x0F0F == 0x0A0A for extension in extensions)


def test_a_proposal_does_not_wait_for_ever() -> None:
    settings = mls.GroupSettings(proposals=2)
    group = party("alice", "bob", settings=settings)
    held = group["alice"]
    for _ in range(2):
        held, _message = held.propose_update()
    with pytest.raises(mls.StateError, match="too many"):
        held.propose_update()


def test_a_private_message_may_be_sent_over_proposals_if_one_insists() -> None:
    group = party("alice", "bob", settings=mls.GroupSettings(send_over_proposals=True))
    held, _ = group["alice"].propose_update()
    assert held.encrypt(b"all the same")[1]


def test_our_own_messages_are_told_apart() -> None:
    group = party("alice", "bob")
    held, private = group["alice"].propose_remove(1)
    _, public = group["alice"].propose(mls.Remove(1), public=True)
    application = group.send("alice", b"hello")
    for message in (private, public, application):
        with pytest.raises(mls.StateError, match="our own"):
            held.process(message)
    group.commit("bob")
    with pytest.raises(mls.StateError, match="our own"):
        group["alice"].process(application)


def test_what_is_no_message_to_a_group() -> None:
    group = party("alice", "bob")
    for message in (client("dave").bundle().message, group["alice"].group_info()):
        with pytest.raises(mls.StateError):
            group["bob"].process(message)
    with pytest.raises(mls.CodecError):
        mls.join(group["alice"].group_info(), client("dave").bundle(), NOW)
    with pytest.raises(mls.CodecError):
        mls.decode_key_package(group["alice"].group_info())
