"""Proposals and lists of them (RFC 9420 §12.1, §12.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from havre import mls
from havre.mls.commit.collect import CommittedProposal, ProposalList
from havre.mls.commit.syntax import Commit, ProposalReference
from havre.mls.external import list_proposals
from havre.mls.rules import Rule
from havre.mls.tree.nodes import FromUpdate
from tests.mls.people import NOW, PRIVATE_EXTENSION, SUITE, Party, client, party
from tests.mls.rules import forge
from tests.mls.rules.forge import refused

DAVE = client("dave")


def refused_in_a_commit(rule: Rule, group: Party, *proposals: mls.Proposal, **options: Any) -> None:
    """Expect the rule from an honest committer and from whoever receives a hostile one's Commit."""
    with refused(rule):
        group["alice"].commit(proposals=proposals, now=NOW, **options)
    message = forge.commit(group["alice"], *proposals, **options)
    with refused(rule):
        group["bob"].process(message, NOW, options.get("psks"))


def test_remove_blank() -> None:
    group = party("alice", "bob", "carol")
    for blank in (3, 4, 1 << 31):
        with refused(Rule.REMOVE_BLANK):
            group["alice"].commit(remove=[blank])
        content = forge.proposed(group["alice"], mls.Remove(blank))
        with refused(Rule.REMOVE_BLANK):
            group["bob"].process(content)


def test_psk_usage() -> None:
    group = party("alice", "bob")
    for usage in (2, 3):
        psk = mls.ResumptionPskId(usage, b"a group", 1, SUITE.random(32))
        refused_in_a_commit(Rule.PSK_USAGE, group, mls.PreSharedKey(psk))


def test_psk_nonce() -> None:
    group = party("alice", "bob")
    psks = mls.Psks({b"key": b"secret"})
    refused_in_a_commit(Rule.PSK_NONCE, group, forge.psk(group["alice"], nonce=bytes(31)), psks=psks)


def test_psk_unknown() -> None:
    group = party("alice", "bob")
    psks = mls.Psks({b"key": b"secret"})
    message = forge.commit(group["alice"], forge.psk(group["alice"]), psks=psks)
    with refused(Rule.PSK_UNKNOWN):
        group["bob"].process(message, NOW)
    assert group["bob"].process(message, NOW, psks).group is not None


def test_reinit_version() -> None:
    refused_in_a_commit(Rule.REINIT_VERSION, party("alice", "bob"), mls.ReInit(b"next", 0, 1, ()))


def test_group_extensions_support() -> None:
    extension = mls.Extension(0xF0F1, b"")
    refused_in_a_commit(Rule.GROUP_EXTENSIONS_SUPPORT, party("alice", "bob"), mls.GroupContextExtensions((extension,)))


def test_required_capabilities_support() -> None:
    required = mls.RequiredCapabilities(proposals=(0xF0F1,)).extension()
    refused_in_a_commit(
        Rule.REQUIRED_CAPABILITIES_SUPPORT, party("alice", "bob"), mls.GroupContextExtensions((required,))
    )


def test_proposal_reference() -> None:
    group = party("alice", "bob", "carol")
    group.groups["alice"], _unsent = group["alice"].propose_remove(2)
    with refused(Rule.PROPOSAL_REFERENCE):
        group["bob"].process(group["alice"].commit().message)


def test_update_by_committer() -> None:
    group = party("alice", "bob")
    update = mls.Update(forge.leaf_node(group["alice"], FromUpdate()))
    refused_in_a_commit(Rule.UPDATE_BY_COMMITTER, group, update)


def test_remove_committer() -> None:
    group = party("alice", "bob")
    alice = group["alice"]

    def own_removal(*_: object) -> ProposalList:
        return ProposalList((CommittedProposal(mls.Remove(0), mls.FromMember(0), None),))

    with refused(Rule.REMOVE_COMMITTER):
        alice.commit(remove=[0])
    # A Commit that removes its own sender cannot be carried out, only be claimed.
    with forge.replaced(sign_commit=_claiming(own_removal().items)), forge.unchecked():
        message = alice.commit().message
    with refused(Rule.REMOVE_COMMITTER):
        group["bob"].process(message)


def _claiming(items: Sequence[CommittedProposal]) -> Any:
    from havre.mls.commit.create import sign_commit

    def claim(state: Any, proposals: Any, path: Any, options: Any) -> Any:
        return sign_commit(state, ProposalList(tuple(items)), path, options)

    return claim


def test_leaf_changed_twice() -> None:
    group = party("alice", "bob", "carol")
    refused_in_a_commit(Rule.LEAF_CHANGED_TWICE, group, mls.Remove(2), mls.Remove(2))


def test_leaf_changed_twice_by_update_and_remove() -> None:
    group = party("alice", "bob", "carol")
    group.groups["carol"], message = group["carol"].propose_update()
    group.deliver("carol", message)
    ((reference, proposal, sender),) = group["alice"].pending_proposals
    both = (
        CommittedProposal(proposal, sender, reference),
        CommittedProposal(mls.Remove(2), mls.FromMember(0), None),
    )
    with forge.replaced(sign_commit=_claiming(both)), forge.unchecked():
        message = group["alice"].commit().message
    with refused(Rule.LEAF_CHANGED_TWICE):
        group["bob"].process(message)


