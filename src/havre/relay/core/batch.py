"""One batch from end to end: commands and requests in, store operations and effects out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from havre.relay.core import directory, queues
from havre.relay.core.effects import Answer, Effect, Lose, Party, Reply
from havre.relay.core.ledger import Ledger
from havre.relay.core.limits import Limits
from havre.relay.core.requests import CloseAccount, Gone, Request
from havre.relay.store.base import Store
from havre.relay.store.operations import Operation
from havre.relay.store.rows import Head, Tombstone
from havre.wire.refusals import Refusal
from havre.wire.sizes import QueueId
from havre.wire.stream import Append, Command, Commit, Create, Delete, Read, Refused, Subscribe, Trim, Unsubscribe

Work = Command | Request
APPENDING: Final = (Append, Commit)
COMMANDS: Final = (Append, Commit, Create, Read, Subscribe, Unsubscribe, Trim, Delete)
"""A tuple, and the usual ones first: `isinstance` with a union costs more than the rules themselves."""
FREEING = (Trim, Delete, CloseAccount, Gone)
"""Changes that make room."""
NO_ROOM = "the relay has no room left; nothing was lost, try again later"
RETRY_FULL = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch leads to: apply the operations, then carry out the effects in order.

    `heads` are those of the queues that it changes, once the operations are applied.
    """

    operations: list[Operation]
    effects: list[Effect]
    heads: dict[QueueId, Head | Tombstone]


def dedupes(batch: Sequence[tuple[Party, Work]]) -> set[bytes]:
    """Return the pairs of queue id and dedupe id (32 bytes) that a batch names."""
    return {work.queue + work.dedupe for _, work in batch if isinstance(work, APPENDING)}


def named(batch: Sequence[tuple[Party, Work]], store: Store) -> set[QueueId]:
    """Return the queues whose heads a batch needs."""
    found: set[QueueId] = set()
    for _, work in batch:
        if isinstance(work, APPENDING):
            found.add(work.queue)
        else:
            found.update(queues.named(work) if isinstance(work, COMMANDS) else directory.named(work, store))
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
        if isinstance(work, COMMANDS):
            queues.carry_out(ledger, party, work)
        else:
            directory.carry_out(ledger, party, work)
    return Outcome(ledger.operations(), ledger.effects, ledger.changed())


def refuse_changes(
    batch: Sequence[tuple[Party, Work]], refusal: Refusal, but_freeing: bool = False
) -> tuple[list[tuple[Party, Work]], list[Effect]]:
    """Split a batch that finds a store without room into what it takes nevertheless, and refusals of the rest."""
    taken: list[tuple[Party, Work]] = []
    refusals: list[Effect] = []
    for party, work in batch:
        if _changes(work) and not (but_freeing and isinstance(work, FREEING)):
            refusals.append(refuse(party, work, refusal))
        else:
            taken.append((party, work))
    return taken, refusals


def _changes(work: Work) -> bool:
    if isinstance(work, Command):
        return isinstance(work, queues.CHANGING) and not (isinstance(work, Append) and work.ttl == 0)
    return True


def refuse(party: Party, work: Work, refusal: Refusal) -> Effect:
    """Return the refusal of one command or request."""
    if isinstance(work, Command):
        return Answer(party, Refused(work.request, refusal.code, refusal.message, refusal.retry_after))
    return Reply(party, refusal)
