"""Letters between a group and who is not in it, without cryptography worth the name."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from havre.client.engine.groups import Letter, Reason, Unusable


class FakeLetters:
    """What `Groups` asks for, of numbers."""

    def letter_key(self, secret: bytes) -> bytes:
        return sha256(b"letters" + secret).digest()

    def seal_letter(self, key: bytes, package: bytes, data: bytes) -> bytes:
        return msgspec.msgpack.encode([key, package, data])

    def open_letter(self, secret: bytes, sealed: bytes, now: int) -> Letter:
        key, package, data = _decoded(sealed)
        if key != self.letter_key(secret):
            raise Unusable(Reason.UNREADABLE)
        return Letter(self.account_of(package), package, data)

    def account_of(self, package: bytes) -> bytes:
        raise NotImplementedError

    def seal_answer(self, key: bytes, data: bytes) -> bytes:
        return msgspec.msgpack.encode([sha256(key).digest(), b"", data])

    def open_answer(self, key: bytes, sealed: bytes) -> bytes:
        digest, _, data = _decoded(sealed)
        if digest != sha256(key).digest():
            raise Unusable(Reason.UNREADABLE)
        return data


def _decoded(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    try:
        return msgspec.msgpack.decode(sealed, type=tuple[bytes, bytes, bytes])
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise Unusable(Reason.MALFORMED) from None
