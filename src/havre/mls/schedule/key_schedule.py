"""The key schedule (RFC 9420 §8).

    init_secret, commit_secret -> joiner_secret -> with psk_secret: welcome_secret, epoch_secret
    epoch_secret -> one secret a purpose, and the next epoch's init_secret

Secrets that were only steps on the way are not in what is returned.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from havre.mls import codec
from havre.mls.codec import vector
from havre.mls.crypto.suite import CipherSuite, KeyPair

__all__ = [
    "EpochSecrets",
    "derive_epoch",
    "derive_from_epoch_secret",
    "exporter",
    "external_key_pair",
    "joiner_secret",
    "read_epoch_secrets",
    "welcome_key_and_nonce",
    "welcome_secret",
]

EXTERNAL_INIT_LABEL = b"MLS 1.0 external init secret"


@dataclass(frozen=True, slots=True)
class EpochSecrets:
    """What an epoch keeps of its secrets, the encryption secret apart (RFC 9420 §8, table 4)."""

    init_secret: bytes = field(repr=False)
    sender_data_secret: bytes = field(repr=False)
    exporter_secret: bytes = field(repr=False)
    external_secret: bytes = field(repr=False)
    confirmation_key: bytes = field(repr=False)
    membership_key: bytes = field(repr=False)
    resumption_psk: bytes = field(repr=False)
    epoch_authenticator: bytes

    def retired(self) -> EpochSecrets:
        """Give what late application messages of a past epoch need; the rest is used up (RFC 9420 §9.2)."""
        return EpochSecrets(b"", self.sender_data_secret, b"", b"", b"", b"", b"", self.epoch_authenticator)

    def encode(self) -> bytes:
        """Encode for the caller's vault."""
        return b"".join([vector(getattr(self, name)) for name in self.__slots__])


def read_epoch_secrets(data: bytes, at: int) -> tuple[EpochSecrets, int]:
    """Read what `EpochSecrets.encode` made."""
    secrets = []
    for _ in range(8):
        secret, at = codec.read_opaque(data, at)
        secrets.append(secret)
    return EpochSecrets(*secrets), at


def joiner_secret(suite: CipherSuite, init_secret: bytes, commit_secret: bytes, context: bytes) -> bytes:
    """Combine the last epoch's init secret and the Commit's; `context` is the new GroupContext."""
    extracted = suite.extract(init_secret, commit_secret)
    return suite.expand_with_label(extracted, "joiner", context, suite.hash_length)


def welcome_secret(suite: CipherSuite, joiner: bytes, psk_secret: bytes) -> bytes:
    """Derive the secret that a Welcome's GroupInfo is encrypted under."""
    return suite.derive_secret(suite.extract(joiner, psk_secret), "welcome")


def welcome_key_and_nonce(suite: CipherSuite, secret: bytes) -> tuple[bytes, bytes]:
    """Derive the Welcome's key and nonce (RFC 9420 §12.4.3.1)."""
    key = suite.expand_with_label(secret, "key", b"", suite.key_length)
    return key, suite.expand_with_label(secret, "nonce", b"", suite.nonce_length)


def derive_epoch(suite: CipherSuite, joiner: bytes, psk_secret: bytes, context: bytes) -> tuple[EpochSecrets, bytes]:
    """Derive an epoch's secrets and, apart, its encryption secret, which seeds the secret tree."""
    member = suite.extract(joiner, psk_secret)
    return derive_from_epoch_secret(suite, suite.expand_with_label(member, "epoch", context, suite.hash_length))


def derive_from_epoch_secret(suite: CipherSuite, epoch_secret: bytes) -> tuple[EpochSecrets, bytes]:
    """Derive everything that hangs on the epoch secret."""
    labels = (
        "init",
        "sender data",
        "exporter",
        "external",
        "confirm",
        "membership",
        "resumption",
        "authentication",
    )
    secrets = EpochSecrets(*[suite.derive_secret(epoch_secret, label) for label in labels])
    return secrets, suite.derive_secret(epoch_secret, "encryption")


def external_key_pair(suite: CipherSuite, secrets: EpochSecrets) -> KeyPair:
    """Derive the epoch's external key pair, to which joiners encrypt (RFC 9420 §8)."""
    return suite.derive_key_pair(secrets.external_secret)


def exporter(suite: CipherSuite, secrets: EpochSecrets, label: str, context: bytes, length: int) -> bytes:
    """MLS-Exporter of RFC 9420 §8.5."""
    secret = suite.derive_secret(secrets.exporter_secret, label)
    return suite.expand_with_label(secret, "exported", suite.hash(context), length)
