"""What a group's operations give: states to adopt, messages to send, and what was received."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from havre.mls.credentials import Credential
from havre.mls.framing.content import Sender
from havre.mls.proposals import Proposal
from havre.mls.tree.nodes import LeafNode

if TYPE_CHECKING:
    from havre.mls.group import Group

__all__ = ["ApplicationMessage", "CommitResult", "Member", "Received", "ReceivedProposal", "StagedCommit"]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group."""

    leaf_index: int
    credential: Credential
    signature_key: bytes
    leaf_node: LeafNode


@dataclass(frozen=True, slots=True)
class CommitResult:
    """A Commit of ours that is on its way.

    `group` is the group once the Commit is accepted; until then `current` is, which is the old
    epoch without the key that the Commit was encrypted with.
    """

    message: bytes
    welcome: bytes | None
    group: Group
    current: Group


@dataclass(frozen=True, slots=True)
class ApplicationMessage:
    """Application data from the member at leaf index `sender`; `group` is without the message's key."""

    group: Group
    sender: int
    epoch: int
    data: bytes
    authenticated_data: bytes


@dataclass(frozen=True, slots=True)
class ReceivedProposal:
    """A proposal that waits in `group` for a Commit; `ref` is what a Commit will call it."""

    group: Group
    sender: Sender
    proposal: Proposal
    ref: bytes


@dataclass(frozen=True, slots=True)
class StagedCommit:
    """A verified Commit, to be looked at before `group`, the state after it, is adopted.

    `sender` is the committer's leaf index in the new epoch; `added` are new members' leaf
    indices, `removed` those who left with their leaf nodes, `updated` whose leaf nodes are new.
    `group` is `None` if it removes us. `joined_externally` says that the committer is new.
    `proposers` are the senders of `proposals`, `leaf_node` is the committer's if it has a path.
    """

    group: Group | None
    sender: int
    epoch: int
    added: tuple[int, ...]
    removed: tuple[tuple[int, LeafNode], ...]
    updated: tuple[int, ...]
    proposals: tuple[Proposal, ...]
    joined_externally: bool
    authenticated_data: bytes
    proposers: tuple[Sender, ...]
    leaf_node: LeafNode | None

    @property
    def removed_self(self) -> bool:
        """Whether the Commit removes us."""
        return self.group is None


Received = ApplicationMessage | ReceivedProposal | StagedCommit
