"""Random histories: the rules over RocksDB, in batches, beside a queue as one would write it on a napkin."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from havre.relay.core.effects import Answer, FetchConflict, Push
from havre.relay.store.rocksdb import RocksStore
from havre.relay.store.rows import Head
from havre.wire.refusals import Code
from havre.wire.stream import Appended, Delete, Done, Refused
from tests.relay.core.table import Table, append, commit, create, rotated, trim
from tests.relay.rig import Queue


class Napkin:
    """What a queue should be: its entries, its cursor, its fence, its secrets."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.entries: dict[int, bytes] = {}
        self.last = 0
        self.fence = 0
        self.dedupes: dict[bytes, int] = {}
        self.is_deleted = False

    def add(self, body: bytes, dedupe: bytes) -> int:
        if dedupe in self.dedupes:
            return self.dedupes[dedupe]
        self.last += 1
        self.entries[self.last] = body
        self.dedupes[dedupe] = self.last
        return self.last


class Histories(RuleBasedStateMachine):
    """Commands pile up in a batch; `flush` runs it and compares what comes out with what was expected."""

    queues = Bundle("queues")

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.table = Table(RocksStore(Path(self.folder.name)))
        self.batch: list[Any] = []
        self.expected: list[Any] = []
        self.pushed: list[tuple[bytes, int]] = []
        self.napkins: list[Napkin] = []

    def teardown(self) -> None:
        self.table.store.close()
        self.folder.cleanup()

    def expect(self, command: Any, answer: Any) -> None:
        self.batch.append(command)
        self.expected.append(answer)

    @rule(target=queues)
    def create(self) -> Napkin:
        napkin = Napkin(Queue())
        self.napkins.append(napkin)
        self.expect(create(napkin.queue), Done(0))
        return napkin

    @rule(napkin=queues, body=st.binary(max_size=20), dedupe=st.integers(0, 5))
    def append(self, napkin: Napkin, body: bytes, dedupe: int) -> None:
        name, before = bytes(15) + bytes([dedupe]), napkin.last
        command = append(napkin.queue, body, dedupe=name)
        if napkin.is_deleted:
            self.expect(command, Code.UNKNOWN)
            return
        self.expect(command, Appended(0, napkin.add(body, name)))
        if napkin.last > before:
            self.pushed.append((napkin.queue.id, napkin.last))

    @rule(napkin=queues, behind=st.booleans(), rotate=st.booleans())
    def commit(self, napkin: Napkin, behind: bool, rotate: bool) -> None:
        new, rotation = rotated(napkin.queue)
        fence = napkin.fence + behind
        command = commit(napkin.queue, fence, b"commit", rotation if rotate else None)
        if napkin.is_deleted:
            self.expect(command, Code.UNKNOWN)
        elif behind:
            self.expect(command, napkin.fence)
        else:
            napkin.fence = napkin.add(b"commit", command.dedupe)
            self.expect(command, Appended(0, napkin.fence))
            self.pushed.append((napkin.queue.id, napkin.last))
            if rotate:
                napkin.queue = new

    @rule(napkin=queues, through=st.integers(0, 30))
    def trim(self, napkin: Napkin, through: int) -> None:
        if napkin.is_deleted:
            self.expect(trim(napkin.queue, through), Code.UNKNOWN)
            return
        napkin.entries = {cursor: body for cursor, body in napkin.entries.items() if cursor > through}
        self.expect(trim(napkin.queue, through), Done(0))

    @rule(napkin=consumes(queues))
    def delete(self, napkin: Napkin) -> None:
        napkin.is_deleted = True
        napkin.entries = {}
        self.expect(Delete(0, napkin.queue.id, napkin.queue.secrets.manage), Done(0))
        self.expect(create(napkin.queue), Code.TAKEN)
        self.expect(append(napkin.queue), Code.UNKNOWN)

    @rule()
    def restart(self) -> None:
        """Open the store anew, as after a crash: what was not flushed was never acknowledged."""
        self.table.store.close()
        self.table.store = RocksStore(Path(self.folder.name))

    @rule()
    def flush(self) -> None:
        effects = self.table.run(*self.batch)
        found = [_plain(effect) for effect in effects if isinstance(effect, Answer | FetchConflict)]
        assert found == self.expected
        pushes = [(e.queue, e.entry.cursor) for e in effects if isinstance(e, Push)]
        assert pushes == self.pushed
        self.batch, self.expected, self.pushed = [], [], []
        for napkin in self.napkins:
            stored = {entry.cursor: entry.body for entry in self.table.entries(napkin.queue)}
            assert stored == napkin.entries

    @invariant()
    def heads_agree(self) -> None:
        if self.batch or not getattr(self, "napkins", None):
            return
        heads = self.table.store.heads([napkin.queue.id for napkin in self.napkins])
        for napkin in self.napkins:
            if not napkin.is_deleted:
                head = heads[napkin.queue.id]
                assert isinstance(head, Head)
                tail = head.tail
                assert (tail.last, tail.commit) == (napkin.last, napkin.fence)


def _plain(effect: Any) -> Any:
    """Return an answer as the napkin knows it: an event, a refusal's code, or the fence of a conflict."""
    if isinstance(effect, FetchConflict):
        return effect.commit
    return effect.event.code if isinstance(effect.event, Refused) else effect.event


Histories.TestCase.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
TestHistories = Histories.TestCase
