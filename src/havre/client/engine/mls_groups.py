"""Groups as MLS has them (`havre.mls`), with the account's certificates as credentials.

Past epochs are kept by the engine, one row each and stripped of all but what late messages need, so a group itself
keeps none: a key that was used in an old epoch is then gone for good, also from what a pending commit would lead to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from havre import mls
from havre.client.engine.groups import (
    Bundle,
    Changed,
    Group,
    Joined,
    Made,
    Member,
    Opened,
    Proposed,
    Reason,
    Said,
    Unusable,
)
from havre.client.engine.padding import padded_size
from havre.client.engine.terms import HANDOVER_EXTENSION, TERMS_EXTENSION
from havre.client.errors import KeyMismatch
from havre.client.identity.account import device_of_credential
from havre.mls.registries import LAST_RESORT
from havre.wire.capability import account_id

SUITE: Final = mls.DEFAULT_CIPHER_SUITE
LIFETIME: Final = 90 * 24 * 3600
"""Seconds for which a key package may be used."""
_SKEW: Final = 24 * 3600
"""Seconds by which the clock of whoever uses it may be behind."""
_KNOWN_DEVICES: Final = 4096

_SETTINGS: Final = mls.GroupSettings(past_epochs=0)


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
        self._devices: dict[tuple[bytes, bytes], tuple[bytes, bytes]] = {}

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

    def add(self, group: Group, key_packages: Sequence[bytes], handover: bytes, now: int) -> Made:
        """See `Groups`."""
        with _judged():
            packages = [mls.decode_key_package(message) for message in key_packages]
            extensions = (mls.Extension(HANDOVER_EXTENSION, handover),)
            result = _inner(group).commit(
                add=packages, now=now, padding=padded_size, group_info_extensions=extensions
            )  # fmt: skip
        return self._made(result)

    def refresh(self, group: Group, now: int) -> Made:
        """See `Groups`."""
        with _judged():
            return self._made(_inner(group).commit(pending=False, now=now, padding=padded_size))

    def remove(self, group: Group, leaves: Sequence[int], now: int) -> Made:
        """See `Groups`."""
        with _judged():
            return self._made(_inner(group).commit(remove=leaves, pending=False, now=now, padding=padded_size))

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

    def join(self, welcome: bytes, bundle: bytes, now: int) -> Joined:
        """See `Groups`."""
        opened = mls.KeyPackageBundle.decode(bundle)
        with _judged():
            joined = mls.join(welcome, opened, now, settings=_SETTINGS)
        group = MlsGroup(joined.group, self)
        welcomer = next(member for member in group.members if member.leaf == joined.sender)
        handover = mls.find_extension(joined.group_info.extensions, HANDOVER_EXTENSION)
        if handover is None:
            raise Unusable(Reason.MALFORMED)
        return Joined(group, welcomer, handover)

    def encrypt(self, group: Group, data: bytes) -> tuple[MlsGroup, bytes]:
        """See `Groups`."""
        after, message = _inner(group).encrypt(data, padding=padded_size)
        return MlsGroup(after, self), message

    def epoch_of(self, message: bytes) -> int:
        """See `Groups`."""
        with _judged():
            epoch = mls.peek(message).epoch
        if epoch is None:
            raise Unusable(Reason.MALFORMED)
        return epoch

    def open(self, group: Group, message: bytes, now: int) -> Opened:
        """See `Groups`."""
        with _judged():
            if mls.peek(message).wire_format != mls.PRIVATE_MESSAGE:
                raise Unusable(Reason.FORBIDDEN)
            received = _inner(group).process(message)
        match received:
            case mls.ApplicationMessage():
                sender = _inner(group).member(received.sender)
                assert sender is not None, "it was verified with this leaf's key"
                return Said(MlsGroup(received.group, self), self.certified(sender), received.data)
            case mls.StagedCommit():
                return self._changed(group, received)
            case mls.ReceivedProposal():
                return Proposed(MlsGroup(received.group, self))

    def _changed(self, group: Group, staged: mls.StagedCommit) -> Changed:
        before = {member.leaf: member for member in group.members}
        removed = tuple(before[leaf] for leaf, _ in staged.removed)
        ordinary = all(isinstance(proposal, mls.Add | mls.Remove | mls.Update) for proposal in staged.proposals)
        if staged.group is None:
            return Changed(None, before[staged.sender], (), removed, not ordinary, staged.joined_externally)
        after = MlsGroup(staged.group, self)
        now_there = {member.leaf: member for member in after.members}
        added = tuple(now_there[leaf] for leaf in staged.added)
        stayed = set(before) & set(now_there) - set(staged.added)
        if any(before[leaf] != now_there[leaf] for leaf in stayed):
            raise Unusable(Reason.STRANGER)
        return Changed(after, now_there[staged.sender], added, removed, not ordinary, staged.joined_externally)

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
