"""Which of the waiting proposals a committer takes (RFC 9420 §12.2, §12.4)."""

from __future__ import annotations

from collections.abc import Sequence

from havre.mls.commit.collect import CommittedProposal, ProposalList
from havre.mls.errors import ValidationError
from havre.mls.framing.content import FromMember
from havre.mls.proposals import Add, GroupContextExtensions, PreSharedKey, Proposal, ReInit, Remove, Update
from havre.mls.state import GroupState, Psks

__all__ = ["choose_pending", "without_misfits"]


def choose_pending(state: GroupState, ours: Sequence[Proposal], psks: Psks) -> list[CommittedProposal]:
    """Take all waiting proposals that can stand beside ours and each other.

    Ours win; a Remove wins over an Update of the same leaf, a later Update over an earlier one,
    and anything over a ReInit. Pre-shared keys that we do not have are left out.
    """
    waiting = [
        CommittedProposal(p.proposal, p.sender, ref)
        for ref, p in state.proposals.items()
        if not isinstance(p.proposal, PreSharedKey) or _has_key(state, p.proposal, psks)
    ]
    chosen = _without_conflicts(state, waiting, ours)
    others = [item for item in chosen if not isinstance(item.proposal, ReInit)]
    if ours or others:
        return others
    return chosen[:1]


def _has_key(state: GroupState, proposal: PreSharedKey, psks: Psks) -> bool:
    try:
        psks.with_resumption(state.resumption_keys()).find(proposal.psk)
    except ValidationError:
        return False
    return True


def without_misfits(proposals: ProposalList) -> ProposalList:
    """Keep our own proposals and the removals, which always fit.

    Which of the others is at fault is not worth searching; their senders may propose again.
    """
    return ProposalList(tuple(i for i in proposals.items if i.reference is None or isinstance(i.proposal, Remove)))


def _without_conflicts(
    state: GroupState, waiting: list[CommittedProposal], ours: Sequence[Proposal]
) -> list[CommittedProposal]:
    taken: set[tuple[str, object]] = {_subject(proposal, None) for proposal in ours}
    taken.add(("leaf", state.own_leaf))
    chosen = []
    latest_first = waiting[::-1]
    for item in sorted(latest_first, key=lambda item: not isinstance(item.proposal, Remove)):
        sender = item.sender.leaf_index if isinstance(item.sender, FromMember) else None
        subject = _subject(item.proposal, sender)
        if subject not in taken:
            taken.add(subject)
            chosen.append(item)
    order = {item.reference: place for place, item in enumerate(waiting)}
    return sorted(chosen, key=lambda item: order[item.reference])


def _subject(proposal: Proposal, sender: int | None) -> tuple[str, object]:
    """Name what a proposal changes; two that change the same cannot stand together."""
    if isinstance(proposal, Remove):
        return "leaf", proposal.removed
    if isinstance(proposal, Update):
        return "leaf", sender
    if isinstance(proposal, Add):
        return "client", proposal.key_package.leaf_node.signature_key
    if isinstance(proposal, GroupContextExtensions):
        return "extensions", None
    return "other", proposal
