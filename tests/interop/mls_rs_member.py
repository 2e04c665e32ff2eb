"""A member by mls-rs, through its Python bindings.

They offer the classical suite, Add and Remove by value and by reference, and no epoch
authenticator: that one is looked for in the state that the library hands to its storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mls_rs_uniffi as mls_rs

from tests.interop.member import CONTEXT, LABEL, LENGTH, Agreement, Committed, Identity


class _Storage(mls_rs.GroupStateStorage):  # type: ignore[misc] # the bindings have no types
    """The bindings' storage, in memory."""

    def __init__(self) -> None:
        self.states: dict[bytes, bytes] = {}
        self.epochs: dict[tuple[bytes, int], bytes] = {}

    def state(self, group_id: bytes) -> bytes | None:
        return self.states.get(group_id)

    def epoch(self, group_id: bytes, epoch_id: int) -> bytes | None:
        return self.epochs.get((group_id, epoch_id))

    def max_epoch_id(self, group_id: bytes) -> int | None:
        return max((epoch for group, epoch in self.epochs if group == group_id), default=None)

    def write(self, id: bytes, state: bytes, inserts: list[Any], updates: list[Any]) -> None:
        self.states[id] = state
        for record in [*inserts, *updates]:
            self.epochs[id, record.id] = record.data


class MlsRsMember:
    """One member of one group by mls-rs."""

    kind = "mls-rs"

    def __init__(self, name: str) -> None:
        keys = mls_rs.generate_signature_keypair(mls_rs.CipherSuite.CURVE25519_AES128)
        self.identity = Identity(name, keys.public_key.bytes)
        self._storage = _Storage()
        self._keys = keys
        config = mls_rs.ClientConfig(group_state_storage=self._storage, use_ratchet_tree_extension=True)
        self._client = mls_rs.Client(name.encode(), keys, config)
        self._group: Any = None
        self._pending: Any = None

    def key_package(self) -> bytes:
        return bytes(self._client.generate_key_package_message().to_bytes())

    def create(self, group: bytes) -> None:
        self._group = self._client.create_group(group)

    def join(self, welcome: bytes) -> None:
        self._group = self._client.join_group(None, mls_rs.Message.from_bytes(welcome)).group

    def commit(
        self,
        adds: Sequence[bytes] = (),
        removes: Sequence[Identity] = (),
        public: bool = False,
        path: bool = False,
    ) -> Committed:
        if adds and removes:
            raise NotImplementedError("mls-rs' bindings cannot add and remove by value in one commit")
        if adds:
            made = self._group.add_members([mls_rs.Message.from_bytes(add) for add in adds])
        elif removes:
            made = self._group.remove_members([self._signing_identity(identity) for identity in removes])
        else:
            made = self._group.commit()
        self._pending = made.commit_message
        welcome = made.welcome_message
        return Committed(made.commit_message.to_bytes(), welcome.to_bytes() if welcome else None)

    def accept(self) -> None:
        self._group.process_incoming_message(self._pending)
        self._pending = None

    def propose(self, add: bytes | None = None, remove: Identity | None = None, public: bool = False) -> bytes:
        if add is not None:
            [proposal] = self._group.propose_add_members([mls_rs.Message.from_bytes(add)])
        elif remove is not None:
            [proposal] = self._group.propose_remove_members([self._signing_identity(remove)])
        else:
            raise NotImplementedError("mls-rs' bindings have no Update proposal")
        return bytes(proposal.to_bytes())

    def process(self, message: bytes) -> None:
        self._group.process_incoming_message(mls_rs.Message.from_bytes(message))
        self._pending = None

    def encrypt(self, data: bytes) -> bytes:
        return bytes(self._group.encrypt_application_message(data).to_bytes())

    def decrypt(self, message: bytes) -> bytes:
        return bytes(self._group.process_incoming_message(mls_rs.Message.from_bytes(message)).data)

    def agreement(self) -> Agreement | None:
        return None

    def agrees(self, other: Agreement) -> bool:
        self._group.write_to_storage()
        [state] = self._storage.states.values()
        secret = self._group.export_secret(LABEL.encode(), CONTEXT, LENGTH)
        return secret == other.secret and bytes([len(other.authenticator)]) + other.authenticator in state

    def _signing_identity(self, identity: Identity) -> Any:
        # Only a client has one to give, and a client needs no more of its own keys to give it.
        public = mls_rs.SignaturePublicKey(bytes=identity.key)
        keys = mls_rs.SignatureKeypair(
            cipher_suite=self._keys.cipher_suite, public_key=public, secret_key=self._keys.secret_key
        )
        return mls_rs.Client(identity.name.encode(), keys, mls_rs.client_config_default()).signing_identity()
