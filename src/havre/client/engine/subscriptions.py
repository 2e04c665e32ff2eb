"""Following queues: one subscription each, reads to catch up, pushes once caught up.

While a queue is behind, pushes of it are dropped and read again. A live push that does not go on where the queue has
been read to is dropped too, and a read fills the gap; what a complete read does not bring has expired.
"""

from __future__ import annotations

from collections.abc import Sequence

from havre.client.engine import inbound, outbox
from havre.client.engine.effects import RelayRefused
from havre.client.engine.session import AskedRead, AskedSubscribe, Following, Link
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Purpose, Queue
from havre.wire.refusals import Code
from havre.wire.sizes import MAX_SUBSCRIPTIONS
from havre.wire.stream import Caught, Ended, Entries, Pushed, Read, Refused, Subscribe, Subscribed, Subscription


def subscribe(turn: Turn, link: Link, queues: Sequence[Queue]) -> None:
    """Follow these queues on this connection, from where each has been read to."""
    for start in range(0, len(queues), MAX_SUBSCRIPTIONS):
        _subscribe_some(turn, link, queues[start : start + MAX_SUBSCRIPTIONS])


def _subscribe_some(turn: Turn, link: Link, queues: Sequence[Queue]) -> None:
    wanted = [Subscription(row.queue, row.read, row.cursor) for row in queues]
    for row in queues:
        link.following[row.queue] = Following()
    asked = AskedSubscribe(tuple(row.queue for row in queues))
    turn.ask(link, asked, lambda request: Subscribe(request, wanted))


def on_subscribed(turn: Turn, link: Link, asked: AskedSubscribe, event: Subscribed) -> None:
    """Take what is new in each queue; read on where there is more."""
    for queue, caught in zip(asked.queues, event.queues, strict=False):
        if caught.queue == queue and queue in link.following:
            _on_caught(turn, link, caught)


def _on_caught(turn: Turn, link: Link, caught: Caught) -> None:
    if caught.refused is not None:
        _on_not_caught(turn, link, caught.queue, caught.refused)
        return
    inbound.take(turn, caught.queue, caught.entries)
    _after_answer(turn, link, caught.queue, caught.more, caught.head)


def _on_not_caught(turn: Turn, link: Link, queue: bytes, code: Code) -> None:
    del link.following[queue]
    if turn.vault.waiting(queue, Purpose.CREATE):
        return  # it is subscribed again once it is there
    sentence = "the relay does not let this queue be read"
    turn.tell(RelayRefused(link.relay, code, sentence))
    outbox.abandon(turn, link, queue, Refused(None, code, sentence))


def on_entries(turn: Turn, link: Link, asked: AskedRead, event: Entries) -> None:
    """Take what a read brought; read on if there is more."""
    if asked.queue in link.following:
        inbound.take(turn, asked.queue, event.entries)
        _after_answer(turn, link, asked.queue, event.more and bool(event.entries), event.head)


def _after_answer(turn: Turn, link: Link, queue: bytes, more: bool, head: int) -> None:
    following = link.following.get(queue)
    row = turn.queue(queue)
    if following is None or row is None:
        return
    if more or following.pushed > max(row.cursor, head):
        _read(turn, link, row)
    else:
        inbound.note_missing(turn, row)
        following.behind = False
        turn.touched[queue] = None
        following.checked = max(head, following.pushed)


def on_pushed(turn: Turn, link: Link, event: Pushed) -> None:
    """Take what has just come, if it goes on where the queue has been read to."""
    following = link.following.get(event.queue)
    row = turn.queue(event.queue)
    if following is None or row is None:
        return
    stored = [entry.cursor for entry in event.entries if entry.cursor > row.cursor]
    if following.behind:
        following.pushed = max([following.pushed, *stored])
    elif stored and not _contiguous(max(row.cursor, following.checked), stored):
        following.pushed = max(stored)
        _read(turn, link, row)
    else:
        inbound.take(turn, event.queue, event.entries)


def _contiguous(after: int, cursors: Sequence[int]) -> bool:
    return list(cursors) == list(range(after + 1, after + 1 + len(cursors)))


def _read(turn: Turn, link: Link, row: Queue) -> None:
    following = link.following[row.queue]
    following.behind, following.pushed = True, 0
    limit = turn.tuning.read_limit
    turn.ask(link, AskedRead(row.queue), lambda request: Read(request, row.queue, row.read, row.cursor, limit))


def read_again(turn: Turn, link: Link, queue: bytes) -> None:
    """Fetch what this device has not seen of a queue, unless that is under way."""
    following, row = link.following.get(queue), turn.queue(queue)
    if following is not None and row is not None and not following.behind:
        _read(turn, link, row)


def on_ended(turn: Turn, link: Link, event: Ended) -> None:
    """The read capability is no longer the queue's: read up to the commit that says so, with the old one."""
    if event.code is Code.CAPABILITY:
        read_again(turn, link, event.queue)
    else:
        link.following.pop(event.queue, None)
