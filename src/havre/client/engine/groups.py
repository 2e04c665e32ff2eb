"""What the engine asks of MLS, in its own nouns; `mls_groups` keeps to it with `havre.mls`.

A `Group` is a frozen value: whatever changes it returns the next one. Everything that a peer can do wrong comes out as
`Unusable`, with a reason; nothing else is raised because of what was received.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from havre.wire.records import AccountRecord, SignedRecord


class Reason(StrEnum):
    """Why an entry, a Welcome or a key package could not be used."""

    MALFORMED = "malformed"
    """No well-formed message, or one that breaks a rule."""
    UNREADABLE = "unreadable"
    """It does not decrypt: changed on the way, or not for this group."""
    OUTDATED = "outdated"
    """Of an epoch whose keys are gone, or under a key that was used already."""
    FUTURE = "future"
    """Of an epoch that this device has not reached."""
    STRANGER = "stranger"
    """A device without a valid certificate of its account."""
    FORBIDDEN = "forbidden"
    """A change that the policy of the conversation does not allow."""
    UNKNOWN_KEY_PACKAGE = "unknown-key-package"
    """A Welcome for a key package that this device does not have (any longer)."""
    REMOVED = "removed"
    """A commit that takes this device out of the conversation."""
    FAULT = "fault"
    """Reading it failed in a way that no input should bring about: a fault of ours, which must not stop the queue."""
    TOO_LARGE = "too-large"
    """More than a relay takes in one entry."""
    REPEATED = "repeated"
    """Something that was there already."""
    NOT_YOURS = "not-yours"
    """Something done to a message that only its author may do, or also the admins of the group."""
    TOO_LATE = "too-late"
    """Something done to a message after the time for it, or to one that is gone."""
    UNFIT = "unfit"
    """Something that cannot be done to a message of this kind."""
    UNMANAGED = "unmanaged"
    """A change that rotates the capabilities, by a device that has yet to be handed the one which manages the queue."""
    TOO_OFTEN = "too-often"


class Unusable(Exception):  # an outcome that is told, not a fault of ours
    """What was received cannot be used; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Member:
    """One leaf of a group: a device that its account has certified."""

    leaf: int
    account: bytes
    account_key: bytes
    device: bytes


class Group(Protocol):
    """The state of one MLS group in one epoch."""

    @property
    def group_id(self) -> bytes: ...
    @property
    def epoch(self) -> int: ...
    @property
    def own_leaf(self) -> int: ...
    @property
    def terms(self) -> bytes:
        """The conversation extension of the group context."""

    @property
    def authenticator(self) -> bytes:
        """The epoch authenticator: equal for all who agree on the epoch."""

    @property
    def members(self) -> tuple[Member, ...]: ...
    @property
    def leaving(self) -> tuple[Member, ...]:
        """Those who have proposed that they leave."""

    def export(self, label: bytes, length: int) -> bytes:
        """Return a secret of this epoch for a purpose of our own."""


@dataclass(frozen=True, slots=True)
class Made:
    """A commit of this device: the group that follows, the message for the others, the Welcome for newcomers.

    `current` is the present epoch without the key that the message took: keep it, or the key serves twice.
    """

    group: Group
    current: Group
    message: bytes = field(repr=False)
    welcome: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """An application message; `group` has forgotten its key."""

    group: Group
    sender: Member
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Removal:
    """A leaf that a commit removes; `left`: it has proposed so itself."""

    member: Member
    left: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """A commit, valid but not yet adopted: the group that would follow, and what it changes.

    `group` is None when it removes this device. `terms` are those that would hold, `accounts` whoever would be in the
    group. `external`: the committer was not a member before; `invited`: it knows the secret of the invitation.
    `strange`: it does something that no conversation allows.
    """

    group: Group | None
    committer: Member
    added: tuple[Member, ...]
    removed: tuple[Removal, ...]
    terms: bytes = field(repr=False)
    accounts: frozenset[bytes]
    external: bool = False
    invited: bool = False
    strange: bool = False


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal that waits for a commit; `group` remembers it. `leaves`: the proposer wants to leave."""

    group: Group
    proposer: Member
    leaves: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What a commit of this device does, beside fresh keys on its path.

    `add`: key packages, whose Welcome carries `handover`. `remove`: leaves. `terms`: new ones, if they change.
    `proposed`: also what others have proposed. `tree`: where newcomers find the tree, as in its `Door`; empty: in the
    Welcome.
    """

    add: tuple[bytes, ...] = field(default=(), repr=False)
    remove: tuple[int, ...] = ()
    terms: bytes | None = field(default=None, repr=False)
    handover: bytes = field(default=b"", repr=False)
    proposed: bool = True
    tree: bytes = field(default=b"", repr=False)


Opened = Said | Changed | Proposed


