"""Entries of a queue, in the order of their cursors, each dealt with once: used, or skipped with a reason.

Nothing that an entry holds can stop the ones after it, and the cursor moves in the transaction that stores them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from havre.client.engine import commits, inbox, outbox, receipts
from havre.client.engine.effects import MessageArrived, PersonChanged
from havre.client.engine.groups import Changed, Group, Member, Opened, Proposed, Reason, Said, Unusable
from havre.client.engine.turn import PAST_EPOCHS, Turn
from havre.client.vault.rows import Conversation, Message, MessageState, Queue, QueueRole
from havre.content import (
    Advance,
    Arrival,
    ContentError,
    Rename,
    Show,
    decode,
    message_id,
    reduce,
    room_uri,
    sender_uri,
)
from havre.wire.stream import Entry, EntryKind

_LATEST = 1 << 40
"""Seconds: no relay's clock is beyond it."""


def take(turn: Turn, queue: bytes, entries: Sequence[Entry]) -> None:
    """Deal with what a queue brought; what was dealt with before is passed over."""
    for entry in sorted(entries, key=lambda entry: entry.cursor):
        row = turn.queue(queue)
        if row is None or 0 < entry.cursor <= row.cursor:
            continue
        try:
            if row.role is QueueRole.INBOX:
                inbox.take(turn, entry)
            else:
                _take_entry(turn, queue, entry)
        except Unusable as error:
            turn.skip(queue, entry.cursor, error.reason)
        _move_on(turn, queue, entry)


def _move_on(turn: Turn, queue: bytes, entry: Entry) -> None:
    row = turn.queue(queue)
    if row is None or not entry.cursor:
        return
    # A commit moves the fence even when nobody can use it: the relay, which cannot tell, counts it too.
    fence = entry.cursor if entry.kind is EntryKind.COMMIT else row.fence
    turn.put_queue(replace(row, cursor=entry.cursor, fence=max(fence, row.fence)))
    turn.touched[queue] = None


def note_missing(turn: Turn, row: Queue) -> None:
    """Own entries below the cursor that never came back have expired in the meantime; others have had them."""
    conversation = turn.conversation(row.queue)
    for item in turn.vault.passed(row.queue, row.cursor) if conversation else ():
        outbox.came_back(turn, item, item.cursor, conversation.latest if conversation else 0)


def _take_entry(turn: Turn, queue: bytes, entry: Entry) -> None:
    conversation = turn.conversation(queue)
    assert conversation is not None
    placed = max(conversation.latest, min(entry.at, _LATEST), 1)
    turn.put_conversation(replace(conversation, latest=placed))
    if entry.kind is EntryKind.COMMIT:
        commits.take(turn, queue, entry)
    elif not _is_own(turn, queue, entry, placed):
        _open(turn, queue, entry, placed)


def _is_own(turn: Turn, queue: bytes, entry: Entry, placed: int) -> bool:
    """My own entry has come back: note where it stands, whether or not the acknowledgement ever came."""
    item = turn.vault.own_item(queue, entry.cursor, sha256(entry.body).digest()) if entry.cursor else None
    if item is None:
        return False
    if _is_readable(turn, queue, item.epoch):
        outbox.came_back(turn, item, entry.cursor, placed)
    else:
        outbox.send_again(turn, item)
    return True


def _is_readable(turn: Turn, queue: bytes, epoch: int) -> bool:
    """Tell whether members who have come this far in the queue still have the keys of an epoch."""
    conversation = turn.conversation(queue)
    assert conversation is not None
    return conversation.epoch - epoch <= PAST_EPOCHS


def _open(turn: Turn, queue: bytes, entry: Entry, placed: int) -> None:
    conversation = turn.conversation(queue)
    assert conversation is not None
    epoch = turn.groups.epoch_of(entry.body)
    if epoch > conversation.epoch:
        raise Unusable(Reason.FUTURE)
    group = turn.group(queue, epoch)
    if group is None or not _is_readable(turn, queue, epoch):
        # From before this device joined; or too late for everybody, and its sender, who sees so too, sends it again.
        return
    match _opened(turn, conversation, group, entry):
        case Said(group, sender, data):
            turn.put_group(queue, group)
            _said(turn, conversation, entry, placed, sender, data)
        case Changed() | Proposed():
            # Commits go through the relay's fence or not at all, and nobody's proposals wait for others here.
            raise Unusable(Reason.FORBIDDEN)


def _opened(turn: Turn, conversation: Conversation, group: Group, entry: Entry) -> Opened:
    try:
        return turn.groups.open(group, entry.body, turn.seconds)
    except Unusable as error:
        if error.reason is Reason.OUTDATED and group.epoch == conversation.epoch:
            # Under a key that is used up: a repetition, or this vault was put back from an old copy and what it sends
            # is under used keys as well, which nobody could read. A new epoch helps the one and does the other no harm.
            turn.put_conversation(replace(conversation, refresh_due=True))
        raise


def _said(turn: Turn, conversation: Conversation, entry: Entry, placed: int, sender: Member, data: bytes) -> None:
    try:
        content = decode(data)
    except ContentError:
        raise Unusable(Reason.MALFORMED) from None
    group = turn.group(conversation.queue, conversation.epoch)
    assert group is not None
    if sender.account != turn.me.account and not conversation.met:
        conversation = replace(conversation, met=True)
        turn.put_conversation(conversation)
    name = message_id(sender_uri(sender.account), room_uri(group.group_id), data, content.salt)
    match reduce(Arrival(sender.account, name, content, min(max(entry.at, 0), _LATEST) * 1000)):
        case Show(at=at):
            _show(turn, conversation, entry, placed, sender, name, at, data)
        case Advance(_, delivered, read):
            receipts.take(turn, conversation.queue, entry.cursor, sender, delivered, read)
        case Rename(account, called):
            _rename(turn, account, called)


def _show(
    turn: Turn, conversation: Conversation, entry: Entry, placed: int, sender: Member, name: bytes, at: int, data: bytes
) -> None:
    mine = sender.account == turn.me.account
    state = MessageState.SENT if mine else MessageState.RECEIVED
    message = Message(
        seq=0, chat=conversation.chat, queue=conversation.queue, id=name, sender=sender.account, device=sender.device,
        mine=mine, cursor=entry.cursor, placed=placed, at=at, state=state, seen=mine, content=data,
    )  # fmt: skip
    stored = turn.vault.add_message(message)
    if stored is None:
        raise Unusable(Reason.REPEATED)
    turn.tell(MessageArrived(stored))
    turn.put_conversation(replace(conversation, delivered=entry.cursor))


def _rename(turn: Turn, account: bytes, called: str) -> None:
    person = turn.vault.person(account)
    if person is not None and called and person.profile_name != called:
        person = replace(person, profile_name=called)
        turn.vault.put_person(person)
        turn.tell(PersonChanged(person))
