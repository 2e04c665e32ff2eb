"""Pre-shared keys (RFC 9420 §8.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from havre.mls import codec
from havre.mls.codec import vector
from havre.mls.crypto.suite import CipherSuite
from havre.mls.errors import CodecError

__all__ = [
    "APPLICATION_USAGE",
    "BRANCH_USAGE",
    "REINIT_USAGE",
    "ExternalPskId",
    "PreSharedKeyId",
    "PskLookup",
    "ResumptionPskId",
    "psk_secret",
    "read_psk_id",
]

APPLICATION_USAGE = 1
REINIT_USAGE = 2
BRANCH_USAGE = 3

_MOST = 0xFFFF


@dataclass(frozen=True, slots=True)
class ExternalPskId:
    """A key that the application provides under a name of its own."""

    psk_id: bytes
    nonce: bytes

    def encode(self) -> bytes:
        """Encode as PreSharedKeyID of RFC 9420 §8.4."""
        return b"\x01" + vector(self.psk_id) + vector(self.nonce)


@dataclass(frozen=True, slots=True)
class ResumptionPskId:
    """The resumption secret of an epoch of a group; `usage` is one of the three numbers above."""

    usage: int
    group_id: bytes
    epoch: int
    nonce: bytes

    def encode(self) -> bytes:
        """Encode as PreSharedKeyID of RFC 9420 §8.4."""
        place = vector(self.group_id) + self.epoch.to_bytes(8, "big")
        return b"\x02" + bytes([self.usage]) + place + vector(self.nonce)


PreSharedKeyId = ExternalPskId | ResumptionPskId
PskLookup = Callable[[PreSharedKeyId], bytes]
"""Gives the key for an id, or raises `ValidationError`."""


def read_psk_id(data: bytes, at: int) -> tuple[PreSharedKeyId, int]:
    """Read a PreSharedKeyID."""
    kind, at = codec.read_uint8(data, at)
    if kind == 1:
        psk_id, at = codec.read_opaque(data, at)
        nonce, at = codec.read_opaque(data, at)
        return ExternalPskId(psk_id, nonce), at
    if kind != 2:
        raise CodecError(f"a pre-shared key of unknown type {kind}")
    usage, at = codec.read_uint8(data, at)
    if usage not in (APPLICATION_USAGE, REINIT_USAGE, BRANCH_USAGE):
        raise CodecError(f"a resumption key for unknown usage {usage}")
    group_id, at = codec.read_opaque(data, at)
    epoch, at = codec.read_uint64(data, at)
    nonce, at = codec.read_opaque(data, at)
    return ResumptionPskId(usage, group_id, epoch, nonce), at


def psk_secret(suite: CipherSuite, psks: Sequence[tuple[PreSharedKeyId, bytes]]) -> bytes:
    """Chain pre-shared keys, in their order, into one secret; all zeros if there are none."""
    if len(psks) > _MOST:
        raise CodecError(f"more than {_MOST} pre-shared keys")
    secret = suite.zero
    count = len(psks).to_bytes(2, "big")
    for index, (psk_id, psk) in enumerate(psks):
        label = psk_id.encode() + index.to_bytes(2, "big") + count
        extracted = suite.extract(suite.zero, psk)
        psk_input = suite.expand_with_label(extracted, "derived psk", label, suite.hash_length)
        secret = suite.extract(psk_input, secret)
    return secret
