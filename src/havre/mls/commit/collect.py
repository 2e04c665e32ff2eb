"""Step 1 of a Commit: put together what it proposes, by value and by reference (RFC 9420 §12.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from havre.mls.commit.syntax import Commit, ProposalReference
from havre.mls.errors import ValidationError
from havre.mls.framing.content import FromMember, Sender
from havre.mls.proposals import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Update,
)
from havre.mls.rules import Rule
from havre.mls.state import PendingProposal

__all__ = ["CommittedProposal", "ProposalList", "collect"]

P = TypeVar("P", bound=Proposal)


@dataclass(frozen=True, slots=True)
class CommittedProposal:
    """A proposal of a Commit with who made it, and its reference if it was sent before."""

    proposal: Proposal
    sender: Sender
    reference: bytes | None


@dataclass(frozen=True, slots=True)
class ProposalList:
    """A Commit's proposals in their order, which decides over leaves and pre-shared keys."""

    items: tuple[CommittedProposal, ...]

    def of(self, kind: type[P]) -> list[P]:
        """Give the proposals of a type."""
        return [item.proposal for item in self.items if isinstance(item.proposal, kind)]

    def updates(self) -> list[tuple[int, Update, bytes | None]]:
        """Give the updates with the leaf each replaces, which is its sender's, and its reference."""
        found = []
        for item in self.items:
            if isinstance(item.proposal, Update):
                assert isinstance(item.sender, FromMember), "checked with the proposal"
                found.append((item.sender.leaf_index, item.proposal, item.reference))
        return found

    @property
    def needs_path(self) -> bool:
        """Whether RFC 9420 §12.4 wants a path with these proposals."""
        pathless = Add | PreSharedKey | ReInit
        return not self.items or not all(isinstance(item.proposal, pathless) for item in self.items)

    @property
    def reinit(self) -> ReInit | None:
        """The ReInit, if there is one."""
        return next(iter(self.of(ReInit)), None)

    @property
    def external_init(self) -> ExternalInit | None:
        """The ExternalInit, if there is one."""
        return next(iter(self.of(ExternalInit)), None)

    @property
    def extensions(self) -> GroupContextExtensions | None:
        """The GroupContextExtensions, if there is one."""
        return next(iter(self.of(GroupContextExtensions)), None)


def collect(commit: Commit, sender: Sender, pending: Mapping[bytes, PendingProposal]) -> ProposalList:
    """Look up what a Commit refers to; a proposal by value is the committer's own."""
    return ProposalList(tuple(_collected(commit.proposals, sender, pending)))


def _collected(
    listed: Iterable[Proposal | ProposalReference], sender: Sender, pending: Mapping[bytes, PendingProposal]
) -> Iterable[CommittedProposal]:
    for proposal in listed:
        if not isinstance(proposal, ProposalReference):
            yield CommittedProposal(proposal, sender, None)
            continue
        known = pending.get(proposal.reference)
        if known is None:
            raise ValidationError(Rule.PROPOSAL_REFERENCE)
        yield CommittedProposal(known.proposal, known.sender, proposal.reference)
