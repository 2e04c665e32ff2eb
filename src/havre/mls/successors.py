"""Starting a group that follows another: after a ReInit, or branched off (RFC 9420 §11.2, §11.3).

Both are a new group whose first Commit adds all others and mixes in the old group's resumption
key, so that only those who were in the old one can follow.
"""

from __future__ import annotations

from collections.abc import Sequence

from havre.mls.commit.create import CommitOptions
from havre.mls.credentials import Credential
from havre.mls.crypto.suite import SignatureKeyPair, cipher_suite
from havre.mls.errors import StateError
from havre.mls.extensions import Extension
from havre.mls.founding import create_group
from havre.mls.group import Group
from havre.mls.key_package import KeyPackage
from havre.mls.proposals import Add, PreSharedKey, Proposal
from havre.mls.results import CommitResult
from havre.mls.schedule.psk import BRANCH_USAGE, REINIT_USAGE, ResumptionPskId
from havre.mls.state import Psks
from havre.mls.tree.nodes import Capabilities

__all__ = ["branch", "reinitialize"]


def reinitialize(
    closed: Group,
    credential: Credential,
    signer: SignatureKeyPair,
    key_packages: Sequence[KeyPackage],
    now: int | None = None,
    capabilities: Capabilities | None = None,
) -> CommitResult:
    """Create the group that a ReInit announced and add everybody to it (RFC 9420 §11.2).

    `signer` and `key_packages` are of the new group's cipher suite. The result's Welcome goes to
    all, who pass the closed group as `previous`. Raises `StateError` without a ReInit.
    """
    reinit = closed.reinit
    if reinit is None:
        raise StateError("the group was not closed by a ReInit")
    suite = cipher_suite(reinit.cipher_suite)
    group = create_group(suite, reinit.group_id, credential, signer, reinit.extensions, capabilities=capabilities)
    return _link(closed, group, key_packages, REINIT_USAGE, now)


def branch(
    origin: Group,
    group_id: bytes,
    key_packages: Sequence[KeyPackage],
    now: int | None = None,
    extensions: Sequence[Extension] = (),
) -> CommitResult:
    """Create a group of some of another one's members, with its cipher suite (RFC 9420 §11.3)."""
    own = origin.member(origin.own_leaf)
    assert own is not None, "we are a member"
    leaf_node = own.leaf_node
    group = create_group(
        origin.suite,
        group_id,
        own.credential,
        origin.signer,
        extensions,
        leaf_node.extensions,
        leaf_node.capabilities,
    )
    return _link(origin, group, key_packages, BRANCH_USAGE, now)


def _link(old: Group, new: Group, key_packages: Sequence[KeyPackage], usage: int, now: int | None) -> CommitResult:
    suite = new.suite
    psk_id = ResumptionPskId(usage, old.group_id, old.epoch, suite.random(suite.hash_length))
    proposals: list[Proposal] = [*map(Add, key_packages), PreSharedKey(psk_id)]
    options = CommitOptions(psks=Psks(resumption=old.resumption_keys()), psk_usages=(usage,))
    return new.commit_with(proposals, options, now)