@dataclass(frozen=True, slots=True)
class Joined:
    """The group that a Welcome led into, who sent it, and what it hands over."""

    group: Group
    welcomer: Member
    handover: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Announced:
    """What a Welcome without its tree says: which group, who sent it (certified), its terms, the handover."""

    group_id: bytes
    welcomer: Member
    terms: bytes = field(repr=False)
    handover: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class State:
    """The state of a group as who comes from outside finds it: enough to enter by a commit, once.

    `handover` is what a Welcome hands over, too. `info` is a GroupInfo, `entrance` the key that hides the commit from
    the relay.
    """

    epoch: int
    info: bytes = field(repr=False)
    entrance: bytes = field(repr=False)
    handover: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """An application to be let in, opened: the account whose device signed it, its key package, and what it says."""

    account_key: bytes
    package: bytes = field(repr=False)
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A fresh key package: its reference, the part to publish, and all of it."""

    ref: bytes
    message: bytes
    encoded: bytes = field(repr=False)


class Groups(Protocol):
    """Makes, reads and keeps groups for this device. `now` is unix seconds."""

    def key_package(self, now: int, last_resort: bool) -> Bundle: ...
    def wanted(self, welcome: bytes) -> Sequence[bytes]:
        """Return the references of the key packages that a Welcome is for; raises Unusable."""

    def check_record(self, signed: SignedRecord, account: bytes) -> AccountRecord:
        """Return what an account's record says; raises Unusable unless that account has signed it."""

    def has_signed(self, account_key: bytes, data: bytes, signature: bytes) -> bool:
        """Tell whether an account key has signed these bytes."""

    def check_key_package(self, message: bytes, account: bytes, device: bytes, now: int) -> None:
        """Raise Unusable unless it is a valid key package of exactly this device."""

    def found(self, group_id: bytes, terms: bytes) -> Group:
        """Return a new group with this device alone."""

    def commit(self, group: Group, step: Step, now: int) -> Made:
        """Commit to a step; raises Unusable when a key package is not valid."""

    def leave(self, group: Group) -> tuple[Group, bytes]:
        """Propose that this device leaves: the group that remembers it, and the message."""

    def seal_state(
        self, group: Group, handover: bytes, link: bytes | None, to_members: bool,
        backs: Sequence[tuple[bytes, bytes]] = (),
    ) -> bytes:  # fmt: skip
        """Return the state of a group, sealed for who knows the link's secret and, if so wished, for each member.

        `backs`: accounts, each with the public key of its last backup; what is no key is passed over.
        """

    def open_state(self, sealed: bytes, link: bytes | None, group: Group | None, back: bytes = b"") -> State:
        """Open it by the link's secret, as the member that one was in `group`, or a backup's key; raises Unusable."""

    def enter(
        self, state: State, link: bytes | None, gone: Collection[bytes] = (), again: bool = True
    ) -> tuple[Group, bytes]:
        """Enter by a commit from outside, in place of this device's former leaf if it has one; raises Unusable.

        `link`: the secret that the invitation asks for. `gone`: devices of the same account in whose place this one may
        come. `again`: whether it may in that of its own former leaf. Returns the group that follows, and the commit.
        """

    def letter_key(self, secret: bytes) -> bytes:
        """Return the public key to which applications are sealed that go with an invitation's secret."""

    def seal_letter(self, key: bytes, package: bytes, data: bytes) -> bytes:
        """Sign an application with this device's key, and seal it to a public key; raises Unusable."""

    def open_letter(self, secret: bytes, sealed: bytes, now: int) -> Letter:
        """Open an application; raises Unusable, also when its key package's account has not certified its device."""

    def seal_answer(self, key: bytes, data: bytes) -> bytes:
        """Seal an answer under the applicant's key."""

    def open_answer(self, key: bytes, sealed: bytes) -> bytes:
        """Return what an answer says; raises Unusable."""

    def announced(self, welcome: bytes, bundle: bytes) -> Announced | None:
        """Return what a Welcome says whose tree lies elsewhere; None: it has its tree. Raises Unusable."""

    def join(self, welcome: bytes, bundle: bytes, now: int, tree: bytes = b"") -> Joined:
        """Enter by Welcome; raises Unusable, also when any leaf is without a valid certificate."""

    def tree(self, group: Group) -> bytes:
        """Return the tree of a group, for those whose Welcome has none."""

    def welcome_for(self, welcome: bytes, packages: Sequence[bytes]) -> bytes:
        """Return what of a Welcome is for those with these key packages."""

    def encrypt(self, group: Group, data: bytes) -> tuple[Group, bytes]:
        """Return the group that has forgotten the key, and the ciphertext."""

    def epoch_of(self, message: bytes) -> int:
        """Return the epoch in which a message was made, as its envelope says; raises Unusable."""

    def retire(self, group: Group) -> Group:
        """Return what may be kept of a group once the next epoch is entered: enough to read late messages."""

    def open(self, group: Group, message: bytes, now: int) -> Opened:
        """Open a message made in the group's epoch; raises Unusable."""

    def dump(self, group: Group) -> tuple[bytes, bytes]:
        """Return the part that changes with each commit, and the part that changes with each message."""

    def dump_keys(self, group: Group) -> bytes:
        """Return only the part that changes with each message."""

    def load(self, epoch_state: bytes, keys_state: bytes) -> Group:
        """Return the group again."""
