"""Following queues: one subscription each, reads to catch up, pushes once caught up.

While a queue is behind, pushes of it are dropped and read again. A live push that does not go on where the queue has
been read to is dropped too, and a read fills the gap; what a complete read does not bring has expired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from havre.client.engine import entrances, homes, inbound, outbox
from havre.client.engine.effects import EntriesMissing, RelayRefused, RelayWentBack
from havre.client.engine.session import AskedRead, AskedSubscribe, Following, Link
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Purpose, Queue, QueueRole
from havre.wire.refusals import Code
from havre.wire.sizes import MAX_SUBSCRIPTIONS
from havre.wire.stream import Caught, Ended, Entries, Entry, Pushed, Read, Refused, Subscribe, Subscribed, Subscription


def subscribe(turn: Turn, link: Link, queues: Sequence[Queue]) -> None:
    """Follow these queues on this connection, from where each has been read to."""
    for start in range(0, len(queues), MAX_SUBSCRIPTIONS):
        _subscribe_some(turn, link, queues[start : start + MAX_SUBSCRIPTIONS])


def _subscribe_some(turn: Turn, link: Link, queues: Sequence[Queue]) -> None:
    wanted = [Subscription(row.queue, row.read, row.cursor) for row in queues]
    asked = AskedSubscribe(tuple(row.queue for row in queues))
    since = turn.ask(link, asked, lambda request: Subscribe(request, wanted))
    for row in queues:
        link.following[row.queue] = Following(since)
        link.left.discard(row.queue)


def on_subscribed(turn: Turn, link: Link, asked: AskedSubscribe, event: Subscribed) -> None:
    """Take what is new in each queue; read on where there is more."""
    for queue, caught in zip(asked.queues, event.queues, strict=False):
        following = link.following.get(queue)
        if caught.queue == queue and following is not None and following.since == event.request:
            _on_caught(turn, link, caught)


def _on_caught(turn: Turn, link: Link, caught: Caught) -> None:
    if caught.refused is not None:
        _on_not_caught(turn, link, caught.queue, caught.refused)
        return
    row = turn.queue(caught.queue)
    if row is not None and caught.head < row.cursor:
        _start_over(turn, link, row, caught.head)
        return
    link.following[caught.queue].answered = True
    outbox.note_created(turn, caught.queue)
    _take_answer(turn, link, caught.queue, caught.entries, caught.more, caught.head)


def _start_over(turn: Turn, link: Link, row: Queue, head: int) -> None:
    """The relay was put back from an old copy, or has claimed entries that never were: believe what it has now.

    What was read before is known by its used keys and passed over.
    """
    turn.put_queue(replace(row, cursor=0, fence=row.fence if row.fence <= head else 0))
    turn.tell(RelayWentBack(link.relay, row.queue))
    turn.opened[row.queue] = None


def _on_not_caught(turn: Turn, link: Link, queue: bytes, code: Code) -> None:
    del link.following[queue]
    if turn.vault.waiting(queue, Purpose.CREATE):
        return  # it is subscribed again once it is there
    row = turn.queue(queue)
    if row is not None and row.role is QueueRole.SECOND:
        homes.on_missing(turn, row, code)
        return
    if row is not None and row.role is QueueRole.APPLICATIONS:
        # Whoever opened the link may have it made just now; or it was closed, which the group's next commit says.
        link.resume_at = turn.now + turn.tuning.tick
        return
    link.left.add(queue)
    if entrances.led_nowhere(turn, queue):
        return
    sentence = "the relay does not let this queue be read"
    turn.tell(RelayRefused(link.relay, code, sentence))
    outbox.abandon(turn, link, queue, Refused(None, code, sentence))


def _leave(turn: Turn, link: Link, queue: bytes) -> None:
    """All that the old read secret opens has been read, and none of it gave this device a new one: it is out.

    Or it was away for so long that the commit which would have given it one has expired: then it comes back. Who comes
    in just now has begun from a state of before that commit, up to which the old secret reads.
    """
    conversation, row = turn.conversation(queue), turn.queue(queue)
    del link.following[queue]
    if row is not None and entrances.is_outside(turn, queue):
        turn.put_queue(replace(row, fence=max(row.fence, row.cursor)))
        entrances.led_nowhere(turn, queue)
        return
    turn.vault.drop_pending(queue)
    if conversation is not None and conversation.gap and entrances.lost(turn, conversation):
        return
    link.left.add(queue)
    outbox.abandon(turn, link, queue, Refused(None, Code.CAPABILITY, "this device is not in the conversation any more"))


def on_entries(turn: Turn, link: Link, asked: AskedRead, event: Entries) -> None:
    """Take what a read brought; read on if there is more.

    What was asked before the subscription was asked under capabilities, and from a cursor, that may be past.
    """
    following = link.following.get(asked.queue)
    if following is not None and following.since < event.request:
        _take_answer(turn, link, asked.queue, event.entries, event.more and bool(event.entries), event.head)


def _take_answer(turn: Turn, link: Link, queue: bytes, entries: Sequence[Entry], more: bool, head: int) -> None:
    row = turn.queue(queue)
    if row is not None:
        last = max((entry.cursor for entry in entries), default=row.cursor)
        _note_holes(turn, row, entries, last if more else max(last, head))
    inbound.take(turn, queue, entries)
    _after_answer(turn, link, queue, more, head)


def _note_holes(turn: Turn, row: Queue, entries: Sequence[Entry], through: int) -> None:
    """Tell of entries up to a cursor that an answer should have held.

    Who has not passed a commit yet has perhaps just come in, and what went before that was never for it; nor is it for
    who is still outside.
    """
    if not row.fence or turn.conversation(row.queue) is None or entrances.is_outside(turn, row.queue):
        return
    own = [item.cursor for item in turn.vault.passed(row.queue, through)]
    there = {cursor for cursor in (*own, *(entry.cursor for entry in entries)) if row.cursor < cursor <= through}
    missing = through - row.cursor - len(there)
    if missing > 0:
        turn.tell(EntriesMissing(row.queue, missing))


def _after_answer(turn: Turn, link: Link, queue: bytes, more: bool, head: int) -> None:
    following = link.following.get(queue)
    row = turn.queue(queue)
    if following is None or row is None:
        return
    if more or following.pushed > max(row.cursor, head):
        _read(turn, link, row)
    else:
        if head > row.cursor:
            inbound.note_gap(turn, queue)
            row = replace(row, cursor=head)
            turn.put_queue(row)
        inbound.note_missing(turn, row, row.cursor)
        following.behind = False
        turn.touched[queue] = None
        following.checked = max(head, following.pushed)
        if following.ended and following.ended == row.read:
            _leave(turn, link, queue)


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
    following, row = link.following.get(event.queue), turn.queue(event.queue)
    if event.code is Code.CAPABILITY:
        if following is not None and row is not None and following.answered and event.queue not in turn.opened:
            following.ended = row.read
            read_again(turn, link, event.queue)
    else:
        link.following.pop(event.queue, None)
