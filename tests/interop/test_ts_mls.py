"""One by one with ts-mls: Welcome, external commit, pre-shared key, reinit, and what we refuse."""

from __future__ import annotations

import pytest

from havre import mls
from havre.mls.tree import treekem
from tests.interop.havre_member import HavreMember
from tests.interop.member import Member
from tests.interop.ts_member import TsMember, TsProcess

pytestmark = pytest.mark.interop

PSK, SECRET = b"a key from elsewhere", b"0123456789abcdef0123456789abcdef"


@pytest.fixture(
    params=[mls.X25519_AES128GCM_SHA256_ED25519, mls.MLKEM768X25519_AES128GCM_SHA256_ED25519],
    ids=["classical", "post-quantum"],
)
def suite(request: pytest.FixtureRequest) -> int:
    """Give each cipher suite that both sides have."""
    return int(request.param)


class Pair:
    """One of ours and one of theirs, in a group that either of them has created."""

    def __init__(self, process: TsProcess, suite: int, creator: str) -> None:
        self.ours = HavreMember("ours", suite)
        self.theirs = TsMember(process, "theirs", suite)
        members: list[Member] = [self.ours, self.theirs]
        first, second = members if creator == "ours" else reversed(members)
        first.create(b"pair")
        made = first.commit(adds=[second.key_package()])
        first.accept()
        assert made.welcome is not None
        second.join(made.welcome)

    def agree(self) -> bool:
        """Tell whether both are in the same epoch, and read each other's messages."""
        return agree(self.ours, self.theirs)


def agree(*members: Member) -> bool:
    """Tell whether all are in the same epoch, and read each other's messages."""
    for sender in members:
        message = sender.encrypt(b"from " + sender.identity.name.encode())
        for member in members:
            if member is not sender and member.decrypt(message) != b"from " + sender.identity.name.encode():
                return False
    first = members[0].agreement()
    return first is not None and all(member.agrees(first) for member in members)


@pytest.fixture(params=["ours", "theirs"])
def pair(request: pytest.FixtureRequest, ts_mls: TsProcess, suite: int) -> Pair:
    """Give a pair created by either."""
    return Pair(ts_mls, suite, request.param)


def test_welcome(pair: Pair) -> None:
    assert pair.agree()


def test_they_join_by_external_commit(pair: Pair, ts_mls: TsProcess, suite: int) -> None:
    third = TsMember(ts_mls, "third", suite)
    info = pair.ours.group.group_info(external_pub=True)
    commit = third.join_external(info)
    pair.ours.process(commit)
    pair.theirs.process(commit)
    assert agree(pair.ours, pair.theirs, third)


def test_we_join_by_external_commit(pair: Pair, suite: int) -> None:
    third = HavreMember("third", suite)
    third.group, commit = mls.join_external(pair.theirs.group_info(), mls.Joiner(third.credential, third.signer))
    pair.ours.process(commit)
    pair.theirs.process(commit)
    assert agree(pair.ours, pair.theirs, third)


def test_they_come_back_by_external_commit(pair: Pair) -> None:
    pair.ours.process(pair.theirs.join_external(pair.ours.group.group_info(external_pub=True), resync=True))
    assert len(pair.ours.group.members()) == 2
    assert pair.agree()


def test_we_come_back_by_external_commit(pair: Pair) -> None:
    joiner = mls.Joiner(pair.ours.credential, pair.ours.signer)
    pair.ours.group, commit = mls.join_external(pair.theirs.group_info(), joiner, resync=True)
    pair.theirs.process(commit)
    assert len(pair.ours.group.members()) == 2
    assert pair.agree()


def test_we_commit_a_pre_shared_key(pair: Pair) -> None:
    pair.ours.psks = mls.Psks({PSK: SECRET})
    pair.theirs.add_psk(PSK, SECRET)
    nonce = pair.ours.suite.random(pair.ours.suite.hash_length)
    made = pair.ours.commit(proposals=[mls.PreSharedKey(mls.ExternalPskId(PSK, nonce))])
    pair.theirs.process(made.commit)
    pair.ours.accept()
    assert pair.agree()


