"""The seam to the cryptography of real groups: under which key and nonce each ciphertext was made, and seeded keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from havre import mls
from havre.client.engine.mls_groups import SUITE
from havre.mls.framing.message import decode_message
from havre.mls.framing.private import PrivateMessage


class Seals:
    """Remembers what was sealed; a key is for one ciphertext, whatever its nonce (RFC 9420 §9.1)."""

    def __init__(self, seal: Callable[[bytes, bytes, bytes, bytes], bytes]) -> None:
        self._seal = seal
        self.made: dict[bytes, bytes] = {}

    def seal(self, key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
        ciphertext = self._seal(key, nonce, aad, plaintext)
        self.made[ciphertext] = key
        return ciphertext

    def key_of(self, message: bytes) -> bytes | None:
        """Return the key that a message's content was sealed with; None for what is no PrivateMessage of this run."""
        try:
            opened = decode_message(message)
        except mls.MlsError:
            return None
        return self.made.get(opened.ciphertext) if isinstance(opened, PrivateMessage) else None


@contextmanager
def watched_seals(random: Random) -> Iterator[Seals]:
    """Watch everything that real groups seal inside the block, with randomness from one seed."""
    suite = mls.cipher_suite(SUITE)
    seal, chance = suite.aead_seal, suite.random
    seals = Seals(seal)
    suite.aead_seal, suite.random = seals.seal, lambda size: random.randbytes(size)
    try:
        yield seals
    finally:
        suite.aead_seal, suite.random = seal, chance
