"""Our side of a mixed group."""

from __future__ import annotations

import time

from havre import mls
from tests.mls.interop.history import Sent


class OurPeer:
    """A member by havre.mls."""

    def __init__(self, name: str, suite: int = mls.X25519_AES128GCM_SHA256_ED25519) -> None:
        self.name = name
        self.suite = mls.cipher_suite(suite)
        self.signer = self.suite.generate_signature_key()
        self.credential = mls.BasicCredential(name.encode())
        self.bundle: mls.KeyPackageBundle | None = None
        self.group: mls.Group
        self.pending: mls.Group

    def key_package(self) -> bytes:
        now = int(time.time())
        lifetime = mls.Lifetime(now - 3600, now + 24 * 3600)
        self.bundle = mls.create_key_package(self.suite, self.credential, self.signer, lifetime)
        return self.bundle.message

    def create(self) -> None:
        self.group = mls.create_group(self.suite, b"a mixed group", self.credential, self.signer)

    def join(self, welcome: bytes) -> None:
        assert self.bundle is not None
        self.group = mls.join(welcome, self.bundle).group

    def process(self, message: bytes) -> bytes | None:
        got = self.group.process(message)
        if got.group is not None:
            self.group = got.group
        return got.data if isinstance(got, mls.ApplicationMessage) else None

    def encrypt(self, data: bytes) -> bytes:
        self.group, message = self.group.encrypt(data, padding=32)
        return message

    def commit(self, add: list[bytes], remove: list[str]) -> Sent:
        added = [mls.decode_key_package(message) for message in add]
        result = self.group.commit(added, [self.leaf(name) for name in remove], public=len(remove) % 2 == 0)
        self.pending, self.group = result.group, result.current
        return Sent(result.message, result.welcome)

    def commit_accepted(self, sent: Sent) -> None:
        self.group = self.pending.following(self.group)
        # Every epoch is one that was read back from bytes.
        self.group = mls.Group.decode(self.group.encode_epoch(), self.group.encode_keys(), self.signer)

    def propose_remove(self, name: str) -> bytes:
        self.group, message = self.group.propose_remove(self.leaf(name))
        return message

    def propose_add(self, key_package: bytes) -> bytes:
        self.group, message = self.group.propose_add(mls.decode_key_package(key_package))
        return message

    def propose_update(self) -> bytes | None:
        self.group, message = self.group.propose_update()
        return message

    def leaf(self, name: str) -> int:
        wanted = mls.BasicCredential(name.encode())
        return next(member.leaf_index for member in self.group.members() if member.credential == wanted)

    def agreed(self) -> list[bytes]:
        return [self.group.export("interop", b"context", 32), self.group.epoch_authenticator]
