"""Budgets: how much of each thing one peer, one connection or one account may ask for, so that nobody takes it all.

In memory only, under the hashes of `havre.relay.peers`; a restart or a new hour forgets all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from havre.relay.config import RelayConfig
from havre.relay.core.buckets import Bucket, Buckets, Rate
from havre.relay.core.ledger import RefusalError
from havre.relay.peers import Peer
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import AccountId

ENTRY_WEIGHT: Final = 4096
"""Bytes that an append counts on top of its own: many small ones cost as much as a few large ones."""
BURST_SECONDS: Final = 60.0
"""A connection may send as much at once as it may in so many seconds."""


class Thing(StrEnum):
    """What a peer has an hourly budget of; the value goes into the refusal's sentence."""

    SIGN_UPS = "new accounts"
    QUEUES = "new queues"
    TAKES = "key packages"
    LOOK_UPS = "user names"
    BLOBS = "files"
    BLOB_BYTES = "bytes of files"


class Budgets:
    """All budgets of one relay; the clock is in seconds and never set back."""

    def __init__(self, config: RelayConfig, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._things = {thing: Buckets(Rate(1, 1), config.peers_kept) for thing in Thing}
        self._accounts = Buckets(Rate(1, 1), config.peers_kept)
        self.connections = Slots(None)
        self.uploads = Slots(None)
        self.adopt(config)

    def adopt(self, config: RelayConfig) -> None:
        """Keep to other settings from now on; what was used up stays used up."""
        self._is_on = config.budgets
        amounts = {
            Thing.SIGN_UPS: config.peer_sign_ups,
            Thing.QUEUES: config.peer_queues,
            Thing.TAKES: config.peer_takes,
            Thing.LOOK_UPS: config.peer_look_ups,
            Thing.BLOBS: config.peer_blobs,
            Thing.BLOB_BYTES: config.peer_blob_bytes,
        }
        for thing, amount in amounts.items():
            self._things[thing].rate = Rate.hourly(amount)
        self._accounts.rate = Rate.hourly(config.account_takes)
        self._appends = Rate(config.connection_bytes * BURST_SECONDS, config.connection_bytes)
        self.connections.most = config.peer_connections if config.budgets else None
        self.uploads.most = config.peer_uploads if config.budgets else None

    def spend(self, thing: Thing, peer: Peer, amount: float = 1) -> None:
        """Take from a peer's hourly budget; raises RefusalError, and takes nothing, when it is used up."""
        no = self.asked(thing, peer, amount)
        if no is not None:
            raise RefusalError(no.code, no.message, no.retry_after)

    def asked(self, thing: Thing, peer: Peer, amount: float = 1) -> Refusal | None:
        """Take from a peer's hourly budget, or return why not."""
        wait = self._things[thing].draw(peer.key, amount, self._clock()) if self._is_on else 0.0
        if not wait:
            return None
        return Refusal(Code.BUSY, f"too many {thing} were asked for from your network; {_later(wait)}", wait)

    def may_use_up(self, account: AccountId) -> bool:
        """Whether another of an account's one-time key packages may go; if not, its last-resort one does."""
        return not self._is_on or not self._accounts.draw(account, 1, self._clock())

    def append(self, bucket: Bucket | None, size: int) -> tuple[Bucket, Refusal | None]:
        """Take an append of `size` bytes from a connection's bucket (None: its first), and return that bucket."""
        now = self._clock()
        bucket = bucket or Bucket(self._appends, now)
        wait = bucket.draw(self._appends, size + ENTRY_WEIGHT, now) if self._is_on else 0.0
        if not wait:
            return bucket, None
        return bucket, Refusal(Code.BUSY, f"this connection sends too fast; {_later(wait)}", wait)


class Slots:
    """How many of something each peer has at this moment; `most` of None: as many as it likes."""

    def __init__(self, most: int | None) -> None:
        self.most = most
        self._taken: Counter[bytes] = Counter()

    def __len__(self) -> int:
        return self._taken.total()

    @property
    def peers(self) -> int:
        """How many peers have any."""
        return len(self._taken)

    def take(self, peer: Peer) -> bool:
        """Take one and return True, or return False when the peer has all that it may."""
        if self.most is not None and self._taken[peer.key] >= self.most:
            return False
        self._taken[peer.key] += 1
        return True

    def give_back(self, peer: Peer) -> None:
        """Give one back that was taken."""
        self._taken[peer.key] -= 1
        if not self._taken[peer.key]:
            del self._taken[peer.key]


def _later(wait: float) -> str:
    minutes = round(wait / 60)
    return f"try again in {minutes} minutes" if minutes > 1 else "try again in a moment"
