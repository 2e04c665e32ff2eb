"""Groups without cryptography worth the name: the same rules as MLS's, fast enough for thousands of runs.

Secrecy is not the point here, state is: an epoch, its members, one key a message that is used once, commits that lead
to the same next epoch for everybody, Welcomes that need a key package. What is forged or changed is noticed by a MAC.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import TypeVar

import msgspec

from havre.client.engine.groups import (
    Announced,
    Bundle,
    Changed,
    Group,
    Joined,
    Made,
    Member,
    Opened,
    Proposed,
    Reason,
    Removal,
    Said,
    State,
    Step,
    Unusable,
)
from havre.client.engine.terms import decode_terms
from havre.wire.capability import account_id
from havre.wire.records import RECORD, AccountRecord, SignedRecord
from tests.simulation.fake_letters import FakeLetters

T = TypeVar("T")


class Leaf(msgspec.Struct, frozen=True, array_like=True):
    leaf: int
    account_key: bytes
    device: bytes

    def member(self) -> Member:
        return _member(self.leaf, self.account_key, self.device)


class Epoch(msgspec.Struct, frozen=True, array_like=True):
    group_id: bytes
    epoch: int
    own_leaf: int
    terms: bytes
    secret: bytes
    leaves: tuple[Leaf, ...]
    leaving: tuple[int, ...] = ()

    def own(self) -> Member:
        """Return the member whose this is; in a Welcome, who wrote it."""
        return next(leaf.member() for leaf in self.leaves if leaf.leaf == self.own_leaf)


class Keys(msgspec.Struct, frozen=True, array_like=True):
    next: int
    used: tuple[tuple[int, int], ...]


class FakePackage(msgspec.Struct, frozen=True, array_like=True):
    token: bytes
    account_key: bytes
    device: bytes


class FakeWelcome(msgspec.Struct, frozen=True, array_like=True):
    refs: list[bytes]
    epoch: Epoch
    handover: bytes
    seal: bytes
    tree: bytes = b""


class FakeMessage(msgspec.Struct, frozen=True, array_like=True):
    group_id: bytes
    epoch: int
    kind: str
    leaf: int
    generation: int
    body: bytes
    mac: bytes


class FakeCommit(msgspec.Struct, frozen=True, array_like=True):
    fresh: bytes
    added: list[FakePackage]
    removed: list[int]
    left: list[int]
    terms: bytes | None
    external: bool = False
    link: bytes | None = None


class FakeState(msgspec.Struct, frozen=True, array_like=True):
    epoch: Epoch
    handover: bytes
    link: bytes | None
    devices: list[bytes]
    backs: list[bytes]


@lru_cache(maxsize=4096)
def _member(leaf: int, account_key: bytes, device: bytes) -> Member:
    return Member(leaf, account_id(account_key), account_key, device)


@dataclass(frozen=True)
class FakeGroup:
    at: Epoch
    keys: Keys = field(default_factory=lambda: Keys(0, ()))

    @property
    def group_id(self) -> bytes:
        return self.at.group_id

    @property
    def epoch(self) -> int:
        return self.at.epoch

    @property
    def own_leaf(self) -> int:
        return self.at.own_leaf

    @property
    def terms(self) -> bytes:
        return self.at.terms

    @property
    def authenticator(self) -> bytes:
        return sha256(b"authenticator" + self.at.secret).digest()

    @cached_property
    def members(self) -> tuple[Member, ...]:
        return tuple(leaf.member() for leaf in self.at.leaves)

    @property
    def leaving(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.leaf in self.at.leaving)

    def export(self, label: bytes, length: int) -> bytes:
        return sha256(label + self.at.secret).digest()[:length]


class FakeGroups(FakeLetters):
    """Keeps to `havre.client.engine.groups.Groups`."""

    def __init__(self, account_key: bytes, device: bytes, entropy: Callable[[int], bytes]) -> None:
        self._account_key, self._device, self._entropy = account_key, device, entropy

    def key_package(self, now: int, last_resort: bool) -> Bundle:
        message = msgspec.msgpack.encode(FakePackage(self._entropy(16), self._account_key, self._device))
        return Bundle(_ref(message), message, b"private half of " + message)

    def wanted(self, welcome: bytes) -> Sequence[bytes]:
        return _decoded(welcome, FakeWelcome).refs

    def check_record(self, signed: SignedRecord, account: bytes) -> AccountRecord:
        record = RECORD.decode(signed.record)
        if account_id(record.account_key) != account:
            raise Unusable(Reason.STRANGER)
        return record

    def has_signed(self, account_key: bytes, data: bytes, signature: bytes) -> bool:
        return True

    def check_key_package(self, message: bytes, account: bytes, device: bytes, now: int) -> None:
        package = _decoded(message, FakePackage)
        if (account_id(package.account_key), package.device) != (account, device):
            raise Unusable(Reason.STRANGER)

    def account_of(self, package: bytes) -> bytes:
        return _decoded(package, FakePackage).account_key

    def found(self, group_id: bytes, terms: bytes) -> FakeGroup:
        leaf = Leaf(0, self._account_key, self._device)
        return FakeGroup(Epoch(group_id, 0, 0, terms, self._entropy(32), (leaf,)))

    def commit(self, group: Group, step: Step, now: int) -> Made:
        state, packages = _fake(group), [_decoded(message, FakePackage) for message in step.add]
        # RFC 9420 §12.4: nobody commits to their own leaving.
        left = [leaf for leaf in state.at.leaving if leaf != state.own_leaf] if step.proposed else []
        commit = FakeCommit(self._entropy(32), packages, list(step.remove), left, step.terms)
        body = msgspec.msgpack.encode(commit)
        after = _after(state.at, commit)
        made = Made(after, group, _sealed(state.at, "commit", state.own_leaf, 0, body), None)
        return replace(made, welcome=_welcome(after, step)) if packages else made

    def leave(self, group: Group) -> tuple[FakeGroup, bytes]:
        state = _fake(group)
        message = _sealed(state.at, "leave", state.own_leaf, 0, b"")
        return _with_leaver(state, state.own_leaf), message

    def seal_state(
        self, group: Group, handover: bytes, link: bytes | None, to_members: bool,
        backs: Sequence[tuple[bytes, bytes]] = (),
    ) -> bytes:  # fmt: skip
        at = _fake(group).at
        names = [leaf.device for leaf in at.leaves] if to_members else []
        return msgspec.msgpack.encode(FakeState(at, handover, link, names, [public for _, public in backs]))

    def open_state(self, sealed: bytes, link: bytes | None, group: Group | None, back: bytes = b"") -> State:
        state = _decoded(sealed, FakeState)
        by_link = link is not None and link == state.link
        by_back = group is None and back != b"" and sha256(back).digest() in state.backs
        if not by_link and not by_back and (group is None or self._device not in state.devices):
            raise Unusable(Reason.UNREADABLE)
        return State(state.epoch.epoch, msgspec.msgpack.encode(state.epoch), b"", state.handover)

    def enter(
        self, state: State, link: bytes | None, gone: Collection[bytes] = (), again: bool = True
    ) -> tuple[FakeGroup, bytes]:
        at = _decoded(state.info, Epoch)
        former = [leaf.leaf for leaf in at.leaves if leaf.device == self._device or leaf.device in gone][:1]
        if former and not again:
            raise Unusable(Reason.FORBIDDEN)
        package = FakePackage(self._entropy(16), self._account_key, self._device)
        commit = FakeCommit(self._entropy(32), [package], former, [], None, external=True, link=link)
        after = _after(at, commit)
        own = next(leaf.leaf for leaf in after.at.leaves if leaf.device == self._device)
        group = FakeGroup(msgspec.structs.replace(after.at, own_leaf=own))
        return group, _sealed(at, "enter", own, 0, msgspec.msgpack.encode(commit))

    def announced(self, welcome: bytes, bundle: bytes) -> Announced | None:
        opened = _decoded(welcome, FakeWelcome)
        if not opened.tree:
            return None
        return Announced(opened.epoch.group_id, opened.epoch.own(), opened.epoch.terms, opened.handover)

    def tree(self, group: Group) -> bytes:
        return _fake(group).at.secret

    def welcome_for(self, welcome: bytes, packages: Sequence[bytes]) -> bytes:
        return welcome

    def join(self, welcome: bytes, bundle: bytes, now: int, tree: bytes = b"") -> Joined:
        opened = _decoded(welcome, FakeWelcome)
        if opened.tree and tree != opened.epoch.secret:
            raise Unusable(Reason.UNREADABLE)
        seal = hmac.digest(b"welcome", msgspec.msgpack.encode([opened.refs, opened.epoch, opened.handover]), "sha256")
        if seal != opened.seal:
            raise Unusable(Reason.UNREADABLE)
        mine = [leaf.leaf for leaf in opened.epoch.leaves if leaf.device == self._device]
        group = FakeGroup(msgspec.structs.replace(opened.epoch, own_leaf=mine[0]))
        return Joined(group, opened.epoch.own(), opened.handover)

    def retire(self, group: Group) -> FakeGroup:
        """The fake has one secret for everything; what must go is tested with the real groups."""
        return _fake(group)

    def encrypt(self, group: Group, data: bytes) -> tuple[FakeGroup, bytes]:
        state = _fake(group)
        message = _sealed(state.at, "message", state.own_leaf, state.keys.next, data)
        return FakeGroup(state.at, Keys(state.keys.next + 1, state.keys.used)), message

    def epoch_of(self, message: bytes) -> int:
        return _decoded(message, FakeMessage).epoch

    def open(self, group: Group, message: bytes, now: int) -> Opened:
        state, envelope = _fake(group), _decoded(message, FakeMessage)
        again = _sealed(state.at, envelope.kind, envelope.leaf, envelope.generation, envelope.body)
        if again != message:
            raise Unusable(Reason.UNREADABLE)
        if envelope.kind == "enter":
            return self._entered(state, _decoded(envelope.body, FakeCommit))
        if envelope.leaf == state.own_leaf:
            raise Unusable(Reason.OUTDATED)
        sender = next((member for member in state.members if member.leaf == envelope.leaf), None)
        if sender is None:
            raise Unusable(Reason.STRANGER)
        if envelope.kind == "commit":
            return self._changed(state, sender, _decoded(envelope.body, FakeCommit))
        if envelope.kind == "leave":
            return Proposed(_with_leaver(state, envelope.leaf), sender, leaves=True)
        key = (envelope.leaf, envelope.generation)
        if key in state.keys.used:
            raise Unusable(Reason.OUTDATED)
        return Said(FakeGroup(state.at, Keys(state.keys.next, (*state.keys.used, key))), sender, envelope.body)

    def _entered(self, state: FakeGroup, commit: FakeCommit) -> Changed:
        after = _after(state.at, commit)
        (package,) = commit.added
        committer = next(member for member in after.members if member.device == package.device)
        removed = tuple(Removal(member) for member in state.members if member.leaf in commit.removed)
        accounts = frozenset(member.account for member in after.members)
        invitation = decode_terms(state.terms).invitation
        invited = invitation is not None and commit.link == invitation.secret
        group = None if state.own_leaf in commit.removed else after
        return Changed(group, committer, (), removed, state.terms, accounts, external=True, invited=invited)

    def _changed(self, state: FakeGroup, sender: Member, commit: FakeCommit) -> Changed:
        after = _after(state.at, commit)
        added = tuple(member for member in after.members if member not in state.members)
        gone = {*commit.removed, *commit.left}
        removed = tuple(
            Removal(member, member.leaf in commit.left) for member in state.members if member.leaf in gone
        )  # fmt: skip
        accounts = frozenset(member.account for member in after.members)
        group = None if state.own_leaf in gone else after
        mixed = bool(commit.added) and (bool(gone) or commit.terms is not None)
        unknown = not set(commit.left) <= set(state.at.leaving)
        return Changed(group, sender, added, removed, after.terms, accounts, strange=mixed or unknown)

    def dump(self, group: Group) -> tuple[bytes, bytes]:
        state = _fake(group)
        return msgspec.msgpack.encode(state.at), msgspec.msgpack.encode(state.keys)

    def dump_keys(self, group: Group) -> bytes:
        return self.dump(group)[1]

    def load(self, epoch_state: bytes, keys_state: bytes) -> FakeGroup:
        return FakeGroup(msgspec.msgpack.decode(epoch_state, type=Epoch), msgspec.msgpack.decode(keys_state, type=Keys))


def message_key(message: bytes) -> tuple[bytes, int, int, int] | None:
    """Return what stands for key and nonce of an application message; None for anything else."""
    try:
        envelope = _decoded(message, FakeMessage)
    except Unusable:
        return None
    return (
        None if envelope.kind != "message" else (envelope.group_id, envelope.epoch, envelope.leaf, envelope.generation)
    )


def _after(at: Epoch, commit: FakeCommit) -> FakeGroup:
    leaves = [leaf for leaf in at.leaves if leaf.leaf not in {*commit.removed, *commit.left}]
    for package in commit.added:
        free = next(number for number in range(len(leaves) + 1) if number not in {leaf.leaf for leaf in leaves})
        leaves.append(Leaf(free, package.account_key, package.device))
    secret = sha256(at.secret + msgspec.msgpack.encode(commit)).digest()
    terms = at.terms if commit.terms is None else commit.terms
    after = Epoch(at.group_id, at.epoch + 1, at.own_leaf, terms, secret, tuple(leaves))
    return FakeGroup(after)


def _welcome(after: FakeGroup, step: Step) -> bytes:
    refs = [_ref(message) for message in step.add]
    seal = hmac.digest(b"welcome", msgspec.msgpack.encode([refs, after.at, step.handover]), "sha256")
    return msgspec.msgpack.encode(FakeWelcome(refs, after.at, step.handover, seal, step.tree))


def _with_leaver(state: FakeGroup, leaf: int) -> FakeGroup:
    at = msgspec.structs.replace(state.at, leaving=tuple(sorted({*state.at.leaving, leaf})))
    return FakeGroup(at, state.keys)


def _sealed(at: Epoch, kind: str, leaf: int, generation: int, body: bytes) -> bytes:
    fields = (at.group_id, at.epoch, kind, leaf, generation, body)
    mac = hmac.digest(at.secret, msgspec.msgpack.encode(fields), "sha256")
    return msgspec.msgpack.encode(FakeMessage(*fields, mac))


def _fake(group: Group) -> FakeGroup:
    assert isinstance(group, FakeGroup)
    return group


def _ref(message: bytes) -> bytes:
    return sha256(message).digest()


def _decoded(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        raise Unusable(Reason.MALFORMED) from None
