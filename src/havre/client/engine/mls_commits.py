"""What the proposals of a commit, in MLS, mean to a conversation."""

from __future__ import annotations

from havre import mls
from havre.client.engine.groups import Group, Step
from havre.client.engine.terms import TERMS_EXTENSION


def leaver(proposal: mls.Proposal, sender: mls.Sender) -> int | None:
    """Return the leaf of somebody who proposes to leave."""
    if isinstance(proposal, mls.Remove) and isinstance(sender, mls.FromMember):
        return proposal.removed if proposal.removed == sender.leaf_index else None
    return None


def new_terms(step: Step) -> list[mls.Proposal]:
    """Return the proposal of new terms, if a step has any."""
    if step.terms is None:
        return []
    return [mls.GroupContextExtensions((mls.Extension(TERMS_EXTENSION, step.terms),))]


def terms_after(group: Group, staged: mls.StagedCommit) -> bytes:
    """Return the terms that hold after a commit."""
    for proposal in staged.proposals:
        if isinstance(proposal, mls.GroupContextExtensions):
            return mls.find_extension(proposal.extensions, TERMS_EXTENSION) or b""
    return group.terms


def is_invited(staged: mls.StagedCommit) -> bool:
    """Tell whether a committer from outside has shown that it knows the link."""
    return any(isinstance(proposal, mls.PreSharedKey) for proposal in staged.proposals)


def is_strange(staged: mls.StagedCommit) -> bool:
    """Tell whether a commit does what no conversation allows: other extensions of the context, a new group ..."""
    ordinary = mls.Add | mls.Remove | mls.Update | mls.ExternalInit | mls.PreSharedKey | mls.GroupContextExtensions
    contexts = [one.extensions for one in staged.proposals if isinstance(one, mls.GroupContextExtensions)]
    others = any(extension.type != TERMS_EXTENSION for listed in contexts for extension in listed)
    adds = any(isinstance(proposal, mls.Add) for proposal in staged.proposals)
    mixed = adds and (bool(contexts) or bool(staged.removed))
    secret = is_invited(staged) and not staged.joined_externally
    return others or mixed or secret or not all(isinstance(proposal, ordinary) for proposal in staged.proposals)
