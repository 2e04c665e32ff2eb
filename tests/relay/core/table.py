"""A table at which the rules are tried: commands in, effects out, over the model store."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from havre.relay.core import batch as rules
from havre.relay.core.effects import Answer, Effect, End, Push, Reply
from havre.relay.core.limits import Limits
from havre.relay.store.base import Store
from havre.wire.stream import Append, Commit, Create, Entry, Read, Rotate, Subscribe, Subscription, Trim
from tests.relay.model import MemoryStore
from tests.relay.rig import Queue

NOW = 1_000_000.0


@dataclass
class Table:
    """Runs batches as the relay does, without anything around them."""

    store: Store = field(default_factory=MemoryStore)
    limits: Limits = field(default_factory=Limits)
    now: float = NOW

    def run(self, *works: Any) -> list[Effect]:
        """Decide one batch, apply it, and return its effects."""
        batch = [("me", work) for work in works]
        heads = self.store.heads(rules.named(batch, self.store))
        seen = self.store.seen(rules.dedupes(batch))
        outcome = rules.decide(batch, heads, seen, self.store, self.limits, self.now)
        self.store.apply(outcome.operations)
        return outcome.effects

    def answers(self, *works: Any) -> list[Any]:
        """Decide one batch and return its answers and results."""
        effects = self.run(*works)
        return [e.event if isinstance(e, Answer) else e.result for e in effects if isinstance(e, Answer | Reply)]

    def answer(self, work: Any) -> Any:
        """Decide a batch of one and return what came of it: its answer, its result, or the read that it needs."""
        effects = [e for e in self.run(work) if not isinstance(e, Push | End)]
        assert len(effects) == 1
        only = effects[0]
        if isinstance(only, Answer):
            return only.event
        return only.result if isinstance(only, Reply) else only

    def queue(self, ttl: int = 0) -> Queue:
        """Make a queue."""
        made = Queue()
        self.answer(create(made, ttl))
        return made

    def entries(self, queue: Queue) -> list[Entry]:
        """Return all that the queue holds."""
        return self.store.entries(queue.id, 0, 2**62, 10**6, 10**9).entries


def create(queue: Queue, ttl: int = 0) -> Create:
    return Create(0, queue.id, queue.hashes, ttl)


def append(queue: Queue, body: bytes = b"x", request: int = 0, **changes: Any) -> Append:
    fields = {"write": queue.secrets.write, "dedupe": os.urandom(16), "ttl": None} | changes
    return Append(request, queue.id, fields["write"], fields["dedupe"], body, fields["ttl"])


def commit(queue: Queue, fence: int, body: bytes = b"c", rotate: Rotate | None = None, **changes: Any) -> Commit:
    fields = {"write": queue.secrets.write, "dedupe": os.urandom(16)} | changes
    return Commit(0, queue.id, fields["write"], fields["dedupe"], fence, body, rotate)


def rotated(queue: Queue) -> tuple[Queue, Rotate]:
    """Return the queue with new secrets, and the rotation that puts them in force."""
    new = Queue(queue.id)
    return new, Rotate(queue.secrets.manage, new.hashes)


def read(queue: Queue, after: int = 0, secret: bytes | None = None) -> Read:
    return Read(0, queue.id, secret or queue.secrets.read, after)


def subscribe(*queues: Queue) -> Subscribe:
    return Subscribe(0, [Subscription(queue.id, queue.secrets.read, 0) for queue in queues])


def trim(queue: Queue, through: int, secret: bytes | None = None) -> Trim:
    return Trim(0, queue.id, secret or queue.secrets.manage, through)