def test_they_commit_a_pre_shared_key(pair: Pair) -> None:
    pair.ours.psks = mls.Psks({PSK: SECRET})
    pair.theirs.add_psk(PSK, SECRET)
    made = pair.theirs.commit(psks=[PSK])
    pair.ours.process(made.commit)
    pair.theirs.accept()
    assert pair.agree()


def test_a_pre_shared_key_that_differs_is_refused(pair: Pair) -> None:
    pair.ours.psks = mls.Psks({PSK: bytes(32)})
    pair.theirs.add_psk(PSK, SECRET)
    made = pair.theirs.commit(psks=[PSK])
    with pytest.raises(mls.ValidationError) as refused:
        pair.ours.process(made.commit)
    assert refused.value.rule is mls.Rule.CONFIRMATION_TAG


def test_they_add_somebody_with_a_pre_shared_key(pair: Pair, suite: int) -> None:
    third = HavreMember("third", suite)
    third.psks = pair.ours.psks = mls.Psks({PSK: SECRET})
    pair.theirs.add_psk(PSK, SECRET)
    made = pair.theirs.commit(adds=[third.key_package()], psks=[PSK])
    pair.ours.process(made.commit)
    pair.theirs.accept()
    assert made.welcome is not None
    third.join(made.welcome)
    assert agree(pair.ours, pair.theirs, third)


def test_they_reinitialize_and_we_follow(pair: Pair) -> None:
    made = pair.theirs.commit(reinit=b"successor")
    pair.ours.process(made.commit)
    pair.theirs.accept()
    assert pair.ours.group.reinit is not None
    with pytest.raises(mls.StateError):
        pair.ours.encrypt(b"too late")
    pair.theirs.succeed()
    offer = pair.ours.key_package()
    pair.theirs.create(b"successor")
    made = pair.theirs.commit(adds=[offer])
    pair.theirs.accept()
    assert made.welcome is not None
    pair.ours.join(made.welcome)
    assert pair.ours.group.group_id == b"successor"
    assert pair.agree()


def test_we_reinitialize_and_they_follow(pair: Pair, suite: int) -> None:
    closing = pair.ours.commit(proposals=[mls.ReInit(b"successor", 1, suite, ())])
    pair.theirs.process(closing.commit)
    pair.ours.accept()
    pair.theirs.succeed()
    offer = mls.decode_key_package(pair.theirs.key_package())
    made = mls.reinitialize(pair.ours.group, pair.ours.credential, pair.ours.signer, [offer])
    pair.ours.group = made.group
    assert made.welcome is not None
    pair.theirs.join(made.welcome)
    assert pair.agree()


def test_a_path_whose_keys_do_not_follow_from_its_secret_is_refused(
    ts_mls: TsProcess, suite: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take it, and from then on hold a private key that is not that of the tree."""
    forger, ours = HavreMember("forger", suite), HavreMember("ours", suite)
    theirs = TsMember(ts_mls, "theirs", suite)
    forger.create(b"forged")
    made = forger.commit(adds=[ours.key_package(), theirs.key_package()])
    forger.accept()
    assert made.welcome is not None
    ours.join(made.welcome)
    theirs.join(made.welcome)

    def derive_wrongly(suite: mls.CipherSuite, path_secret: bytes, length: int) -> treekem.PathSecrets:
        right = treekem.derive_path(suite, path_secret, length)
        wrong = suite.provider.generate_encryption_key()
        return treekem.PathSecrets(right.secrets, (*right.keys[:-1], wrong), right.commit_secret)

    with monkeypatch.context() as patch:
        patch.setattr("havre.mls.commit.path.derive_path", derive_wrongly)
        made = forger.commit()
    theirs.process(made.commit)
    with pytest.raises(mls.ValidationError) as refused:
        ours.process(made.commit)
    assert refused.value.rule is mls.Rule.PATH_KEYS_DERIVED
    assert ours.group.epoch == 1
