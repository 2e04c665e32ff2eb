"""Groups as MLS has them (`havre.mls`), with the account's certificates as credentials.

Past epochs are kept by the engine, one row each and stripped of all but what late messages need, so a group itself
keeps none: a key that was used in an old epoch is then gone for good, also from what a pending commit would lead to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec

from havre import mls
from havre.client.engine.groups import (
    Announced,
    Bundle,
    Changed,
    Group,
    Joined,
    Letter,
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
from havre.client.engine.letters import Letters
from havre.client.engine.mls_commits import is_invited, is_strange, leaver, new_terms, terms_after
from havre.client.engine.padding import padded_size
from havre.client.engine.seals import Seals, covered_epoch
from havre.client.engine.terms import HANDOVER_EXTENSION, TERMS_EXTENSION, decode_handover, decode_terms
from havre.client.errors import KeyMismatch
from havre.client.identity.account import check_record, device_of_certificate, device_of_credential
from havre.mls.registries import LAST_RESORT, RATCHET_TREE
from havre.wire.capability import account_id
from havre.wire.frames import Frame, WireError
from havre.wire.records import AccountRecord, SignedRecord

SUITE: Final = mls.DEFAULT_CIPHER_SUITE
LIFETIME: Final = 90 * 24 * 3600
"""Seconds for which a key package may be used."""
_SKEW: Final = 24 * 3600
"""Seconds by which the clock of whoever uses it may be behind."""
_KNOWN_DEVICES: Final = 4096

# Who wants to leave may read what is said until somebody has committed to it.
_INVITATION: Final = b"havre invitation"
"""Name of the pre-shared key that who comes by a link has to know."""
_SETTINGS: Final = mls.GroupSettings(past_epochs=0, send_over_proposals=True)


@dataclass(frozen=True)
class MlsGroup:
    """An MLS group whose members are certified devices."""

    inner: mls.Group
    owner: MlsGroups

    @property
    def group_id(self) -> bytes:
        """See `Group`."""
        return self.inner.group_id

    @property
    def epoch(self) -> int:
        """See `Group`."""
        return self.inner.epoch

    @property
    def own_leaf(self) -> int:
        """See `Group`."""
        return self.inner.own_leaf

    @property
    def terms(self) -> bytes:
        """See `Group`."""
        return mls.find_extension(self.inner.extensions, TERMS_EXTENSION) or b""

    @property
    def authenticator(self) -> bytes:
        """See `Group`."""
        return self.inner.epoch_authenticator

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """See `Group`."""
        return tuple(self.owner.certified(member) for member in self.inner.members())

    @cached_property
    def leaving(self) -> tuple[Member, ...]:
        """See `Group`."""
        by_leaf = {member.leaf: member for member in self.members}
        proposals = [(proposal, sender) for _, proposal, sender in self.inner.pending_proposals]
        leavers = [leaver(proposal, sender) for proposal, sender in proposals]
        return tuple(by_leaf[leaf] for leaf in leavers if leaf is not None)

    def export(self, label: bytes, length: int) -> bytes:
        """See `Group`."""
        return self.inner.export(label.decode(), b"", length)


class MlsGroups:
    """Keeps to `havre.client.engine.groups.Groups` for one device."""

    def __init__(self, certificate: bytes, signer: mls.SignatureKeyPair, suite: mls.CipherSuite | None = None) -> None:
        """`certificate`: the account's, for this device, as it goes into the credential."""
        self._suite = suite or mls.cipher_suite(SUITE)
        self._credential = mls.BasicCredential(certificate)
        self._signer = signer
        self._seals, self._letters = Seals(self._suite), Letters(self._suite)
        self._devices: dict[tuple[bytes, bytes], tuple[bytes, bytes]] = {}
        self._peeked: tuple[bytes, mls.Peeked] | None = None

    # --- devices ----------------------------------------------------------------------------------------------

    def certified(self, member: mls.Member) -> Member:
        """Return the device behind a leaf; raises Unusable when its account has not certified it."""
        account_key, device = self._device(member.credential, member.signature_key)
        return Member(member.leaf_index, account_id(account_key), account_key, device)

    def _device(self, credential: mls.Credential, signature_key: bytes) -> tuple[bytes, bytes]:
        if not isinstance(credential, mls.BasicCredential):
            raise Unusable(Reason.STRANGER)
        known = self._devices.get((credential.identity, signature_key))
        if known is not None:
            return known
        try:
            found = device_of_credential(self._suite.provider, credential.identity, signature_key)
        except KeyMismatch:
            raise Unusable(Reason.STRANGER) from None
        if len(self._devices) >= _KNOWN_DEVICES:
            self._devices.clear()
        self._devices[credential.identity, signature_key] = found.account_key, found.device
        return found.account_key, found.device

    # --- key packages -----------------------------------------------------------------------------------------

    def key_package(self, now: int, last_resort: bool) -> Bundle:
        """See `Groups`."""
        bundle = mls.create_key_package(
            self._suite,
            self._credential,
            self._signer,
            mls.Lifetime(now - _SKEW, now + LIFETIME),
            capabilities=self._capabilities(),
            last_resort=last_resort,
        )
        return Bundle(mls.key_package_ref(bundle.key_package), bundle.message, bundle.encode())

    def _capabilities(self) -> mls.Capabilities:
        return mls.default_capabilities(self._suite, [TERMS_EXTENSION, HANDOVER_EXTENSION, LAST_RESORT])

    def check_record(self, signed: SignedRecord, account: bytes) -> AccountRecord:
        """See `Groups`."""
        try:
            return check_record(self._suite.provider, signed, account)
        except KeyMismatch:
            raise Unusable(Reason.STRANGER) from None

    def has_signed(self, account_key: bytes, data: bytes, signature: bytes) -> bool:
        """See `Groups`."""
        return self._suite.provider.verify(account_key, data, signature)

    def check_key_package(self, message: bytes, account: bytes, device: bytes, now: int) -> None:
        """See `Groups`."""
        with _judged():
            package = mls.decode_key_package(message)
            if package.cipher_suite != self._suite.id:
                raise Unusable(Reason.MALFORMED)
            mls.check_key_package(package, now)
        leaf = package.leaf_node
        account_key, named = self._device(leaf.credential, leaf.signature_key)
        if (account_id(account_key), named) != (account, device):
            raise Unusable(Reason.STRANGER)

    # --- own commits ------------------------------------------------------------------------------------------

    def found(self, group_id: bytes, terms: bytes) -> MlsGroup:
        """See `Groups`."""
        extensions = (mls.Extension(TERMS_EXTENSION, terms),)
        group = mls.create_group(
            self._suite,
            group_id,
            self._credential,
            self._signer,
            extensions,
            capabilities=self._capabilities(),
            settings=_SETTINGS,
        )
        return MlsGroup(group, self)

    def commit(self, group: Group, step: Step, now: int) -> Made:
        """See `Groups`."""
        with _judged():
            packages = [mls.decode_key_package(message) for message in step.add]
            extensions = (mls.Extension(HANDOVER_EXTENSION, step.handover),) if packages else ()
            result = _inner(group).commit(
                add=packages, remove=step.remove, proposals=new_terms(step), pending=step.proposed, now=now,
                padding=padded_size, group_info_extensions=extensions, ratchet_tree=not step.tree,
            )  # fmt: skip
        return self._made(result)

    def leave(self, group: Group) -> tuple[MlsGroup, bytes]:
        """See `Groups`."""
        after, message = _inner(group).propose_remove(group.own_leaf)
        return MlsGroup(after, self), message

    def _made(self, result: mls.CommitResult) -> Made:
        group, current = MlsGroup(result.group, self), MlsGroup(result.current, self)
        return Made(group, current, result.message, result.welcome)

    def retire(self, group: Group) -> MlsGroup:
        """See `Groups`."""
        return MlsGroup(_inner(group).retired(), self)

    # --- what others made -------------------------------------------------------------------------------------

    def wanted(self, welcome: bytes) -> Sequence[bytes]:
        """See `Groups`."""
        with _judged():
            return mls.peek(welcome).new_members

    def announced(self, welcome: bytes, bundle: bytes) -> Announced | None:
        """See `Groups`."""
        with _judged():
            info = mls.open_welcome(welcome, mls.KeyPackageBundle.decode(bundle))
            handover = mls.find_extension(info.extensions, HANDOVER_EXTENSION)
            if mls.find_extension(info.extensions, RATCHET_TREE) is not None:
                return None
            terms = mls.find_extension(info.group_context.extensions, TERMS_EXTENSION) or b""
            certificate = decode_handover(handover or b"").certificate
            device = device_of_certificate(self._suite.provider, certificate)
            if not info.is_signed(self._suite, device.device_key):
                raise Unusable(Reason.STRANGER)
        account_key = device.account_key
        welcomer = Member(info.signer, account_id(account_key), account_key, device.device)
        return Announced(info.group_context.group_id, welcomer, terms, handover or b"")

    def join(self, welcome: bytes, bundle: bytes, now: int, tree: bytes = b"") -> Joined:
        """See `Groups`."""
        opened = mls.KeyPackageBundle.decode(bundle)
        with _judged():
            joined = mls.join(welcome, opened, now, ratchet_tree=tree or None, settings=_SETTINGS)
        group = MlsGroup(joined.group, self)
        welcomer = next(member for member in group.members if member.leaf == joined.sender)
        handover = mls.find_extension(joined.group_info.extensions, HANDOVER_EXTENSION)
        if handover is None:
            raise Unusable(Reason.MALFORMED)
        return Joined(group, welcomer, handover)

    def tree(self, group: Group) -> bytes:
        """See `Groups`."""
        return _inner(group).ratchet_tree()

    def welcome_for(self, welcome: bytes, packages: Sequence[bytes]) -> bytes:
        """See `Groups`."""
        return mls.welcome_for(welcome, [mls.decode_key_package(package) for package in packages])

    # --- from outside -----------------------------------------------------------------------------------------

    def seal_state(
        self, group: Group, handover: bytes, link: bytes | None, to_members: bool,
        backs: Sequence[tuple[bytes, bytes]] = (),
    ) -> bytes:  # fmt: skip
        """See `Groups`."""
        inner = _inner(group)
        state = _State(group.epoch, inner.group_info(external_pub=True), self._entrance(group), handover)
        return self._seals.seal(_STATE.encode(state), link, self._other_leaves(inner) if to_members else [], backs)

    def _other_leaves(self, inner: mls.Group) -> list[tuple[bytes, bytes]]:
        members = [member for member in inner.members() if member.leaf_index != inner.own_leaf]
        return [(member.signature_key, member.leaf_node.encryption_key) for member in members]

    def _entrance(self, group: Group) -> bytes:
        return group.export(b"havre entrance", self._suite.provider.key_length)

    def open_state(self, sealed: bytes, link: bytes | None, group: Group | None, back: bytes = b"") -> State:
        """See `Groups`."""
        with _judged():
            name, private = self._signer.public, back or None
            if group is not None:
                private = _inner(group).state.private_keys[2 * group.own_leaf].private
            elif back:
                name = self._account()
            opened = self._seals.open(sealed, link, name, private)
            state = _decoded_state(opened)
        return State(state.epoch, state.info, state.entrance, state.handover)

    def _account(self) -> bytes:
        return account_id(self._device(self._credential, self._signer.public)[0])

    def enter(
        self, state: State, link: bytes | None, gone: Collection[bytes] = (), again: bool = True
    ) -> tuple[MlsGroup, bytes]:
        """See `Groups`."""

        lost: list[mls.LeafNode] = []

        def is_lost(leaf: mls.LeafNode) -> bool:
            account_key, device = self._device(leaf.credential, leaf.signature_key)
            if device in gone and account_id(account_key) == self._account():
                lost.append(leaf)
            return bool(lost)

        joiner = mls.Joiner(self._credential, self._signer, self._capabilities(), replaces=is_lost if gone else None)
        psk_ids = [] if link is None else [mls.ExternalPskId(_INVITATION, self._suite.random(self._suite.hash_length))]
        psks = mls.Psks() if link is None else self._link_psks(link)
        with _judged():
            entered, message = mls.join_external(
                state.info, joiner, psk_ids=psk_ids, psks=psks, resync=again, settings=_SETTINGS
            )
        group = MlsGroup(entered, self)
        if len(group.members) < 2:
            raise Unusable(Reason.MALFORMED)
        if gone and not lost:
            raise Unusable(Reason.FORBIDDEN)
        return group, self._seals.cover(message, state.epoch, state.entrance)

    def _link_psks(self, link: bytes) -> mls.Psks:
        return mls.Psks(external={_INVITATION: self._seals.derived(link, b"havre link key", self._suite.hash_length)})

    # --- letters ----------------------------------------------------------------------------------------------

    def letter_key(self, secret: bytes) -> bytes:
        """See `Groups`."""
        return self._letters.key(secret)

    def seal_letter(self, key: bytes, package: bytes, data: bytes) -> bytes:
        """See `Groups`."""
        with _judged():
            return self._letters.seal(key, package, data, self._signer)

    def open_letter(self, secret: bytes, sealed: bytes, now: int) -> Letter:
        """See `Groups`."""
        with _judged():
            return self._letters.open(secret, sealed, self._device, now)

    def seal_answer(self, key: bytes, data: bytes) -> bytes:
        """See `Groups`."""
        return self._letters.answer(key, data)

    def open_answer(self, key: bytes, sealed: bytes) -> bytes:
        """See `Groups`."""
        with _judged():
            return self._letters.open_answer(key, sealed)

    # --- messages ---------------------------------------------------------------------------------------------

    def encrypt(self, group: Group, data: bytes) -> tuple[MlsGroup, bytes]:
        """See `Groups`."""
        after, message = _inner(group).encrypt(data, padding=padded_size)
        return MlsGroup(after, self), message

    def _peek(self, message: bytes) -> mls.Peeked:
        """Return what a message shows; who asks for its epoch opens it next."""
        if self._peeked is None or self._peeked[0] is not message:
            self._peeked = message, mls.peek(message)
        return self._peeked[1]

    def epoch_of(self, message: bytes) -> int:
        """See `Groups`."""
        covered = covered_epoch(message)
        if covered is not None:
            return covered
        with _judged():
            epoch = self._peek(message).epoch
        if epoch is None:
            raise Unusable(Reason.MALFORMED)
        return epoch

    def open(self, group: Group, message: bytes, now: int) -> Opened:
        """See `Groups`."""
        from_outside = covered_epoch(message) is not None
        with _judged():
            if from_outside:
                message = self._seals.uncover(message, self._entrance(group))
            elif self._peek(message).wire_format != mls.PRIVATE_MESSAGE:
                raise Unusable(Reason.FORBIDDEN)
            link = decode_terms(group.terms).invitation if from_outside else None
            received = _inner(group).process(message, psks=None if link is None else self._link_psks(link.secret))
        if from_outside and not (isinstance(received, mls.StagedCommit) and received.joined_externally):
            raise Unusable(Reason.FORBIDDEN)
        match received:
            case mls.ApplicationMessage():
                sender = _inner(group).member(received.sender)
                assert sender is not None, "it was verified with this leaf's key"
                return Said(MlsGroup(received.group, self), self.certified(sender), received.data)
            case mls.StagedCommit():
                return self._changed(group, received)
            case mls.ReceivedProposal():
                return self._proposed(received)

    def _proposed(self, received: mls.ReceivedProposal) -> Proposed:
        after = MlsGroup(received.group, self)
        if not isinstance(received.sender, mls.FromMember):
            raise Unusable(Reason.FORBIDDEN)
        proposer = next(member for member in after.members if member.leaf == received.sender.leaf_index)
        leaves = leaver(received.proposal, received.sender) is not None
        return Proposed(after, proposer, leaves)

    def _changed(self, group: Group, staged: mls.StagedCommit) -> Changed:
        before = {member.leaf: member for member in group.members}
        pairs = zip(staged.proposals, staged.proposers, strict=True)
        left = {leaver(proposal, sender) for proposal, sender in pairs}
        removed = tuple(Removal(before[leaf], leaf in left) for leaf, _ in staged.removed)
        after = None if staged.group is None else MlsGroup(staged.group, self)
        committer = self._committer(before, staged)
        added = self._added(before, after, staged)
        gone = {removal.member.leaf for removal in removed}
        stayed = [member for leaf, member in before.items() if leaf not in gone]
        return Changed(
            after, committer, added, removed, terms_after(group, staged),
            frozenset(member.account for member in (*stayed, *added, committer)),
            external=staged.joined_externally, invited=is_invited(staged), strange=is_strange(staged),
        )  # fmt: skip

    def _committer(self, before: Mapping[int, Member], staged: mls.StagedCommit) -> Member:
        if not staged.joined_externally:
            return before[staged.sender]
        assert staged.leaf_node is not None, "an external Commit has a path"
        account_key, device = self._device(staged.leaf_node.credential, staged.leaf_node.signature_key)
        return Member(staged.sender, account_id(account_key), account_key, device)

    def _added(
        self, before: Mapping[int, Member], after: MlsGroup | None, staged: mls.StagedCommit
    ) -> tuple[Member, ...]:
        if after is None:
            return ()
        now_there = {member.leaf: member for member in after.members}
        entered = {*staged.added, staged.sender} if staged.joined_externally else set(staged.added)
        if any(now_there.get(leaf, member) != member for leaf, member in before.items() if leaf not in entered):
            raise Unusable(Reason.STRANGER)
        return tuple(now_there[leaf] for leaf in staged.added)

    # --- keeping ----------------------------------------------------------------------------------------------

    def dump(self, group: Group) -> tuple[bytes, bytes]:
        """See `Groups`."""
        inner = _inner(group)
        return inner.encode_epoch(), inner.encode_keys()

    def dump_keys(self, group: Group) -> bytes:
        """See `Groups`."""
        return _inner(group).encode_keys()

    def load(self, epoch_state: bytes, keys_state: bytes) -> MlsGroup:
        """See `Groups`."""
        return MlsGroup(mls.Group.decode(epoch_state, keys_state, self._signer, _SETTINGS), self)


class _State(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    epoch: int
    info: bytes
    entrance: bytes
    handover: bytes


_STATE: Final[Frame[_State]] = Frame(_State)


def _decoded_state(data: bytes) -> _State:
    try:
        return _STATE.decode(data)
    except WireError:
        raise Unusable(Reason.MALFORMED) from None


def _inner(group: Group) -> mls.Group:
    assert isinstance(group, MlsGroup)
    return group.inner


@contextmanager
def _judged() -> Iterator[None]:
    """Turn everything that a peer can do wrong into a reason."""
    try:
        yield
    except mls.StateError:
        raise Unusable(Reason.OUTDATED) from None
    except mls.CryptoError:
        raise Unusable(Reason.UNREADABLE) from None
    except mls.MlsError:
        raise Unusable(Reason.MALFORMED) from None
    except Unusable:
        raise
    except Exception as error:
        # Nothing in here changes anything, so going on is safe; stopping would let one entry close a conversation.
        raise Unusable(Reason.FAULT) from error
