"""What this device calls a queue, and what its relay does.

They are the same until a conversation moves: on this device it keeps its name, and its cursors count on from `base`, so
that nothing that hangs on them changes. On the wire the queue has its new name, and begins with cursor 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from havre.client.engine.session import Asked, AskedRead, AskedSubscribe, Link, SentCommit, SentItem, SentTrim
from havre.client.vault.rows import Queue, QueueRole
from havre.wire import stream
from havre.wire.sizes import MAX_CURSOR

if TYPE_CHECKING:
    from havre.client.engine.turn import Turn


# --- to the relay ---------------------------------------------------------------------------------------------


def outward(command: stream.Command, row_of: Callable[[bytes], Queue | None]) -> stream.Command:
    """Return a command as the relay understands it."""
    match command:
        case stream.Subscribe(queues=queues):
            return replace(command, queues=[_outward(one, row_of(one.queue)) for one in queues])
        case stream.Unsubscribe():
            return command
        case _:
            named: stream.Command = _outward(command, row_of(command.queue))
            return named


def _outward(asked: Any, row: Queue | None) -> Any:
    if row is None or not row.address:
        return asked
    cursors = [name for name in ("after", "fence", "through") if name in asked.__struct_fields__]
    return replace(asked, queue=row.address, **{name: max(0, getattr(asked, name) - row.base) for name in cursors})


# --- from the relay -------------------------------------------------------------------------------------------


def is_past(turn: Turn, link: Link, asked: Asked | None) -> bool:
    """Tell whether an answer is about a queue that has moved away from this relay since."""
    if not isinstance(asked, AskedRead | SentCommit | SentTrim):
        return False
    row = turn.queue(asked.queue)
    return row is not None and row.relay != link.relay


def inward(turn: Turn, link: Link, asked: Asked | None, event: stream.Event) -> stream.Event:
    """Return an event with this device's names and cursors."""
    match event:
        case stream.Pushed() | stream.Ended():
            return _unasked(turn, link, event)
        case stream.Subscribed(queues=queues) if isinstance(asked, AskedSubscribe):
            pairs = zip(asked.queues, queues, strict=False)
            return replace(event, queues=[_caught(turn.queue(queue), caught) for queue, caught in pairs])
        case _:
            return _answer(_moved_row(turn, asked), event)


def _unasked(turn: Turn, link: Link, event: stream.Pushed | stream.Ended) -> stream.Event:
    known = turn.queue(event.queue)
    if known is not None and known.role not in (QueueRole.DOOR, QueueRole.ENDED) and not known.address:
        return event
    row = turn.vault.queue_at(link.relay, event.queue)
    if row is None:
        return event
    if isinstance(event, stream.Ended):
        return replace(event, queue=row.queue)
    return replace(event, queue=row.queue, entries=_entries(row, event.entries))


def _caught(row: Queue | None, caught: stream.Caught) -> stream.Caught:
    if row is None or not row.address or caught.queue != row.address:
        return caught
    return replace(caught, queue=row.queue, entries=_entries(row, caught.entries), head=_cursor(row, caught.head))


def _moved_row(turn: Turn, asked: Asked | None) -> Queue | None:
    match asked:
        case AskedRead(queue=queue) | SentCommit(queue=queue):
            row = turn.queue(queue)
        case SentItem(seq=seq):
            item = turn.vault.outgoing(seq)
            row = turn.queue(item.queue) if item is not None and item.queue == item.lane else None
        case _:
            return None
    return row if row is not None and row.address else None


def _answer(row: Queue | None, event: stream.Event) -> stream.Event:
    match event:
        case stream.Appended(cursor=cursor) if row is not None and cursor:
            return replace(event, cursor=_cursor(row, cursor))
        case stream.Conflict(commit=commit, entries=entries) if row is not None:
            return replace(event, commit=_cursor(row, commit), entries=_entries(row, entries))
        case stream.Entries(entries=entries, head=head) if row is not None:
            return replace(event, entries=_entries(row, entries), head=_cursor(row, head))
        case _:
            return event


def _entries(row: Queue, entries: Sequence[stream.Entry]) -> list[stream.Entry]:
    """Cursor 0 is of what the relay does not keep."""
    return [replace(entry, cursor=_cursor(row, entry.cursor)) if entry.cursor else entry for entry in entries]


def _cursor(row: Queue, cursor: int) -> int:
    return min(row.base + cursor, MAX_CURSOR)
