"""What a client does with a group, through the public names alone."""

from __future__ import annotations

import pytest

from havre import mls
from tests.mls.people import NOW, PRIVATE_EXTENSION, SUITE, client, party

SUITES = [mls.cipher_suite(number) for number in mls.cipher_suites()]
each_suite = pytest.mark.parametrize("suite", SUITES, ids=repr)


@each_suite
def test_a_group_lives(suite: mls.CipherSuite) -> None:
    group = party("alice", "bob", "carol", suite=suite)
    for name in ("alice", "bob", "carol"):
        group.deliver(name, group.send(name, b"from " + name.encode()))
    group.commit("bob", add=["dave", "erin"])
    group.commit("dave", remove=["alice"])
    group.commit("carol", add=["alice"], remove=["bob"])
    group.commit("erin")
    assert sorted(group.groups) == ["alice", "carol", "dave", "erin"]
    names = {member.credential for member in group["alice"].members()}
    assert names == {client(name).credential for name in group.groups}


def test_an_application_message_says_who_sent_what() -> None:
    group = party("alice", "bob")
    sender, message = group["alice"].encrypt(b"hello", b"in the open")
    received = group["bob"].process(message)
    assert isinstance(received, mls.ApplicationMessage)
    assert (received.sender, received.epoch, received.data) == (0, 1, b"hello")
    assert received.authenticated_data == b"in the open"
    assert sender is not group["alice"]
    peeked = mls.peek(message)
    assert (peeked.wire_format, peeked.group_id, peeked.epoch) == (mls.PRIVATE_MESSAGE, b"a group", 1)
    assert peeked.content_type == mls.APPLICATION


def test_a_message_is_read_once() -> None:
    group = party("alice", "bob")
    message = group.send("alice", b"hello")
    group.deliver("alice", message)
    with pytest.raises(mls.StateError, match="used"):
        group["bob"].process(message)


def test_nothing_changes_the_group_one_holds() -> None:
    group = party("alice", "bob")
    message = group.send("alice", b"hello")
    bob = group["bob"]
    before = bob.encode_epoch(), bob.encode_keys()
    for _ in range(2):
        assert bob.process(message).group is not bob
    assert (bob.encode_epoch(), bob.encode_keys()) == before


def test_messages_arrive_in_any_order() -> None:
    group = party("alice", "bob")
    messages = [group.send("alice", bytes([n])) for n in range(10)]
    for n in (9, 0, 5, 4, 8, 1, 2, 3, 7, 6):
        received = group.deliver("alice", messages[n])["bob"]
        assert isinstance(received, mls.ApplicationMessage)
        assert received.data == bytes([n])


def test_a_generation_too_far_ahead_is_refused() -> None:
    limits = mls.RatchetLimits(forward=3, kept=3)
    group = party("alice", "bob")
    alice = group["alice"]
    for _ in range(5):
        alice, message = alice.encrypt(b"")
    bob = mls.Group.decode(
        group["bob"].encode_epoch(),
        group["bob"].encode_keys(),
        client("bob").signer,
        mls.GroupSettings(ratchets=limits),
    )
    with pytest.raises(mls.StateError, match="too far"):
        bob.process(message)
    assert isinstance(group["bob"].process(message), mls.ApplicationMessage)


def test_unused_keys_are_kept_up_to_a_bound() -> None:
    limits = mls.RatchetLimits(forward=10, kept=2)
    group = party("alice", "bob")
    messages = [group.send("alice", bytes([n])) for n in range(5)]
    bob = group["bob"]
    settings = mls.GroupSettings(ratchets=limits)
    bob = mls.Group.decode(bob.encode_epoch(), bob.encode_keys(), bob.signer, settings)
    got = bob.process(messages[4])
    assert got.group is not None
    with pytest.raises(mls.StateError, match="dropped"):
        got.group.process(messages[1])
    assert isinstance(got.group.process(messages[2]), mls.ApplicationMessage)


def test_late_messages_of_the_last_epochs_are_read() -> None:
    group = party("alice", "bob")
    messages = []
    for _ in range(6):
        messages.append(group.send("alice", b"late"))
        group.commit("alice")
    for message in messages[2:]:
        received = group.deliver("alice", message)["bob"]
        assert isinstance(received, mls.ApplicationMessage)
        assert received.data == b"late"
        with pytest.raises(mls.StateError):
            group["bob"].process(message)
    with pytest.raises(mls.StateError, match="not held"):
        group["bob"].process(messages[1])


def test_a_removed_member_is_told_and_reads_no_further() -> None:
    group = party("alice", "bob", "carol")
    carol = group["carol"]
    result = group["alice"].commit(remove=[group.leaf("carol")])
    staged = carol.process(result.message)
    assert isinstance(staged, mls.StagedCommit)
    assert staged.removed_self
    assert [leaf for leaf, _ in staged.removed] == [2]
    with pytest.raises(mls.StateError):
        carol.process(result.group.encrypt(b"without carol")[1])


