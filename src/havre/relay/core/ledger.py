"""What one batch has read and changed so far; its commands see each other's effects through it."""

from __future__ import annotations

from collections.abc import Iterable

from havre.relay.core.draft import Draft
from havre.relay.core.effects import Effect, End, Push
from havre.relay.core.limits import Limits
from havre.relay.store import operations as op
from havre.relay.store.base import Directory
from havre.relay.store.rows import Head, Keys, Tail, Tombstone
from havre.wire.capability import capability_hash
from havre.wire.refusals import Code
from havre.wire.sizes import Hash, QueueId, Secret
from havre.wire.stream import Entry, EntryKind


class RefusalError(Exception):
    """A rule says no; raised before anything is changed."""

    def __init__(self, code: Code, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after


class Ledger:
    """The working state of one batch.

    `heads` and `seen` hold what the store knows of every queue and dedupe id that the batch names; they are changed in
    place. `now` is in seconds.
    """

    def __init__(
        self,
        heads: dict[QueueId, Head | Tombstone],
        seen: dict[bytes, int],
        directory: Directory,
        limits: Limits,
        now: float,
    ) -> None:
        self.heads = heads
        self.seen = seen
        self.limits = limits
        self.now = int(now)
        self.effects: list[Effect] = []
        self._operations: list[op.Operation] = []
        self.draft = Draft(directory, self._operations)
        self._moved: dict[QueueId, None] = {}
        self._turned: set[QueueId] = set()
        """Queues that were rekeyed or buried."""
        self._proofs: dict[Secret, Hash] = {}

    def head(self, queue: QueueId) -> Head:
        """Return the queue's head; raises RefusalError when there is no such queue."""
        head = self.heads.get(queue)
        if not isinstance(head, Head):
            raise RefusalError(Code.UNKNOWN, "there is no such queue here")
        return head

    def proof(self, secret: Secret) -> Hash:
        """Return a secret's hash; who sends much at once shows the same secret each time."""
        proof = self._proofs.get(secret)
        if proof is None:
            proof = self._proofs[secret] = capability_hash(secret)
        return proof

    def create(self, queue: QueueId, keys: Keys) -> None:
        """Make an empty queue."""
        self.heads[queue] = Head(keys, Tail())
        self._operations.append(op.SetKeys(queue, keys))
        self._moved[queue] = None

    def rekey(self, queue: QueueId, keys: Keys) -> None:
        """Replace a queue's capabilities."""
        self.heads[queue] = Head(keys, self.head(queue).tail)
        self._turned.add(queue)
        self._operations.append(op.SetKeys(queue, keys))

    def move(self, queue: QueueId, keys: Keys, tail: Tail) -> None:
        """Replace a queue's cursors; they are written once a batch, however often they move."""
        self.heads[queue] = Head(keys, tail)
        self._moved[queue] = None

    def add(self, queue: QueueId, dedupe: bytes, entry: Entry, ttl: int) -> None:
        """Store an entry for `ttl` seconds and push it."""
        self.seen[queue + dedupe] = entry.cursor
        self._operations.append(op.AddEntry(queue, dedupe, entry, self.now + ttl))
        self.effects.append(Push(queue, entry))

    def flash(self, queue: QueueId, body: bytes) -> None:
        """Push an entry that is stored nowhere."""
        self.effects.append(Push(queue, Entry(0, EntryKind.MESSAGE, self.now, body)))

    def bury(self, queue: QueueId) -> None:
        """Forget a queue, leaving a tombstone, and end its subscriptions."""
        self.heads[queue] = Tombstone()
        self._turned.add(queue)
        self._moved.pop(queue, None)
        self._operations.append(op.Bury(queue))
        self.effects.append(End(queue, Code.UNKNOWN))

    def write(self, operations: Iterable[op.Operation]) -> None:
        """Add changes that are not about queues."""
        self._operations.extend(operations)

    def changed(self) -> dict[QueueId, Head | Tombstone]:
        """Return the heads that are not as they were."""
        return {queue: self.heads[queue] for queue in self._turned.union(self._moved)}

    def operations(self) -> list[op.Operation]:
        """Return all that is to be stored, as one batch."""
        tails: list[op.Operation] = []
        for queue in self._moved:
            head = self.heads[queue]
            if isinstance(head, Head):
                tails.append(op.SetTail(queue, head.tail))
        return self._operations + tails
