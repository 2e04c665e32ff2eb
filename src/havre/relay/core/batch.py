"""One batch from end to end: commands and requests in, store operations and effects out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from havre.relay.core import directory, queues
from havre.relay.core.effects import Answer, Effect, Lose, Party, Reply
from havre.relay.core.ledger import Ledger
from havre.relay.core.limits import Limits
from havre.relay.core.requests import Request
from havre.relay.store.base import Store
from havre.relay.store.operations import Operation
from havre.relay.store.rows import Head, Tombstone
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import QueueId
from havre.wire.stream import Append, Command, Commit, Refused

Work = Command | Request
NO_ROOM = "the relay has no room left; nothing was lost, try again later"
RETRY_FULL = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch leads to: apply the operations, then carry out the effects in order.

    `heads` are the queues' heads once the operations are applied.
    """

    operations: list[Operation]
    effects: list[Effect]
    heads: dict[QueueId, Head | Tombstone]


def dedupes(batch: Sequence[tuple[Party, Work]]) -> set[bytes]:
    """Return the pairs of queue id and dedupe id (32 bytes) that a batch names."""
    return {work.queue + work.dedupe for _, work in batch if isinstance(work, Append | Commit)}


def named(batch: Sequence[tuple[Party, Work]], store: Store) -> set[QueueId]:
    """Return the queues whose heads a batch needs."""
    found: set[QueueId] = set()
    for _, work in batch:
        found.update(queues.named(work) if isinstance(work, Command) else directory.named(work, store))
    return found


def after_failure(batch: Sequence[tuple[Party, Work]]) -> Lose:
    """Return what befalls those who follow the queues of a batch whose write failed."""
    return Lose([queue for _, work in batch if isinstance(work, queues.CHANGING) for queue in queues.named(work)])


def decide(
    batch: Sequence[tuple[Party, Work]],
    heads: dict[QueueId, Head | Tombstone],
    seen: dict[bytes, int],
    store: Store,
    limits: Limits,
    now: float,
) -> Outcome:
    """Apply the rules to a batch, in order; later commands see what earlier ones changed."""
    ledger = Ledger(heads, seen, store, limits, now)
    for party, work in batch:
        if isinstance(work, Command):
            queues.carry_out(ledger, party, work)
        else:
            directory.carry_out(ledger, party, work)
    return Outcome(ledger.operations(), ledger.effects, ledger.heads)


def refuse_changes(batch: Sequence[tuple[Party, Work]]) -> tuple[list[tuple[Party, Work]], list[Effect]]:
    """Split a batch that found no room into what only reads, and refusals of the rest."""
    reading: list[tuple[Party, Work]] = []
    refusals: list[Effect] = []
    for party, work in batch:
        if not isinstance(work, Command):
            refusals.append(Reply(party, Refusal(Code.FULL, NO_ROOM, RETRY_FULL)))
        elif isinstance(work, queues.CHANGING) and not (isinstance(work, Append) and work.ttl == 0):
            refusals.append(Answer(party, Refused(work.request, Code.FULL, NO_ROOM, RETRY_FULL)))
        else:
            reading.append((party, work))
    return reading, refusals
