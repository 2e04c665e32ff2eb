"""What the tests ask of a member of a group, whoever implemented it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LABEL = "havre interop"
CONTEXT = b"every member has the same"
LENGTH = 32


@dataclass(frozen=True)
class Identity:
    """Who a member is to the others: the name in its credential and its signature key."""

    name: str
    key: bytes


@dataclass(frozen=True)
class Committed:
    """A commit and the Welcome for those whom it adds."""

    commit: bytes
    welcome: bytes | None


@dataclass(frozen=True)
class Agreement:
    """What all members of an epoch must have in common."""

    authenticator: bytes
    secret: bytes


class Member(Protocol):
    """One member of one group. All messages are encoded MLSMessages."""

    identity: Identity
    kind: str

    def key_package(self) -> bytes:
        """Offer to be added."""

    def create(self, group: bytes) -> None:
        """Create a group with this member alone."""

    def join(self, welcome: bytes) -> None:
        """Join by the Welcome for the last offer; the tree is in it."""

    def commit(
        self,
        adds: Sequence[bytes] = (),
        removes: Sequence[Identity] = (),
        public: bool = False,
        path: bool = False,
    ) -> Committed:
        """Commit these and all proposals seen in the epoch; it takes effect by `accept`.

        `public` asks for a PublicMessage, `path` for a path where additions alone need none; who
        cannot choose, ignores it.
        """

    def accept(self) -> None:
        """Enter the epoch of the own commit. Another's commit, processed instead, discards it."""

    def propose(self, add: bytes | None = None, remove: Identity | None = None, public: bool = False) -> bytes:
        """Propose to add or to remove somebody; neither is to renew the own leaf, where supported."""

    def process(self, message: bytes) -> None:
        """Take in another member's proposal or commit."""

    def encrypt(self, data: bytes) -> bytes:
        """Encrypt an application message."""

    def decrypt(self, message: bytes) -> bytes:
        """Decrypt an application message of this epoch or of one not long gone."""

    def agreement(self) -> Agreement | None:
        """Give the epoch's secrets, or `None` where the authenticator cannot be read but only checked."""

    def agrees(self, other: Agreement) -> bool:
        """Compare the epoch's secrets with another member's."""