def test_add_twice() -> None:
    group = party("alice", "bob")
    twice = [mls.Add(forge.key_package(DAVE)), mls.Add(forge.key_package(DAVE))]
    refused_in_a_commit(Rule.ADD_TWICE, group, *twice)


def test_add_member() -> None:
    group = party("alice", "bob", "carol")
    again = mls.Add(forge.key_package(client("carol")))
    refused_in_a_commit(Rule.ADD_MEMBER, group, again)
    message = group["alice"].commit(proposals=[mls.Remove(2), again], now=NOW).message
    assert group["bob"].process(message, NOW).group is not None


def test_psk_twice() -> None:
    group = party("alice", "bob")
    psk = forge.psk(group["alice"])
    refused_in_a_commit(Rule.PSK_TWICE, group, psk, psk, psks=mls.Psks({b"key": b"secret"}))


def test_group_extensions_twice() -> None:
    group = party("alice", "bob")
    extensions = [mls.GroupContextExtensions((mls.Extension(PRIVATE_EXTENSION, bytes([n])),)) for n in (1, 2)]
    refused_in_a_commit(Rule.GROUP_EXTENSIONS_TWICE, group, *extensions)


def test_reinit_alone() -> None:
    group = party("alice", "bob", "carol")
    refused_in_a_commit(Rule.REINIT_ALONE, group, mls.ReInit(b"next", 1, 1, ()), mls.Remove(2))


def test_external_init_by_member() -> None:
    group = party("alice", "bob")
    refused_in_a_commit(Rule.EXTERNAL_INIT_BY_MEMBER, group, mls.ExternalInit(bytes(32)))


# --- External Commits


def external_commit(group: Party, *more: mls.Proposal, only: bool = False, psks: mls.Psks | None = None) -> bytes:
    """Make an external Commit with proposals that do not belong there."""

    def listed(*arguments: Any) -> ProposalList:
        honest = list_proposals(*arguments)
        added = tuple(CommittedProposal(proposal, mls.FromNewMemberCommit(), None) for proposal in more)
        return ProposalList(added if only else (*honest.items, *added))

    info = group["alice"].group_info(external_pub=True)
    joiner = mls.Joiner(DAVE.credential, DAVE.signer, DAVE.capabilities)
    with patch("havre.mls.external.list_proposals", listed), forge.unchecked():
        return mls.join_external(info, joiner, psks=psks)[1]


def test_external_commit_init() -> None:
    group = party("alice", "bob")
    with refused(Rule.EXTERNAL_COMMIT_INIT):
        group["bob"].process(external_commit(group, mls.ExternalInit(bytes(32))))
    with refused(Rule.EXTERNAL_COMMIT_INIT):
        group["bob"].process(external_commit(group, mls.Remove(0), only=True))


def test_external_commit_removes() -> None:
    group = party("alice", "bob", "carol")
    with refused(Rule.EXTERNAL_COMMIT_REMOVES):
        group["bob"].process(external_commit(group, mls.Remove(0), mls.Remove(2)))


def test_external_commit_proposals() -> None:
    group = party("alice", "bob")
    with refused(Rule.EXTERNAL_COMMIT_PROPOSALS):
        group["bob"].process(external_commit(group, mls.GroupContextExtensions(())))


def test_update_sender() -> None:
    group = party("alice", "bob")
    update = mls.Update(forge.leaf_node(group["alice"], FromUpdate()))
    with patch.object(ProposalList, "updates", list):
        message = external_commit(group, update)
    with refused(Rule.UPDATE_SENDER):
        group["bob"].process(message)


def changed_external_commit(group: Party, **changes: Any) -> bytes:
    """Make an external Commit whose Commit is changed before it is signed."""
    from havre.mls.external import sign_external

    def sign(public: Any, signer: Any, commit: Commit) -> Any:
        return sign_external(public, signer, replace(commit, **changes))

    info = group["alice"].group_info(external_pub=True)
    joiner = mls.Joiner(DAVE.credential, DAVE.signer, DAVE.capabilities)
    with patch("havre.mls.external.sign_external", sign):
        return mls.join_external(info, joiner)[1]


def test_external_commit_path() -> None:
    group = party("alice", "bob")
    with refused(Rule.EXTERNAL_COMMIT_PATH):
        group["bob"].process(changed_external_commit(group, path=None))


def test_external_commit_reference() -> None:
    group = party("alice", "bob", "carol")
    group.groups["alice"], message = group["alice"].propose_remove(2)
    group.deliver("alice", message)
    ((reference, _, _),) = group["bob"].pending_proposals
    message = changed_external_commit(group, proposals=(ProposalReference(reference),))
    with refused(Rule.EXTERNAL_COMMIT_REFERENCE):
        group["bob"].process(message)


def test_too_many_pre_shared_keys_are_refused() -> None:
    from havre.mls.schedule.psk import psk_secret

    psks = [(mls.ExternalPskId(b"key", b""), b"secret")] * 65_536
    with pytest.raises(mls.CodecError):
        psk_secret(SUITE, psks)
