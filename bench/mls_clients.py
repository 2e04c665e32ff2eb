"""The programs that `bench.mls` compares, each as a client that is in one group at a time.

Both take and give encoded messages, both send handshakes as PublicMessage (the bindings of mls-rs
cannot do otherwise), and neither puts a path into a commit that only adds.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Protocol

from havre import mls

DAY = 24 * 60 * 60
HAVRE, MLS_RS = "havre", "mls-rs"


class Client(Protocol):
    """One client; `commit` and `add` bring it into the new epoch itself."""

    program: str

    def key_package(self) -> bytes:
        """Make a key package and keep its private half."""

    def create(self) -> None:
        """Create a group."""

    def join(self, welcome: bytes) -> None:
        """Join by the Welcome for the last key package."""

    def add(self, key_packages: Sequence[bytes]) -> tuple[bytes, bytes]:
        """Add members: the commit and the Welcome."""

    def commit(self) -> bytes:
        """Commit a new path."""

    def process(self, message: bytes) -> None:
        """Take in somebody's commit."""

    def encrypt(self, data: bytes) -> bytes:
        """Encrypt an application message."""

    def decrypt(self, message: bytes) -> None:
        """Decrypt an application message."""


def lifetime() -> mls.Lifetime:
    """Give a key package's lifetime around today."""
    now = int(time.time())
    return mls.Lifetime(now - DAY, now + 60 * DAY)


class HavreClient:
    """A client of ours."""

    program = HAVRE

    def __init__(self, name: str, suite: int) -> None:
        self.suite = mls.cipher_suite(suite)
        self.signer = self.suite.generate_signature_key()
        self.credential = mls.BasicCredential(name.encode())
        self.bundle: mls.KeyPackageBundle | None = None
        self.group: Any = None

    def key_package(self) -> bytes:
        self.bundle = mls.create_key_package(self.suite, self.credential, self.signer, lifetime())
        return self.bundle.message

    def create(self) -> None:
        self.group = mls.create_group(self.suite, self.suite.random(16), self.credential, self.signer)

    def join(self, welcome: bytes) -> None:
        assert self.bundle is not None
        self.group = mls.join(welcome, self.bundle, int(time.time())).group

    def add(self, key_packages: Sequence[bytes]) -> tuple[bytes, bytes]:
        decoded = [mls.decode_key_package(data) for data in key_packages]
        made = self.group.commit(decoded, now=int(time.time()), path=False, public=True)
        self.group = made.group
        return made.message, made.welcome

    def commit(self) -> bytes:
        made = self.group.commit(public=True)
        self.group = made.group
        message: bytes = made.message
        return message

    def process(self, message: bytes) -> None:
        self.group = self.group.process(message, int(time.time())).group

    def encrypt(self, data: bytes) -> bytes:
        self.group, message = self.group.encrypt(data)
        encrypted: bytes = message
        return encrypted

    def decrypt(self, message: bytes) -> None:
        self.group = self.group.process(message).group


class MlsRsClient:
    """A client by mls-rs' Python bindings."""

    program = MLS_RS

    def __init__(self, name: str) -> None:
        import mls_rs_uniffi as mls_rs

        self._mls_rs = mls_rs
        keys = mls_rs.generate_signature_keypair(mls_rs.CipherSuite.CURVE25519_AES128)
        storage = mls_rs.client_config_default().group_state_storage
        config = mls_rs.ClientConfig(group_state_storage=storage, use_ratchet_tree_extension=True)
        self._client = mls_rs.Client(name.encode(), keys, config)
        self._group: Any = None

    def _message(self, data: bytes) -> Any:
        return self._mls_rs.Message.from_bytes(data)

    def key_package(self) -> bytes:
        return bytes(self._client.generate_key_package_message().to_bytes())

    def create(self) -> None:
        self._group = self._client.create_group(None)

    def join(self, welcome: bytes) -> None:
        self._group = self._client.join_group(None, self._message(welcome)).group

    def add(self, key_packages: Sequence[bytes]) -> tuple[bytes, bytes]:
        made = self._group.add_members([self._message(data) for data in key_packages])
        self._group.process_incoming_message(made.commit_message)
        return made.commit_message.to_bytes(), made.welcome_message.to_bytes()

    def commit(self) -> bytes:
        made = self._group.commit()
        self._group.process_incoming_message(made.commit_message)
        return bytes(made.commit_message.to_bytes())

    def process(self, message: bytes) -> None:
        self._group.process_incoming_message(self._message(message))

    def encrypt(self, data: bytes) -> bytes:
        return bytes(self._group.encrypt_application_message(data).to_bytes())

    def decrypt(self, message: bytes) -> None:
        self._group.process_incoming_message(self._message(message))


def has_mls_rs() -> bool:
    """Tell whether mls-rs is installed."""
    try:
        import mls_rs_uniffi  # noqa: F401
    except ImportError:
        return False
    return True
