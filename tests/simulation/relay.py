"""The real rules of the relay, run in step: no threads, no sockets, entries in dictionaries."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, cast

from havre.relay.core import effects as told
from havre.relay.core.batch import decide, dedupes
from havre.relay.core.limits import Limits
from havre.relay.core.queues import named
from havre.relay.store import operations as op
from havre.relay.store.base import Store
from havre.relay.store.rows import Head, Keys, Tail, Tombstone
from havre.wire.refusals import Code
from havre.wire.stream import (
    COMMAND,
    EVENT,
    Caught,
    Command,
    Conflict,
    Done,
    Ended,
    Entries,
    Entry,
    Event,
    Hashes,
    Pushed,
    Subscribed,
)


@dataclass(eq=False)
class Connection:
    """One client's connection: what it has sent and what it has still to hear, both in order."""

    commands: deque[Command] = field(default_factory=deque)
    events: deque[Event] = field(default_factory=deque)
    following: set[bytes] = field(default_factory=set)


class CoreRelay:
    """One relay. What it acknowledged stays, whatever happens to its connections."""

    def __init__(self, page: int = 7) -> None:
        """`page`: entries that one answer carries at most, so that catching up takes several."""
        self.page = page
        self.now = 1_700_000_000
        self.keys: dict[bytes, Keys] = {}
        self.tails: dict[bytes, Tail] = {}
        self.entries: dict[bytes, dict[int, Entry]] = {}
        self.seen: dict[bytes, int] = {}
        self.connections: list[Connection] = []

    def make_queue(self, queue: bytes, hashes: Hashes) -> None:
        """Make a queue as a sign-up makes the inbox."""
        self.keys[queue], self.tails[queue], self.entries[queue] = Keys(hashes, 10**6), Tail(), {}

    def connect(self) -> Connection:
        connection = Connection()
        self.connections.append(connection)
        return connection

    def disconnect(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)

    def take(self, connection: Connection) -> None:
        """Carry out the next command of a connection."""
        command = COMMAND.decode(COMMAND.encode(connection.commands.popleft()))
        there = [queue for queue in named(command) if queue in self.keys]
        known: dict[bytes, Head | Tombstone] = {queue: Head(self.keys[queue], self.tails[queue]) for queue in there}
        seen = {name: self.seen[name] for name in dedupes([(connection, command)]) if name in self.seen}
        outcome = decide([(connection, command)], known, seen, cast(Store, None), Limits(), self.now)
        for operation in outcome.operations:
            self._apply(operation)
        for effect in outcome.effects:
            self._carry_out(effect)

    def expire(self, queue: bytes, through: int) -> None:
        """Forget entries whose time is over."""
        self.entries[queue] = {cursor: entry for cursor, entry in self.entries[queue].items() if cursor > through}

    def _apply(self, operation: op.Operation) -> None:
        match operation:
            case op.SetKeys(queue=queue, keys=keys):
                self.keys[queue] = keys
                self.entries.setdefault(queue, {})
            case op.SetTail(queue=queue, tail=tail):
                self.tails[queue] = tail
            case op.AddEntry(queue=queue, dedupe=dedupe, entry=entry):
                self.entries[queue][entry.cursor] = entry
                self.seen[queue + dedupe] = entry.cursor
            case op.Forget(queue=queue, through=through):
                self.expire(queue, through)
            case op.Bury(queue=queue):
                del self.keys[queue], self.entries[queue], self.tails[queue]

    def _carry_out(self, effect: told.Effect) -> None:
        match effect:
            case told.Answer(party=party, event=event):
                _say(party, event)
            case told.Push(queue=queue, entry=entry):
                for one in self.connections:
                    if queue in one.following:
                        _say(one, Pushed(queue, [entry]))
            case told.End(queue=queue, code=code):
                self._end(queue, code)
            case told.FetchEntries(party=party, request=request, want=want):
                entries, more = self._page(want)
                _say(party, Entries(request, entries, more, want.through))
            case told.FetchConflict(party=party, request=request, commit=commit, want=want):
                _say(party, Conflict(request, commit, *self._page(want)))
            case told.Follow(party=party, request=request, queues=queues):
                self._follow(party, request, queues)
            case told.Unfollow(party=party, request=request, queues=names):
                party.following.difference_update(names)
                _say(party, Done(request))

    def _end(self, queue: bytes, code: Code) -> None:
        for one in self.connections:
            if queue in one.following:
                one.following.discard(queue)
                _say(one, Ended(queue, code))

    def _follow(self, party: Connection, request: int, queues: list[Any]) -> None:
        caught, over = [], []
        for one in queues:
            if isinstance(one, told.NotCaught):
                caught.append(Caught(one.queue, [], more=False, head=0, refused=one.code))
                continue
            entries, more = self._page(one.want)
            caught.append(Caught(one.want.queue, entries, more, one.want.through))
            if isinstance(one, told.Live):
                party.following.add(one.want.queue)
            else:
                over.append(one.want.queue)
        _say(party, Subscribed(request, caught))
        for queue in over:
            _say(party, Ended(queue, Code.CAPABILITY))

    def _page(self, want: told.Want) -> tuple[list[Entry], bool]:
        stored = self.entries[want.queue]
        wanted = [stored[cursor] for cursor in sorted(stored) if want.after < cursor <= want.through]
        limit = min(want.limit, self.page)
        return wanted[:limit], len(wanted) > limit


def _say(connection: Connection, event: Event) -> None:
    connection.events.append(EVENT.decode(EVENT.encode(event)))
