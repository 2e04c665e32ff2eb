"""What the engine asks of MLS, in its own nouns; `mls_groups` keeps to it with `havre.mls`.

A `Group` is a frozen value: whatever changes it returns the next one. Everything that a peer can do wrong comes out as
`Unusable`, with a reason; nothing else is raised because of what was received.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


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
    REPEATED = "repeated"
    """Something that was there already."""


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
class Changed:
    """A commit of another device, valid but not yet adopted: the group that would follow, and what it changes.

    `group` is None when it removes this device.
    """

    group: Group | None
    committer: Member
    added: tuple[Member, ...]
    removed: tuple[Member, ...]
    context_changed: bool
    external: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal that waits for a commit; `group` remembers it."""

    group: Group


Opened = Said | Changed | Proposed


@dataclass(frozen=True, slots=True)
class Joined:
    """The group that a Welcome led into, who sent it, and what it hands over."""

    group: Group
    welcomer: Member
    handover: bytes = field(repr=False)


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

    def check_key_package(self, message: bytes, account: bytes, device: bytes, now: int) -> None:
        """Raise Unusable unless it is a valid key package of exactly this device."""

    def found(self, group_id: bytes, terms: bytes) -> Group:
        """Return a new group with this device alone."""

    def add(self, group: Group, key_packages: Sequence[bytes], handover: bytes, now: int) -> Made:
        """Commit to adding devices; the Welcome carries `handover`."""

    def refresh(self, group: Group, now: int) -> Made:
        """Commit to fresh keys on this device's path."""

    def remove(self, group: Group, leaves: Sequence[int], now: int) -> Made:
        """Commit to removing leaves."""

    def join(self, welcome: bytes, bundle: bytes, now: int) -> Joined:
        """Enter by Welcome; raises Unusable, also when any leaf is without a valid certificate."""

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
