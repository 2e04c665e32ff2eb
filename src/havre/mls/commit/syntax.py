"""The Commit structure (RFC 9420 §12.4)."""

from __future__ import annotations

from dataclasses import dataclass

from havre.mls import codec
from havre.mls.codec import optional, vector
from havre.mls.errors import CodecError
from havre.mls.proposals import Proposal, encode_proposal, read_proposal
from havre.mls.tree.treekem import UpdatePath, read_update_path

__all__ = ["Commit", "ProposalReference", "read_commit"]


@dataclass(frozen=True, slots=True)
class ProposalReference:
    """A proposal that was sent before, named by its hash (RFC 9420 §5.2)."""

    reference: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """The proposals to apply, by value or by reference, and the committer's fresh path."""

    proposals: tuple[Proposal | ProposalReference, ...]
    path: UpdatePath | None

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §12.4."""
        proposals = b"".join([_encode_proposal_or_ref(proposal) for proposal in self.proposals])
        return vector(proposals) + optional(None if self.path is None else self.path.encode())


def _encode_proposal_or_ref(proposal: Proposal | ProposalReference) -> bytes:
    if isinstance(proposal, ProposalReference):
        return b"\x02" + vector(proposal.reference)
    return b"\x01" + encode_proposal(proposal)


def _read_proposal_or_ref(data: bytes, at: int) -> tuple[Proposal | ProposalReference, int]:
    kind, at = codec.read_uint8(data, at)
    if kind == 1:
        return read_proposal(data, at)
    if kind == 2:
        reference, at = codec.read_opaque(data, at)
        return ProposalReference(reference), at
    raise CodecError(f"neither a proposal nor a reference to one: type {kind}")


def read_commit(data: bytes, at: int) -> tuple[Commit, int]:
    """Read a Commit."""
    proposals, at = codec.read_vector(data, at, _read_proposal_or_ref)
    path, at = codec.read_optional(data, at, read_update_path)
    return Commit(proposals, path), at