def test_a_staged_commit_tells_what_it_does() -> None:
    group = party("alice", "bob", "carol")
    bundle = client("dave").bundle()
    result = group["bob"].commit([bundle.key_package], [2], now=NOW, authenticated_data=b"why")
    staged = group["alice"].process(result.message, NOW)
    assert isinstance(staged, mls.StagedCommit)
    assert (staged.sender, staged.epoch, staged.added, staged.updated) == (1, 2, (2,), (1,))
    assert [node.credential for _, node in staged.removed] == [client("carol").credential]
    assert not staged.removed_self
    assert staged.authenticated_data == b"why"
    assert group["alice"].epoch == 1


@pytest.mark.parametrize("public", [False, True])
def test_proposals_wait_for_a_commit(public: bool) -> None:
    group = party("alice", "bob", "carol", "dave")
    before = group["bob"].member(1)
    group.groups["bob"], update = group["bob"].propose_update(public=public)
    group.deliver("bob", update)
    group.groups["alice"], removal = group["alice"].propose_remove(3)
    got = group.deliver("alice", removal)["carol"]
    assert isinstance(got, mls.ReceivedProposal)
    assert got.proposal == mls.Remove(3)
    assert len(group["carol"].pending_proposals) == 2
    with pytest.raises(mls.StateError, match="proposals wait"):
        group["carol"].encrypt(b"first the proposals")
    group.commit("carol", public=public)
    assert sorted(group.groups) == ["alice", "bob", "carol"]
    assert group["bob"].member(1) != before
    group.commit("bob")


def test_a_member_leaves_by_its_own_proposal() -> None:
    group = party("alice", "bob", "carol")
    group.groups["bob"], message = group["bob"].propose_remove(1)
    group.deliver("bob", message)
    group.commit("alice")
    assert sorted(group.groups) == ["alice", "carol"]


def test_adds_alone_may_go_without_a_path() -> None:
    group = party("alice", "bob")
    group.commit("bob", add=["carol"], path=False)
    group.commit("carol", add=["dave"])
    group.commit("dave")


def test_group_info_extensions_reach_the_newcomer() -> None:
    extension = mls.Extension(PRIVATE_EXTENSION, b"capabilities of the queue")
    bundle = client("bob").bundle()
    alice = client("alice").create([mls.Extension(PRIVATE_EXTENSION, b"in the context")])
    result = alice.commit([bundle.key_package], now=NOW, group_info_extensions=[extension])
    assert result.welcome is not None
    assert mls.peek(result.welcome).new_members == (mls.key_package_ref(bundle.key_package),)
    joined = mls.join(result.welcome, mls.KeyPackageBundle.decode(bundle.encode()), NOW)
    assert mls.find_extension(joined.group_info.extensions, PRIVATE_EXTENSION) == extension.data
    assert joined.sender == 0
    assert joined.group.extensions == alice.extensions


def test_the_tree_may_come_apart_from_the_welcome() -> None:
    bundle = client("bob").bundle()
    result = client("alice").create().commit([bundle.key_package], now=NOW, ratchet_tree=False)
    assert result.welcome is not None
    with pytest.raises(mls.ValidationError, match="tree-missing"):
        mls.join(result.welcome, bundle, NOW)
    joined = mls.join(result.welcome, bundle, NOW, result.group.ratchet_tree())
    assert joined.group.epoch_authenticator == result.group.epoch_authenticator


def test_a_refused_commit_leaves_no_key_used_twice() -> None:
    group = party("alice", "bob")
    refused = group["alice"].commit()
    winner = group["bob"].commit()
    again = refused.current.commit()
    first, second = (mls.peek(commit.message) for commit in (refused, again))
    assert first == second
    assert group["bob"].process(again.message, NOW).group is not None
    staged = refused.current.process(winner.message, NOW)
    assert staged.group is not None
    assert staged.group.epoch_authenticator == winner.group.epoch_authenticator


def test_an_accepted_commit_takes_over_what_was_read_meanwhile() -> None:
    group = party("alice", "bob")
    result = group["alice"].commit()
    late = group.send("bob", b"while the commit was on its way")
    current = result.current.process(late).group
    assert current is not None
    with pytest.raises(mls.StateError, match="used"):
        result.group.following(current).process(late)


def test_padding_hides_the_length() -> None:
    group = party("alice", "bob")
    sizes = set()
    for size in (0, 1, 100, 300):
        group.groups["alice"], message = group["alice"].encrypt(bytes(size), padding=512)
        sizes.add(len(message))
        received = group.deliver("alice", message)["bob"]
        assert isinstance(received, mls.ApplicationMessage)
        assert received.data == bytes(size)
    assert len(sizes) == 1


