"""Carries a batch's effects out: answers, pushes, and the reads that an answer still needs."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from havre.relay.committer import Committer
from havre.relay.core.effects import (
    Answer,
    Effect,
    End,
    FetchConflict,
    FetchEntries,
    Follow,
    Live,
    Lose,
    NotCaught,
    Past,
    Push,
    Reply,
    Unfollow,
    Want,
)
from havre.relay.logs import places
from havre.relay.store.base import Page, Store
from havre.relay.subscribers import ENTRY_OVERHEAD, Subscribers, give_up
from havre.wire.refusals import Code
from havre.wire.sizes import QueueId
from havre.wire.stream import Caught, Conflict, Done, Ended, Entries, Entry, Event, Refused, Subscribed

RETRY_READ: Final = 2.0
Read = Follow | FetchEntries | FetchConflict
log = structlog.get_logger("havre.relay")


class Delivery:
    """The last step of every batch, on the event loop."""

    def __init__(self, committer: Committer, store: Store, subscribers: Subscribers, page_bytes: int) -> None:
        self._committer = committer
        self._store = store
        self._subscribers = subscribers
        self._page_bytes = page_bytes
        self._pushes: dict[QueueId, list[Entry]] = {}
        self._answers: dict[Any, list[Event]] = {}
        self._reading: set[asyncio.Task[None]] = set()
        self._next: dict[Any, deque[Read]] = {}
        """Reads that wait until the one of the same party that is under way is over."""
        committer.deliver = self.deliver

    async def settle(self) -> None:
        """Wait until no answer waits for a read."""
        while self._reading:
            await asyncio.wait(self._reading)

    def deliver(self, effects: list[Effect]) -> None:
        """Carry effects out, in order; the entries of one queue travel together, and so do the answers of one party.

        Whoever cannot be told something is cut, and costs nobody else an answer or a push.
        """
        for effect in effects:
            try:
                _CARRY[type(effect)](self, effect)
            except Exception as error:
                give_up(getattr(effect, "party", None), error)
        answers, self._answers = self._answers, {}
        pushes, self._pushes = self._pushes, {}
        for party, events in answers.items():
            try:
                party.answer(*events)
            except Exception as error:
                give_up(party, error)
        for queue, entries in pushes.items():
            self._subscribers.push(queue, entries)

    def _answer(self, effect: Answer) -> None:
        self._answers.setdefault(effect.party, []).append(effect.event)

    def _reply(self, effect: Reply) -> None:
        if not effect.party.done():
            effect.party.set_result(effect.result)

    def _push(self, effect: Push) -> None:
        waiting = self._pushes.get(effect.queue)
        if waiting is None:
            self._pushes[effect.queue] = [effect.entry]
        else:
            waiting.append(effect.entry)

    def _flush(self, queue: QueueId) -> None:
        """Who follows a queue is about to change: what came before goes to those who followed it before."""
        entries = self._pushes.pop(queue, None)
        if entries is not None:
            self._subscribers.push(queue, entries)

    def _end(self, effect: End) -> None:
        self._flush(effect.queue)
        self._subscribers.end(effect.queue, effect.code)

    def _lose(self, effect: Lose) -> None:
        for queue in effect.queues:
            self._subscribers.cut(queue)

    def _unfollow(self, effect: Unfollow) -> None:
        for queue in effect.queues:
            self._flush(queue)
            self._subscribers.unfollow(queue, effect.party)
        effect.party.answer_in_turn(Done(effect.request))

    def _follow(self, effect: Follow) -> None:
        for one in effect.queues:
            if isinstance(one, Live):
                self._flush(one.want.queue)
                self._subscribers.follow(one.want.queue, effect.party)
        effect.party.hold()
        self._start(effect)

    def _fetch_entries(self, effect: FetchEntries) -> None:
        self._start(effect)

    def _fetch_conflict(self, effect: FetchConflict) -> None:
        if effect.want.queue in effect.party.following:
            self._start(effect)
        else:
            effect.party.answer(Conflict(effect.request, effect.commit, [], more=True))

    # --- answers that need a read -----------------------------------------------------------------------------

    def _start(self, effect: Read) -> None:
        """Answer by a read, one at a time for each party: who asks for a thousand pages waits for them alone."""
        waiting = self._next.get(effect.party)
        if waiting is not None:
            waiting.append(effect)
            return
        self._next[effect.party] = deque([effect])
        task = asyncio.ensure_future(self._read_all(effect.party))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read_all(self, party: Any) -> None:
        waiting = self._next[party]
        try:
            while waiting and not party.is_gone:
                await self._guard(waiting.popleft())
        finally:
            del self._next[party]

    async def _guard(self, effect: Read) -> None:
        try:
            event: Event = await _READ[type(effect)](self, effect)
        except Exception as error:  # whatever it is, the command gets its one answer and the pushes are let go
            log.error("a read failed", **places(error))
            event = Refused(effect.request, Code.BUSY, "the relay's store does not answer; try again later", RETRY_READ)
            self._undo(effect)
        effect.party.answer(event)
        if isinstance(effect, Follow):
            self._release(effect, event)

    async def _read_entries(self, effect: FetchEntries) -> Event:
        page = await self._committer.read(lambda: self._page(effect.want, self._page_bytes))
        return Entries(effect.request, page.entries, page.more, effect.want.through)

    async def _read_conflict(self, effect: FetchConflict) -> Event:
        page = await self._committer.read(lambda: self._page(effect.want, self._page_bytes))
        return Conflict(effect.request, effect.commit, page.entries, page.more)

    async def _catch_up(self, effect: Follow) -> Event:
        caught = await self._committer.read(lambda: self._caught(effect.queues))
        return Subscribed(effect.request, caught)

    def _release(self, effect: Follow, event: Event) -> None:
        """Say which subscriptions are over already, then let go of the pushes that were held back."""
        for one in effect.queues:
            if isinstance(one, Past) and isinstance(event, Subscribed):
                effect.party.tell(Ended(one.want.queue, Code.CAPABILITY))
        effect.party.release()

    def _undo(self, effect: Read) -> None:
        """A refused subscribe leaves nothing behind."""
        if isinstance(effect, Follow):
            for one in effect.queues:
                if isinstance(one, Live):
                    self._subscribers.unfollow(one.want.queue, effect.party)

    def _caught(self, queues: list[Live | Past | NotCaught]) -> list[Caught]:
        """Read many queues within the size of one answer; runs in the reading thread."""
        room = self._page_bytes
        caught: list[Caught] = []
        for one in queues:
            if isinstance(one, NotCaught):
                caught.append(Caught(one.queue, [], more=False, head=0, refused=one.code))
                continue
            page = self._page(one.want, room)
            weight = sum(len(entry.body) + ENTRY_OVERHEAD for entry in page.entries)
            if weight > room:  # the store gives one entry even if it is too big
                page, weight = Page([], more=True), 0
            room -= weight
            caught.append(Caught(one.want.queue, page.entries, page.more, one.want.through))
        return caught

    def _page(self, want: Want, size: int) -> Page:
        """Return a page, but nothing from the disk when there can be nothing, or no room for it."""
        if want.after >= want.through:
            return Page([], more=False)
        if size <= 0:
            return Page([], more=True)
        return self._store.entries(want.queue, want.after, want.through, want.limit, size)


_CARRY: Final[dict[type, Callable[[Delivery, Any], None]]] = {
    Answer: Delivery._answer,
    Reply: Delivery._reply,
    Push: Delivery._push,
    End: Delivery._end,
    Lose: Delivery._lose,
    Follow: Delivery._follow,
    Unfollow: Delivery._unfollow,
    FetchEntries: Delivery._fetch_entries,
    FetchConflict: Delivery._fetch_conflict,
}

_READ: Final[dict[type, Callable[[Delivery, Any], Awaitable[Event]]]] = {
    Follow: Delivery._catch_up,
    FetchEntries: Delivery._read_entries,
    FetchConflict: Delivery._read_conflict,
}
