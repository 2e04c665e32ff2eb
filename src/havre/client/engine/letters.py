"""Letters between a group and somebody who is not in it: the application, and the answer to it.

An application is signed by the applicant's device and sealed (HPKE, the suite's KEM) to a key of the group's that
follows from the invitation's secret; the answer is sealed under a key that only the applicant and its readers know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from havre import mls
from havre.client.engine.groups import Letter, Reason, Unusable
from havre.mls.crypto.provider import KeyPair
from havre.wire.frames import Frame, WireError

_LABEL: Final = b"havre application"
_SIGNED: Final = "havre application"
_ANSWER: Final = b"havre answer"

Device = Callable[[mls.Credential, bytes], tuple[bytes, bytes]]
"""Returns account key and device of a credential with its signature key; raises Unusable."""


class _Signed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    package: bytes
    data: bytes
    signature: bytes


class _Sealed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    kem_output: bytes
    ciphertext: bytes


_SIGNED_LETTER: Final[Frame[_Signed]] = Frame(_Signed)
_SEALED: Final[Frame[_Sealed]] = Frame(_Sealed)


class Letters:
    """Seals and opens with a cipher suite's primitives."""

    def __init__(self, suite: mls.CipherSuite) -> None:
        self._suite, self._provider = suite, suite.provider

    def key(self, secret: bytes) -> bytes:
        """Return the public key to which applications are sealed."""
        return self._pair(secret).public

    def _pair(self, secret: bytes) -> KeyPair:
        material = self._provider.expand(self._provider.extract(b"", secret), _LABEL, self._provider.hash_length)
        return self._provider.derive_encryption_key(material)

    def seal(self, key: bytes, package: bytes, data: bytes, signer: mls.SignatureKeyPair) -> bytes:
        """Sign and seal an application; raises CryptoError for a key that is none."""
        signature = self._suite.sign(signer.private, _SIGNED, _signed(package, data))
        signed = _SIGNED_LETTER.encode(_Signed(package, data, signature))
        return _SEALED.encode(_Sealed(*self._provider.hpke_seal(key, _LABEL, signed)))

    def open(self, secret: bytes, sealed: bytes, device: Device, now: int) -> Letter:
        """Open an application, if its device's account has certified it; raises Unusable, MlsError."""
        try:
            outer = _SEALED.decode(sealed)
            private = self._pair(secret).private
            opened = self._provider.hpke_open(private, _LABEL, outer.kem_output, outer.ciphertext)
            letter = _SIGNED_LETTER.decode(opened)
        except WireError:
            raise Unusable(Reason.MALFORMED) from None
        package = mls.decode_key_package(letter.package)
        if package.cipher_suite != self._suite.id:
            raise Unusable(Reason.MALFORMED)
        mls.check_key_package(package, now)
        leaf = package.leaf_node
        account_key, _ = device(leaf.credential, leaf.signature_key)
        if not self._suite.verify(leaf.signature_key, _SIGNED, _signed(letter.package, letter.data), letter.signature):
            raise Unusable(Reason.STRANGER)
        return Letter(account_key, letter.package, letter.data)

    def answer(self, key: bytes, data: bytes) -> bytes:
        """Seal an answer under the applicant's key."""
        nonce = self._provider.random(self._provider.nonce_length)
        return nonce + self._provider.seal(self._answer_key(key), nonce, _ANSWER, data)

    def open_answer(self, key: bytes, sealed: bytes) -> bytes:
        """Return what an answer says; raises CryptoError."""
        size = self._provider.nonce_length
        return self._provider.open(self._answer_key(key), sealed[:size], _ANSWER, sealed[size:])

    def _answer_key(self, key: bytes) -> bytes:
        return self._provider.expand(self._provider.extract(b"", key), _ANSWER, self._provider.key_length)


def _signed(package: bytes, data: bytes) -> bytes:
    return len(package).to_bytes(4, "big") + package + data