@each_suite
def test_a_state_survives_as_bytes(suite: mls.CipherSuite) -> None:
    group = party("alice", "bob", "carol", suite=suite)
    early = group.send("alice", b"early")
    late = [group.send("alice", bytes([n])) for n in range(3)]
    group.deliver("alice", late[2])
    group.commit("carol")
    group.groups["bob"], update = group["bob"].propose_update()
    group.deliver("bob", update)
    for name, held in group.groups.items():
        group.groups[name] = mls.Group.decode(
            held.encode_epoch(), held.encode_keys(), mls.SignatureKeyPair.decode(held.signer.encode())
        )
    group.deliver("alice", early)
    group.deliver("alice", late[0])
    with pytest.raises(mls.StateError):
        group["bob"].process(late[2])
    group.commit("alice")
    group.commit("bob")


def test_a_message_leaves_the_epoch_half_as_it_is() -> None:
    group = party("alice", "bob")
    before = group["bob"].encode_epoch(), group["bob"].encode_keys()
    group.deliver("alice", group.send("alice", b"hello"))
    assert group["bob"].encode_epoch() == before[0]
    assert group["bob"].encode_keys() != before[1]


def test_halves_of_different_epochs_are_refused() -> None:
    group = party("alice", "bob")
    old = group["bob"].encode_keys()
    group.commit("alice")
    with pytest.raises(mls.CodecError, match="different epochs"):
        mls.Group.decode(group["bob"].encode_epoch(), old, client("bob").signer)


def test_a_member_changes_its_signature_key_and_credential() -> None:
    group = party("alice", "bob", "carol")
    change = mls.LeafChange(mls.BasicCredential(b"alice, new"), SUITE.generate_signature_key())
    result = group["alice"].commit(leaf=change)
    group.deliver("alice", result.message)
    group.groups["alice"] = result.group
    group.check_agreement()
    member = group["bob"].member(0)
    assert member is not None
    assert member.credential == change.credential
    group.deliver("alice", group.send("alice", b"signed anew"))
    group.commit("alice")


@each_suite
def test_somebody_joins_by_an_external_commit(suite: mls.CipherSuite) -> None:
    group = party("alice", "bob", suite=suite)
    info = group["alice"].group_info(external_pub=True)
    dave = client("dave", suite)
    joined, message = mls.join_external(info, mls.Joiner(dave.credential, dave.signer, dave.capabilities))
    staged = group.deliver("", message)["bob"]
    assert isinstance(staged, mls.StagedCommit)
    assert staged.joined_externally
    assert staged.sender == 2
    group.groups["dave"] = joined
    group.check_agreement()
    group.commit("dave", remove=["alice"])
    group.commit("bob", add=["erin"])


def test_a_member_that_lost_its_state_comes_back() -> None:
    group = party("alice", "bob", "carol")
    info = group["alice"].group_info(external_pub=True)
    carol = client("carol")
    back, message = mls.join_external(info, mls.Joiner(carol.credential, carol.signer, carol.capabilities), resync=True)
    del group.groups["carol"]
    group.deliver("", message)
    group.groups["carol"] = back
    group.check_agreement()
    assert len(back.members()) == 3
    group.commit("carol")


def test_a_retired_epoch_reads_late_messages_and_does_nothing_else() -> None:
    group = party("alice", "bob")
    late, before = group.send("alice", b"late"), group["bob"]
    group.commit("alice")
    retired = before.retired()
    retired = mls.Group.decode(retired.encode_epoch(), retired.encode_keys(), client("bob").signer)
    received = retired.process(late)
    assert isinstance(received, mls.ApplicationMessage)
    assert received.data == b"late"
    with pytest.raises(mls.StateError):
        received.group.process(late)
    for forbidden in (
        lambda: retired.export("label", b"", 32),
        lambda: retired.commit(),
        lambda: retired.encrypt(b"x"),
        lambda: retired.propose_update(),
        lambda: retired.group_info(external_pub=True),
    ):
        with pytest.raises(mls.StateError, match="the epoch is over"):
            forbidden()


def test_a_retired_epoch_has_no_secret_that_leads_on() -> None:
    group = party("alice", "bob", "carol")
    before = group["bob"].state
    kept = group["bob"].retired().encode_epoch() + group["bob"].retired().encode_keys()
    secrets = before.secrets
    led_on = [getattr(secrets, name) for name in secrets.__slots__ if name.endswith(("init_secret", "_key", "_psk"))]
    led_on += [secrets.exporter_secret, secrets.external_secret]
    led_on += [pair.private for pair in before.private_keys.values()]
    assert len(led_on) > 6
    for secret in led_on:
        assert secret in group["bob"].encode_epoch()
        assert secret not in kept


def test_nothing_secret_is_shown() -> None:
    group = party("alice", "bob")
    group.deliver("alice", group.send("alice", b"hello"))
    bundle = client("bob").bundle()
    shown = [repr(thing) for thing in (group["bob"], group["bob"].state, bundle, client("bob").signer)]
    secrets = group["bob"].state.secrets
    values = [getattr(secrets, name) for name in secrets.__slots__ if name != "epoch_authenticator"]
    values += [pair.private for pair in group["bob"].state.private_keys.values()]
    values += [bundle.init_private, bundle.leaf_private, bundle.signer.private, client("bob").signer.private]
    for value in values:
        for text in shown:
            assert repr(value)[2:-1] not in text
            assert value.hex() not in text
