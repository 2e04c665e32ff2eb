"""Groups without cryptography worth the name: the same rules as MLS's, fast enough for thousands of runs.

Secrecy is not the point here, state is: an epoch, its members, one key a message that is used once, commits that lead
to the same next epoch for everybody, Welcomes that need a key package. What is forged or changed is noticed by a MAC.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TypeVar

import msgspec

from havre.client.engine.groups import (
    Bundle,
    Changed,
    Group,
    Joined,
    Made,
    Member,
    Opened,
    Reason,
    Said,
    Unusable,
)
from havre.wire.capability import account_id

T = TypeVar("T")


class Leaf(msgspec.Struct, frozen=True, array_like=True):
    leaf: int
    account_key: bytes
    device: bytes

    def member(self) -> Member:
        return Member(self.leaf, account_id(self.account_key), self.account_key, self.device)


class Epoch(msgspec.Struct, frozen=True, array_like=True):
    group_id: bytes
    epoch: int
    own_leaf: int
    terms: bytes
    secret: bytes
    leaves: tuple[Leaf, ...]


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


class FakeMessage(msgspec.Struct, frozen=True, array_like=True):
    group_id: bytes
    epoch: int
    commit: bool
    leaf: int
    generation: int
    body: bytes
    mac: bytes


class FakeCommit(msgspec.Struct, frozen=True, array_like=True):
    fresh: bytes
    added: list[FakePackage]
    removed: list[int]


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

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(leaf.member() for leaf in self.at.leaves)

    def export(self, label: bytes, length: int) -> bytes:
        return sha256(label + self.at.secret).digest()[:length]


class FakeGroups:
    """Keeps to `havre.client.engine.groups.Groups`."""

    def __init__(self, account_key: bytes, device: bytes, entropy: Callable[[int], bytes]) -> None:
        self._account_key, self._device, self._entropy = account_key, device, entropy

    def key_package(self, now: int, last_resort: bool) -> Bundle:
        message = msgspec.msgpack.encode(FakePackage(self._entropy(16), self._account_key, self._device))
        return Bundle(_ref(message), message, b"private half of " + message)

    def wanted(self, welcome: bytes) -> Sequence[bytes]:
        return _decoded(welcome, FakeWelcome).refs

    def check_key_package(self, message: bytes, account: bytes, device: bytes, now: int) -> None:
        package = _decoded(message, FakePackage)
        if (account_id(package.account_key), package.device) != (account, device):
            raise Unusable(Reason.STRANGER)

    def found(self, group_id: bytes, terms: bytes) -> FakeGroup:
        leaf = Leaf(0, self._account_key, self._device)
        return FakeGroup(Epoch(group_id, 0, 0, terms, self._entropy(32), (leaf,)))

    def add(self, group: Group, key_packages: Sequence[bytes], handover: bytes, now: int) -> Made:
        packages = [_decoded(message, FakePackage) for message in key_packages]
        made = self._commit(group, FakeCommit(self._entropy(32), packages, []))
        refs = [_ref(message) for message in key_packages]
        epoch = _fake(made.group).at
        seal = hmac.digest(b"welcome", msgspec.msgpack.encode([refs, epoch, handover]), "sha256")
        welcome = msgspec.msgpack.encode(FakeWelcome(refs, epoch, handover, seal))
        return replace(made, welcome=welcome)

    def refresh(self, group: Group, now: int) -> Made:
        return self._commit(group, FakeCommit(self._entropy(32), [], []))

    def remove(self, group: Group, leaves: Sequence[int], now: int) -> Made:
        return self._commit(group, FakeCommit(self._entropy(32), [], list(leaves)))

    def _commit(self, group: Group, commit: FakeCommit) -> Made:
        state = _fake(group)
        body = msgspec.msgpack.encode(commit)
        return Made(_after(state.at, commit), group, _sealed(state.at, True, state.own_leaf, 0, body), None)

    def join(self, welcome: bytes, bundle: bytes, now: int) -> Joined:
        opened = _decoded(welcome, FakeWelcome)
        seal = hmac.digest(b"welcome", msgspec.msgpack.encode([opened.refs, opened.epoch, opened.handover]), "sha256")
        if seal != opened.seal:
            raise Unusable(Reason.UNREADABLE)
        mine = [leaf.leaf for leaf in opened.epoch.leaves if leaf.device == self._device]
        group = FakeGroup(msgspec.structs.replace(opened.epoch, own_leaf=mine[0]))
        return Joined(group, opened.epoch.leaves[0].member(), opened.handover)

    def retire(self, group: Group) -> FakeGroup:
        """The fake has one secret for everything; what must go is tested with the real groups."""
        return _fake(group)

    def encrypt(self, group: Group, data: bytes) -> tuple[FakeGroup, bytes]:
        state = _fake(group)
        message = _sealed(state.at, False, state.own_leaf, state.keys.next, data)
        return FakeGroup(state.at, Keys(state.keys.next + 1, state.keys.used)), message

    def epoch_of(self, message: bytes) -> int:
        return _decoded(message, FakeMessage).epoch

    def open(self, group: Group, message: bytes, now: int) -> Opened:
        state, envelope = _fake(group), _decoded(message, FakeMessage)
        again = _sealed(state.at, envelope.commit, envelope.leaf, envelope.generation, envelope.body)
        if again != message:
            raise Unusable(Reason.UNREADABLE)
        if envelope.leaf == state.own_leaf:
            raise Unusable(Reason.OUTDATED)
        sender = next((member for member in state.members if member.leaf == envelope.leaf), None)
        if sender is None:
            raise Unusable(Reason.STRANGER)
        if envelope.commit:
            return self._changed(state, sender, _decoded(envelope.body, FakeCommit))
        key = (envelope.leaf, envelope.generation)
        if key in state.keys.used:
            raise Unusable(Reason.OUTDATED)
        return Said(FakeGroup(state.at, Keys(state.keys.next, (*state.keys.used, key))), sender, envelope.body)

    def _changed(self, state: FakeGroup, sender: Member, commit: FakeCommit) -> Changed:
        after = _after(state.at, commit)
        added = tuple(member for member in after.members if member not in state.members)
        removed = tuple(member for member in state.members if member.leaf in commit.removed)
        return Changed(after, sender, added, removed, context_changed=False, external=False)

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
    return None if envelope.commit else (envelope.group_id, envelope.epoch, envelope.leaf, envelope.generation)


def _after(at: Epoch, commit: FakeCommit) -> FakeGroup:
    leaves = [leaf for leaf in at.leaves if leaf.leaf not in commit.removed]
    for package in commit.added:
        free = next(number for number in range(len(leaves) + 1) if number not in {leaf.leaf for leaf in leaves})
        leaves.append(Leaf(free, package.account_key, package.device))
    secret = sha256(at.secret + msgspec.msgpack.encode(commit)).digest()
    return FakeGroup(msgspec.structs.replace(at, epoch=at.epoch + 1, secret=secret, leaves=tuple(leaves)))


def _sealed(at: Epoch, commit: bool, leaf: int, generation: int, body: bytes) -> bytes:
    fields = (at.group_id, at.epoch, commit, leaf, generation, body)
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
