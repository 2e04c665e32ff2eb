"""With ts-mls: histories, external Commits, pre-shared keys, ReInit, and the post-quantum suite."""

from __future__ import annotations

from functools import partial
from random import Random
from unittest.mock import patch

import pytest

from havre import mls
from havre.mls.schedule.key_schedule import external_key_pair
from tests.mls.interop import ts_mls
from tests.mls.interop.history import History, Peer, Sent
from tests.mls.interop.ours import OurPeer
from tests.mls.interop.ts_mls import TypeScriptPeer

pytestmark = pytest.mark.skipif(ts_mls.missing() is not None, reason=str(ts_mls.missing()))

SUITES = [mls.X25519_AES128GCM_SHA256_ED25519, mls.MLKEM768X25519_AES128GCM_SHA256_ED25519]
each_suite = pytest.mark.parametrize("suite", SUITES, ids=["classical", "post-quantum"])


def left_half_stays(members: dict[str, Peer], leaving: str) -> bool:
    """Tell whether the left half of the tree keeps a member when somebody leaves.

    When it is empty, a committer's filtered direct path ends below the root (RFC 9420 §4.1.2), and
    the commit secret follows from its last path secret (§12.4.1). ts-mls 1.6.4 derives one more,
    for the root.
    """
    ours = next((member for member in members.values() if isinstance(member, OurPeer)), None)
    if ours is None:
        return True
    leaves = [ours.leaf(name) for name in members if name != leaving]
    width = 1 << max(leaves).bit_length()
    return max(leaves) == 0 or min(leaves) < width // 2


def live(seed: int, steps: int, suite: int) -> History:
    history = History(Random(seed), [partial(OurPeer, suite=suite), partial(TypeScriptPeer, suite=suite)])
    history.may_remove = left_half_stays
    if seed % 2:
        history.make.reverse()
    history.begin()
    for _ in range(steps):
        history.step()
    return history


@each_suite
def test_a_short_history(suite: int) -> None:
    live(3, 12, suite)


@pytest.mark.long
@each_suite
@pytest.mark.parametrize("seed", range(20))
def test_a_long_history(seed: int, suite: int) -> None:
    history = live(seed, 200, suite)
    print(
        f"seed {seed}: {history.born} members, {len(history.members)} at the end, {dict(history.done)}, "
        f"{history.faults} stranded by ts-mls"
    )


def three(suite: int) -> tuple[OurPeer, TypeScriptPeer, OurPeer]:
    """Make a group of two of ours and one of theirs."""
    alice, bob, carol = OurPeer("alice", suite), TypeScriptPeer("bob", suite), OurPeer("carol", suite)
    alice.create()
    sent = alice.commit([bob.key_package(), carol.key_package()], [])
    alice.commit_accepted(sent)
    assert sent.welcome is not None
    for member in (bob, carol):
        member.join(sent.welcome)
    return alice, bob, carol


def agree(*members: OurPeer | TypeScriptPeer) -> None:
    assert len({tuple(member.agreed()) for member in members}) == 1


@each_suite
def test_a_path_commit_among_three(suite: int) -> None:
    alice, bob, carol = three(suite)
    for committer, others in ((bob, (alice, carol)), (carol, (alice, bob)), (alice, (bob, carol))):
        sent = committer.commit([], [])
        for other in others:
            other.process(sent.commit)
        committer.commit_accepted(sent)
        agree(alice, bob, carol)


def without_length(extensions: tuple[mls.Extension, ...]) -> bytes | None:
    """Read external_pub as ts-mls 1.6.4 writes it: without the length that RFC 9420 §12.4.3.2 gives it."""
    return mls.find_extension(extensions, 4)


@each_suite
def test_we_join_them_by_an_external_commit(suite: int) -> None:
    alice, bob, carol = three(suite)
    dave = OurPeer("dave", suite)
    info = bob.answer("groupInfo")
    with patch("havre.mls.external.decode_external_pub", without_length):
        dave.group, message = mls.join_external(info, mls.Joiner(dave.credential, dave.signer))
    for member in (alice, bob, carol):
        member.process(message)
    agree(alice, bob, carol, dave)


@each_suite
def test_they_join_us_by_an_external_commit(suite: int) -> None:
    alice, bob, carol = three(suite)
    dave = TypeScriptPeer("dave", suite)
    key = external_key_pair(alice.suite, alice.group.state.secrets).public
    # ts-mls 1.6.4 reads the key without the length that RFC 9420 §12.4.3.2 gives it.
    info = alice.group.group_info([mls.Extension(4, key)])
    message = dave.answer("joinExternal", groupInfo=info.hex())
    for member in (alice, bob, carol):
        member.process(message)
    agree(alice, bob, carol, dave)


def test_pre_shared_keys() -> None:
    alice, bob, carol = three(mls.X25519_AES128GCM_SHA256_ED25519)
    key_id, key = b"a key of the application", b"a secret that all know"
    psks = mls.Psks({key_id: key})
    bob.ask("psk", id=key_id.hex(), key=key.hex())
    sent = bob.commit([], [], [key_id])
    for member in (alice, carol):
        staged = member.group.process(sent.commit, psks=psks)
        assert staged.group is not None
        member.group = staged.group
    bob.commit_accepted(sent)
    agree(alice, bob, carol)
    nonce = alice.suite.random(32)
    proposal = mls.PreSharedKey(mls.ExternalPskId(key_id, nonce))
    # ts-mls 1.6.4 looks for no keys when the Commit is a PrivateMessage.
    result = alice.group.commit(proposals=[proposal], psks=psks, public=True)
    bob.process(result.message)
    alice.group = result.group
    agree(alice, bob)


def test_they_reinitialize_and_we_follow() -> None:
    alice, bob, carol = three(mls.X25519_AES128GCM_SHA256_ED25519)
    sent = bob.sent("reinit", groupId=b"next".hex())
    for member in (alice, carol):
        member.process(sent.commit)
        assert member.group.reinit is not None
    bob.commit_accepted(sent)
    packages = [member.key_package().hex() for member in (alice, carol)]
    followed: Sent = bob.sent("follow", groupId=b"next".hex(), keyPackages=packages)
    bob.commit_accepted(followed)
    bob.commit_accepted(followed)
    assert followed.welcome is not None
    tree = bob.answer("tree")
    for member in (alice, carol):
        assert member.bundle is not None
        member.group = mls.join(followed.welcome, member.bundle, None, tree, previous=member.group).group
        assert member.group.group_id == b"next"
    agree(alice, bob, carol)


def test_we_reinitialize_and_they_follow() -> None:
    alice, bob, carol = three(mls.X25519_AES128GCM_SHA256_ED25519)
    result = alice.group.commit(proposals=[mls.ReInit(b"next", 1, alice.suite.id, ())])
    for member in (bob, carol):
        member.process(result.message)
    alice.group = result.group
    packages = [mls.decode_key_package(member.key_package()) for member in (bob, carol)]
    following = mls.reinitialize(alice.group, alice.credential, alice.signer, packages)
    assert following.welcome is not None
    bob.ask("joinFollowing", welcome=following.welcome.hex())
    assert carol.bundle is not None
    carol.group = mls.join(following.welcome, carol.bundle, previous=carol.group).group
    alice.group = following.group
    agree(alice, bob, carol)
