"""Who a member claims to be (RFC 9420 §5.3). Whether to believe it is the application's to decide."""

from __future__ import annotations

from dataclasses import dataclass

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.codec import vector
from havre.mls.errors import CodecError

__all__ = ["BasicCredential", "Credential", "X509Credential", "read_credential"]


@dataclass(frozen=True, slots=True)
class BasicCredential:
    """A bare assertion of an identity, in a form that the application defines."""

    identity: bytes

    @property
    def type(self) -> int:
        """The credential type, for capabilities."""
        return iana.BASIC

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §5.3."""
        return b"\x00\x01" + vector(self.identity)


@dataclass(frozen=True, slots=True)
class X509Credential:
    """A chain of DER-encoded X.509 certificates, the end entity's first."""

    certificates: tuple[bytes, ...]

    @property
    def type(self) -> int:
        """The credential type, for capabilities."""
        return iana.X509

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §5.3."""
        return b"\x00\x02" + vector(b"".join([vector(certificate) for certificate in self.certificates]))


Credential = BasicCredential | X509Credential


def read_credential(data: bytes, at: int) -> tuple[Credential, int]:
    """Read a credential; a type that RFC 9420 does not define has no readable form."""
    kind, at = codec.read_uint16(data, at)
    if kind == iana.BASIC:
        identity, at = codec.read_opaque(data, at)
        return BasicCredential(identity), at
    if kind == iana.X509:
        certificates, at = codec.read_vector(data, at, codec.read_opaque)
        return X509Credential(certificates), at
    raise CodecError(f"a credential of unknown type {kind}")
