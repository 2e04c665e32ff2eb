"""The rules of the queue, one function a command. Each checks first and changes after.

create      twice the same is harmless, an id is never used for two queues
append      needs write; a known dedupe id answers with the first cursor; ttl 0 is for live subscribers only
commit      needs write; goes in only on the fence; may carry a rotation, which needs manage
read        needs read; an old read secret reads up to the commit that rotated it away
subscribe   as read, and pushes follow from the head that the answer tells
trim        needs manage; forgets entries, never cursors
delete      needs manage; the id stays used up
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from havre.relay.core import access, fill
from havre.relay.core.effects import (
    Answer,
    End,
    FetchConflict,
    FetchEntries,
    Follow,
    Live,
    NotCaught,
    Party,
    Past,
    Unfollow,
    Want,
)
from havre.relay.core.ledger import Ledger, RefusalError
from havre.relay.store import operations as op
from havre.relay.store.rows import MAX_PAST, Generation, Head, Keys, Stretch, Tail
from havre.wire.refusals import Code
from havre.wire.sizes import MAX_READ, QueueId
from havre.wire.stream import (
    Append,
    Appended,
    Command,
    Commit,
    Create,
    Delete,
    Done,
    Entry,
    EntryKind,
    Read,
    Refused,
    Rotate,
    Subscribe,
    Subscription,
    Trim,
    Unsubscribe,
)

QUEUE_FULL: Final = "this queue is full; trim what everybody has, or try again once older entries have expired"
CHANGING: Final = (Create, Append, Commit, Trim, Delete)
"""The commands that need room on disk, or at least a disk that takes writes."""


def carry_out(ledger: Ledger, party: Party, command: Command) -> None:
    """Apply one command to the batch; a refusal becomes its answer."""
    try:
        _RULES[type(command)](ledger, party, command)
    except RefusalError as no:
        refused = Refused(command.request, no.code, no.message, no.retry_after)
        ledger.effects.append(Answer(party, refused))


def create(ledger: Ledger, party: Party, command: Create) -> None:
    """Make a queue, or find that it is there already."""
    make_queue(ledger, command.queue, Keys(command.hashes, ledger.limits.life(command.ttl)))
    ledger.effects.append(Answer(party, Done(command.request)))


def make_queue(ledger: Ledger, queue: QueueId, keys: Keys) -> None:
    """Make a queue unless it exists with the same hashes and ttl; raises RefusalError."""
    head = ledger.heads.get(queue)
    if head is None:
        ledger.create(queue, keys)
    elif not (isinstance(head, Head) and head.keys.hashes == keys.hashes and head.keys.ttl == keys.ttl):
        raise RefusalError(Code.TAKEN, "this queue id is used up; choose another at random")


def append(ledger: Ledger, party: Party, command: Append) -> None:
    """Add an entry."""
    head = ledger.head(command.queue)
    if _answer_repeated(ledger, party, head, command):
        return
    _check_write(ledger, head, command)
    if command.ttl == 0:
        ledger.flash(command.queue, command.body)
        ledger.effects.append(Answer(party, Appended(command.request, 0)))
        return
    tail = head.tail
    cursor = tail.last + 1
    ttl = head.keys.ttl if command.ttl is None else min(command.ttl, head.keys.ttl)
    entry = Entry(cursor, EntryKind.MESSAGE, ledger.now, command.body)
    stretches = _with_entry(ledger, head, cursor, len(command.body))
    moved = Tail(cursor, tail.commit, tail.floor, tail.lost_after, tail.lost_through, stretches)
    ledger.move(command.queue, head.keys, moved)
    ledger.add(command.queue, command.dedupe, entry, ttl)
    ledger.effects.append(Answer(party, Appended(command.request, cursor)))


def commit(ledger: Ledger, party: Party, command: Commit) -> None:
    """Add an entry if nobody else committed since the fence, and rotate the capabilities with it if asked to."""
    head = ledger.head(command.queue)
    if _answer_repeated(ledger, party, head, command):
        return
    _check_write(ledger, head, command)
    if command.rotate is not None:
        _check_manage(head, command.rotate.manage)
    if not _is_fence(head.tail, command.fence):
        want = Want(command.queue, command.fence, head.tail.last, MAX_READ)
        ledger.effects.append(FetchConflict(party, command.request, head.tail.commit, want))
        return
    cursor = head.tail.last + 1
    entry = Entry(cursor, EntryKind.COMMIT, ledger.now, command.body)
    stretches = _with_entry(ledger, head, cursor, len(command.body))
    ledger.move(command.queue, head.keys, Tail(cursor, cursor, head.tail.floor, stretches=stretches))
    ledger.add(command.queue, command.dedupe, entry, head.keys.ttl)
    if command.rotate is not None:
        _rotate(ledger, command.queue, head.keys, command.rotate, cursor)
    ledger.effects.append(Answer(party, Appended(command.request, cursor)))


def read(ledger: Ledger, party: Party, command: Read) -> None:
    """Read entries."""
    head = ledger.head(command.queue)
    through = access.readable_through(head, command.read)
    if through is None:
        raise RefusalError(Code.CAPABILITY, "this secret does not read this queue")
    want = Want(command.queue, command.after, through, command.limit)
    ledger.effects.append(FetchEntries(party, command.request, want))


def subscribe(ledger: Ledger, party: Party, command: Subscribe) -> None:
    """Read what is new in many queues, and follow those whose read secret is current."""
    queues = [_catch(ledger, subscription) for subscription in command.queues]
    ledger.effects.append(Follow(party, command.request, queues))


def unsubscribe(ledger: Ledger, party: Party, command: Unsubscribe) -> None:
    """Follow these queues no longer."""
    ledger.effects.append(Unfollow(party, command.request, command.queues))


def trim(ledger: Ledger, party: Party, command: Trim) -> None:
    """Forget entries up to a cursor."""
    head = ledger.head(command.queue)
    _check_manage(head, command.manage)
    tail = head.tail
    through = min(command.through, tail.last)
    if through > tail.floor:
        ledger.write([op.Forget(command.queue, tail.floor, through)])
        stretches = fill.trimmed(tail.stretches, through)
        moved = Tail(tail.last, tail.commit, through, tail.lost_after, tail.lost_through, stretches)
        ledger.move(command.queue, head.keys, moved)
    ledger.effects.append(Answer(party, Done(command.request)))


def delete(ledger: Ledger, party: Party, command: Delete) -> None:
    """Forget a queue."""
    _check_manage(ledger.head(command.queue), command.manage)
    ledger.bury(command.queue)
    ledger.effects.append(Answer(party, Done(command.request)))


def _answer_repeated(ledger: Ledger, party: Party, head: Head, command: Append | Commit) -> bool:
    """Answer an entry that came before with its first cursor, even if the write secret was rotated away since.

    Otherwise a lost acknowledgement would become a loss (refused) or a duplicate (sent again under the new secret).
    """
    cursor = ledger.seen.get(command.queue + command.dedupe)
    if cursor is None or not access.might_write(head.keys, command.write, cursor):
        return False
    ledger.effects.append(Answer(party, Appended(command.request, cursor)))
    return True


def _check_write(ledger: Ledger, head: Head, command: Append | Commit) -> None:
    if not access.may_write(head.keys, ledger.proof(command.write)):
        raise RefusalError(Code.CAPABILITY, "this secret does not write to this queue, or no longer does")
    if len(command.body) > ledger.limits.entry_bytes:
        raise RefusalError(
            Code.OVERSIZED, f"an entry holds at most {ledger.limits.entry_bytes} bytes; send a file instead"
        )


def _with_entry(ledger: Ledger, head: Head, cursor: int, size: int) -> tuple[Stretch, ...]:
    """Return what the queue holds with another entry of `size` bytes; raises RefusalError when that is too much."""
    stretches = fill.living(head.keys, head.tail, ledger.now)
    entries, total = fill.entries_and_bytes(stretches)
    limits = ledger.limits
    if entries >= limits.queue_entries or total + size > limits.queue_bytes:
        seconds = fill.room_in(stretches, head.keys, ledger.now) if stretches else None
        raise RefusalError(Code.FULL, QUEUE_FULL, seconds)
    return fill.added(stretches, head.keys, cursor, size, ledger.now)


def _check_manage(head: Head, secret: bytes) -> None:
    if not access.may_manage(head.keys, secret):
        raise RefusalError(Code.CAPABILITY, "this secret does not manage this queue, or no longer does")


def _is_fence(tail: Tail, fence: int) -> bool:
    """Tell whether this is the queue's last commit.

    After a restore nobody here knows whether the lost entries held one: who names one of them has seen it, and must not
    be shut out for ever.
    """
    return fence == tail.commit or tail.commit <= tail.lost_after < fence <= tail.lost_through


def _rotate(ledger: Ledger, queue: QueueId, keys: Keys, rotate: Rotate, cursor: int) -> None:
    """Put new hashes in force after `cursor`; whoever follows the queue has read its last entry with an old secret."""
    replaced = Generation(keys.hashes.read, keys.hashes.write, cursor)
    past = (*keys.past, replaced)[-MAX_PAST:]
    ledger.rekey(queue, Keys(rotate.hashes, keys.ttl, past))
    ledger.effects.append(End(queue, Code.CAPABILITY))


def _catch(ledger: Ledger, subscription: Subscription) -> Live | Past | NotCaught:
    head = ledger.heads.get(subscription.queue)
    if not isinstance(head, Head):
        return NotCaught(subscription.queue, Code.UNKNOWN)
    through = access.readable_through(head, subscription.read)
    if through is None:
        return NotCaught(subscription.queue, Code.CAPABILITY)
    want = Want(subscription.queue, subscription.after, through, MAX_READ)
    return Live(want) if access.reads_on(head, subscription.read) else Past(want)


_RULES: Final[dict[type, Callable[[Ledger, Party, Any], None]]] = {
    Create: create,
    Append: append,
    Commit: commit,
    Read: read,
    Subscribe: subscribe,
    Unsubscribe: unsubscribe,
    Trim: trim,
    Delete: delete,
}


def named(command: Command) -> list[QueueId]:
    """Return the queues whose heads a command needs."""
    if isinstance(command, Subscribe):
        return [subscription.queue for subscription in command.queues]
    return [] if isinstance(command, Unsubscribe) else [command.queue]
