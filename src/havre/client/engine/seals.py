"""How the state of a group is sealed for those outside, and how their commit is hidden from the relay.

The state is sealed once under a fresh key, and that key for each who may open it: for the link's secret, and for each
member's leaf. A commit from outside is public in RFC 9420 and names who comes; it travels under a key that follows from
the epoch, which members have, and who opened the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

from havre.client.engine.groups import Reason, Unusable
from havre.mls import CipherSuite, CryptoError
from havre.wire.frames import Frame, WireError

COVER: Final = b"\x00\xfa"
"""Begins a covered commit; no MLS message begins so (RFC 9420 §6: version 1)."""
_EPOCH: Final = slice(2, 10)
_LABEL_STATE: Final = b"havre state"
_LABEL_LEAF: Final = b"havre state for a leaf"
_LABEL_LINK: Final = b"havre link seal"


class _Sealed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`for_link`: the key under the link's; `for_leaves`: [signature key or account, KEM output, ciphertext] each."""

    body: bytes
    for_link: bytes
    for_leaves: list[tuple[bytes, bytes, bytes]]


_SEALED: Final[Frame[_Sealed]] = Frame(_Sealed)


class Seals:
    """Seals and opens with a cipher suite's primitives."""

    def __init__(self, suite: CipherSuite) -> None:
        self._suite, self._provider = suite, suite.provider

    def derived(self, secret: bytes, label: bytes, length: int) -> bytes:
        """Return what a link's secret gives for a purpose."""
        return self._provider.expand(self._provider.extract(b"", secret), label, length)

    def seal(
        self,
        state: bytes,
        link: bytes | None,
        leaves: Sequence[tuple[bytes, bytes]],
        backs: Sequence[tuple[bytes, bytes]] = (),
    ) -> bytes:
        """Seal a state for a link's secret, for leaves, given as signature key and encryption key, and for backups.

        `backs`: account and public key. Members have only said that it is one; what is none is passed over.
        """
        key = self._provider.random(self._provider.key_length)
        for_link = b"" if link is None else self._under(self._link_key(link), key, _LABEL_LINK)
        for_leaves = [(name, *self._provider.hpke_seal(public, _LABEL_LEAF, key)) for name, public in leaves]
        for name, public in backs:
            with suppress(CryptoError):
                for_leaves.append((name, *self._provider.hpke_seal(public, _LABEL_LEAF, key)))
        return _SEALED.encode(_Sealed(self._under(key, state, _LABEL_STATE), for_link, for_leaves))

    def open(self, sealed: bytes, link: bytes | None, name: bytes, private: bytes | None) -> bytes:
        """Open a state by a link's secret or a leaf's private key; raises Unusable, CryptoError."""
        try:
            parts = _SEALED.decode(sealed)
        except WireError:
            raise Unusable(Reason.MALFORMED) from None
        return self._opened(self._key(parts, link, name, private), parts.body, _LABEL_STATE)

    def _key(self, parts: _Sealed, link: bytes | None, name: bytes, private: bytes | None) -> bytes:
        for leaf, kem_output, ciphertext in parts.for_leaves if private is not None else ():
            if leaf == name and private is not None:
                return self._provider.hpke_open(private, _LABEL_LEAF, kem_output, ciphertext)
        if link is None or not parts.for_link:
            raise Unusable(Reason.UNREADABLE)
        return self._opened(self._link_key(link), parts.for_link, _LABEL_LINK)

    def _link_key(self, link: bytes) -> bytes:
        return self.derived(link, _LABEL_LINK, self._provider.key_length)

    def _under(self, key: bytes, data: bytes, label: bytes) -> bytes:
        nonce = self._provider.random(self._provider.nonce_length)
        return nonce + self._provider.seal(key, nonce, label, data)

    def _opened(self, key: bytes, sealed: bytes, label: bytes) -> bytes:
        size = self._provider.nonce_length
        return self._provider.open(key, sealed[:size], label, sealed[size:])

    # --- commits from outside ---------------------------------------------------------------------------------

    def cover(self, commit: bytes, epoch: int, entrance: bytes) -> bytes:
        """Hide a commit that was made outside of the group in an epoch."""
        head = COVER + epoch.to_bytes(8, "big")
        return head + self._under(entrance, commit, head)

    def uncover(self, covered: bytes, entrance: bytes) -> bytes:
        """Return the commit; raises CryptoError."""
        return self._opened(entrance, covered[_EPOCH.stop :], covered[: _EPOCH.stop])


def covered_epoch(message: bytes) -> int | None:
    """Return the epoch of a covered commit; None: it is none."""
    if not message.startswith(COVER) or len(message) < _EPOCH.stop:
        return None
    return int.from_bytes(message[_EPOCH], "big")
