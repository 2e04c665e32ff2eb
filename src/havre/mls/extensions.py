"""Extensions, and those that RFC 9420 itself defines (§13.4, §11.1, §12.1.8.1, §12.4.3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.codec import uint16s, vector
from havre.mls.credentials import Credential, read_credential
from havre.mls.errors import CodecError

__all__ = [
    "Extension",
    "ExternalSender",
    "RequiredCapabilities",
    "check_extensions_unique",
    "decode_external_pub",
    "decode_external_senders",
    "encode_extensions",
    "external_pub",
    "external_senders",
    "find_extension",
    "read_extensions",
    "required_capabilities_of",
]


@dataclass(frozen=True, slots=True)
class Extension:
    """A type and its data, whose form the type defines."""

    type: int
    data: bytes

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §7.2."""
        return self.type.to_bytes(2, "big") + vector(self.data)


def _read_extension(data: bytes, at: int) -> tuple[Extension, int]:
    kind, at = codec.read_uint16(data, at)
    body, at = codec.read_opaque(data, at)
    return Extension(kind, body), at


def read_extensions(data: bytes, at: int) -> tuple[tuple[Extension, ...], int]:
    """Read a vector of extensions; two of one type are refused (RFC 9420 §13.4)."""
    extensions, at = codec.read_vector(data, at, _read_extension)
    check_extensions_unique(extensions)
    return extensions, at


def check_extensions_unique(extensions: tuple[Extension, ...]) -> None:
    """Check that no type is there twice; raises `CodecError` (RFC 9420 §13.4)."""
    if len(extensions) > 1 and len({extension.type for extension in extensions}) < len(extensions):
        raise CodecError("two extensions of one type")


def encode_extensions(extensions: Iterable[Extension]) -> bytes:
    """Encode a vector of extensions."""
    return vector(b"".join([extension.encode() for extension in extensions]))


def find_extension(extensions: Iterable[Extension], kind: int) -> bytes | None:
    """Give the data of the extension of a type, if there is one."""
    for extension in extensions:
        if extension.type == kind:
            return extension.data
    return None


@dataclass(frozen=True, slots=True)
class RequiredCapabilities:
    """What every member has to support beyond the defaults (RFC 9420 §11.1)."""

    extensions: tuple[int, ...] = ()
    proposals: tuple[int, ...] = ()
    credentials: tuple[int, ...] = ()

    def extension(self) -> Extension:
        """Wrap it as an extension of a GroupContext."""
        data = uint16s(self.extensions) + uint16s(self.proposals) + uint16s(self.credentials)
        return Extension(iana.REQUIRED_CAPABILITIES, data)


def _read_required_capabilities(data: bytes, at: int) -> tuple[RequiredCapabilities, int]:
    extensions, at = codec.read_uint16s(data, at)
    proposals, at = codec.read_uint16s(data, at)
    credentials, at = codec.read_uint16s(data, at)
    return RequiredCapabilities(extensions, proposals, credentials), at


def required_capabilities_of(extensions: Iterable[Extension]) -> RequiredCapabilities:
    """Give what a GroupContext requires; nothing, if it says nothing."""
    data = find_extension(extensions, iana.REQUIRED_CAPABILITIES)
    return RequiredCapabilities() if data is None else codec.decode_all(data, _read_required_capabilities)


@dataclass(frozen=True, slots=True)
class ExternalSender:
    """Someone outside who may send proposals to the group (RFC 9420 §12.1.8.1)."""

    signature_key: bytes
    credential: Credential

    def encode(self) -> bytes:
        """Encode as in RFC 9420 §12.1.8.1."""
        return vector(self.signature_key) + self.credential.encode()


def _read_external_sender(data: bytes, at: int) -> tuple[ExternalSender, int]:
    signature_key, at = codec.read_opaque(data, at)
    credential, at = read_credential(data, at)
    return ExternalSender(signature_key, credential), at


def external_senders(senders: Iterable[ExternalSender]) -> Extension:
    """Wrap external senders as an extension of a GroupContext."""
    return Extension(iana.EXTERNAL_SENDERS, vector(b"".join([sender.encode() for sender in senders])))


def decode_external_senders(extensions: Iterable[Extension]) -> tuple[ExternalSender, ...]:
    """Give the external senders of a GroupContext; raises `CodecError`."""
    data = find_extension(extensions, iana.EXTERNAL_SENDERS)
    if data is None:
        return ()
    return codec.decode_all(data, lambda d, at: codec.read_vector(d, at, _read_external_sender))


def external_pub(key: bytes) -> Extension:
    """Wrap an epoch's external public key as an extension of a GroupInfo (RFC 9420 §12.4.3.2)."""
    return Extension(iana.EXTERNAL_PUB, vector(key))


def decode_external_pub(extensions: Iterable[Extension]) -> bytes | None:
    """Give the external public key of a GroupInfo; raises `CodecError`."""
    data = find_extension(extensions, iana.EXTERNAL_PUB)
    return None if data is None else codec.decode_all(data, codec.read_opaque)
