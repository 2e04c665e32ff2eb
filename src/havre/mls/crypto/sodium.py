"""The check of an Ed25519 signature by libsodium, which takes half of OpenSSL's time: every message has one."""

from __future__ import annotations

from typing import Final

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

__all__ = ["verify"]

_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64


def verify(public: bytes, data: bytes, signature: bytes) -> None:
    """Raise ValueError unless `signature` (64 bytes) is that of the key `public` (32 bytes) over `data`."""
    if len(public) != _KEY_BYTES or len(signature) != _SIGNATURE_BYTES:  # it would read past a shorter one's end
        raise ValueError("not of Ed25519's size")
    try:
        crypto_sign_open(signature + data, public)
    except BadSignatureError:
        raise ValueError("not the signature of this key") from None
