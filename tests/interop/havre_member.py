"""A member of ours, whose state goes to bytes and back with every handshake, as a vault keeps it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from havre import mls
from tests.interop.member import CONTEXT, LABEL, LENGTH, Agreement, Committed, Identity

DAY = 24 * 60 * 60


class HavreMember:
    """One member of one group by Havre."""

    kind = "havre"

    def __init__(self, name: str, suite: int = mls.X25519_AES128GCM_SHA256_ED25519) -> None:
        self.suite = mls.cipher_suite(suite)
        self.signer = self.suite.generate_signature_key()
        self.credential = mls.BasicCredential(name.encode())
        self.identity = Identity(name, self.signer.public)
        self.offers: list[mls.KeyPackageBundle] = []
        self.psks = mls.Psks()
        self._group: mls.Group | None = None
        self._pending: mls.Group | None = None

    @property
    def group(self) -> mls.Group:
        """The group at its present epoch."""
        assert self._group is not None
        return self._group

    @group.setter
    def group(self, group: mls.Group) -> None:
        self._group = mls.Group.decode(group.encode_epoch(), group.encode_keys(), group.signer)

    def key_package(self) -> bytes:
        now = int(time.time())
        lifetime = mls.Lifetime(now - DAY, now + 30 * DAY)
        self.offers.append(mls.create_key_package(self.suite, self.credential, self.signer, lifetime))
        return self.offers[-1].message

    def create(self, group: bytes) -> None:
        self.group = mls.create_group(self.suite, group, self.credential, self.signer)

    def join(self, welcome: bytes) -> None:
        previous = self._group if self._group and self._group.reinit else None
        offer = self.offers.pop()
        joined = mls.join(welcome, offer, int(time.time()), psks=self.psks, previous=previous)
        self.group = joined.group

    def commit(
        self,
        adds: Sequence[bytes] = (),
        removes: Sequence[Identity] = (),
        public: bool = False,
        path: bool = False,
        proposals: Sequence[mls.Proposal] = (),
    ) -> Committed:
        made = self.group.commit(
            [mls.decode_key_package(add) for add in adds],
            [self._leaf(identity) for identity in removes],
            proposals,
            now=int(time.time()),
            path=path or not (adds or self.group.pending_proposals),
            public=public,
            psks=self.psks,
        )
        self.group, self._pending = made.current, made.group
        return Committed(made.message, made.welcome)

    def accept(self) -> None:
        assert self._pending is not None
        self.group, self._pending = self._pending.following(self.group), None

    def propose(self, add: bytes | None = None, remove: Identity | None = None, public: bool = False) -> bytes:
        if add is not None:
            proposal: mls.Proposal = mls.Add(mls.decode_key_package(add))
        elif remove is not None:
            proposal = mls.Remove(self._leaf(remove))
        else:
            self.group, message = self.group.propose_update(public=public)
            return message
        self.group, message = self.group.propose(proposal, int(time.time()), public)
        return message

    def process(self, message: bytes) -> None:
        received = self.group.process(message, int(time.time()), self.psks)
        assert not isinstance(received, mls.ApplicationMessage)
        self._pending = None
        if received.group is not None:
            self.group = received.group

    def encrypt(self, data: bytes) -> bytes:
        self._group, message = self.group.encrypt(data, padding=64)
        return message

    def decrypt(self, message: bytes) -> bytes:
        received = self.group.process(message)
        assert isinstance(received, mls.ApplicationMessage)
        self._group = received.group
        return received.data

    def agreement(self) -> Agreement | None:
        secret = self.group.export(LABEL, CONTEXT, LENGTH)
        return Agreement(self.group.epoch_authenticator, secret)

    def agrees(self, other: Agreement) -> bool:
        return self.agreement() == other

    def _leaf(self, identity: Identity) -> int:
        return next(m.leaf_index for m in self.group.members() if m.signature_key == identity.key)
