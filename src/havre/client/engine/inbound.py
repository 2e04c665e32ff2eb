"""Entries of a queue, in the order of their cursors, each dealt with once: used, or skipped with a reason.

Nothing that an entry holds can stop the ones after it, and the cursor moves in the transaction that stores them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from havre.client.engine import (
    applicants,
    commits,
    contents,
    early,
    endings,
    entrances,
    inbox,
    notices,
    outbox,
    parcels,
    places,
    requests,
)
from havre.client.engine.contents import Received
from havre.client.engine.groups import Changed, Group, Member, Opened, Proposed, Reason, Said, Unusable
from havre.client.engine.notices import Notice, What
from havre.client.engine.terms import GROUP, Role, decode_terms
from havre.client.engine.turn import PAST_EPOCHS, Turn
from havre.client.vault.rows import Conversation, Purpose, Queue, QueueRole
from havre.wire.stream import Entry, EntryKind

_LATEST = 1 << 40
"""Seconds: no relay's clock is beyond it."""


def take(turn: Turn, queue: bytes, entries: Sequence[Entry]) -> None:
    """Deal with what a queue brought; what was dealt with before is passed over."""
    here = turn.queue(queue)
    for entry in sorted(entries, key=lambda entry: entry.cursor):
        row = turn.queue(queue)
        if row is None or 0 < entry.cursor <= row.cursor:
            continue
        if here is None or row.address != here.address:
            return  # the conversation has moved: whatever stands behind that here was never said
        try:
            if row.role is QueueRole.INBOX:
                inbox.take(turn, entry)
            elif row.role is QueueRole.APPLICATIONS:
                applicants.take(turn, queue, entry)
            elif row.role is QueueRole.SECOND:
                early.take(turn, row, entry)
            elif turn.conversation(queue) is not None:
                _take_entry(turn, queue, entry)
        except Unusable as error:
            if entry.cursor or error.reason not in (Reason.FUTURE, Reason.OUTDATED):
                turn.skip(queue, entry.cursor, error.reason)
        _move_on(turn, queue, entry)


def _move_on(turn: Turn, queue: bytes, entry: Entry) -> None:
    row = turn.queue(queue)
    if row is None or not row.cursor < entry.cursor:
        return
    # A commit moves the fence even when nobody can use it: the relay, which cannot tell, counts it too.
    fence = entry.cursor if entry.kind is EntryKind.COMMIT else row.fence
    turn.put_queue(replace(row, cursor=entry.cursor, fence=max(fence, row.fence)))
    turn.touched[queue] = None


def note_missing(turn: Turn, row: Queue, through: int) -> None:
    """Own entries up to a cursor that never came back have expired in the meantime; others have had them."""
    for item in turn.vault.passed(row.queue, through) if turn.conversation(row.queue) else ():
        outbox.passed_by(turn, item)


def note_gap(turn: Turn, queue: bytes) -> None:
    """Entries have gone before this device saw them; whether it can do without, the next epoch shows."""
    conversation, row = turn.conversation(queue), turn.queue(queue)
    if conversation is None or row is None or conversation.gap:
        return
    turn.put_conversation(replace(conversation, gap=True))
    notices.write(turn, conversation, row.cursor, iter([Notice(What.GAP, turn.me.account)]))


def _note_hole(turn: Turn, row: Queue) -> None:
    """Entries have gone before the next one; before the very first that only matters if a commit was among them."""
    conversation = turn.conversation(row.queue)
    if row.cursor:
        note_gap(turn, row.queue)
    elif conversation is not None:
        turn.put_conversation(replace(conversation, gap=True))


def _take_entry(turn: Turn, queue: bytes, entry: Entry) -> None:
    conversation = turn.conversation(queue)
    assert conversation is not None
    placed = max(conversation.latest, min(entry.at, _LATEST), 1)
    row = turn.queue(queue)
    if row is not None and row.cursor < entry.cursor - 1:
        _note_hole(turn, row)
        conversation = turn.conversation(queue) or conversation
    if placed != conversation.latest:
        turn.put_conversation(replace(conversation, latest=placed))
    if entry.kind is EntryKind.COMMIT:
        try:
            commits.take(turn, queue, entry)
        finally:
            turn.vault.drop_parcels(queue)  # whatever it was, the parts that came before it lead nowhere now
    elif not (
        _is_own(turn, queue, entry, placed) or _is_own_fleeting(turn, entry) or early.came(turn, queue, entry, placed)
    ):
        if parcels.is_part(entry.body):
            parcels.keep(turn, queue, entry.body)
        else:
            _open(turn, queue, entry, placed)


def _is_own(turn: Turn, queue: bytes, entry: Entry, placed: int) -> bool:
    """My own entry has come back: note where it stands, whether or not the acknowledgement ever came."""
    digest = sha256(entry.body).digest()
    if not entry.cursor or not turn.expects_own(queue, entry.cursor, digest):
        return False
    item = turn.vault.own_item(queue, entry.cursor, digest)
    if item is None:
        return False
    if item.purpose is Purpose.HANDED_IN:
        turn.vault.drop_outgoing(item.seq)
        return False
    if item.purpose is Purpose.PART:
        outbox.came_back(turn, item, entry.cursor, placed)
    elif _is_readable(turn, queue, item.epoch) and not entrances.is_outside(turn, queue):
        places.put_own(turn, item, entry.cursor)
        outbox.came_back(turn, item, entry.cursor, placed)
    else:
        outbox.send_again(turn, item)
    return True


def _is_own_fleeting(turn: Turn, entry: Entry) -> bool:
    return not entry.cursor and sha256(entry.body).digest() in turn.session.fleeting


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
        if entrances.is_outside(turn, queue) or (conversation.gap and entrances.lost(turn, conversation)):
            return
        raise Unusable(Reason.FUTURE)
    group = turn.group(queue, epoch)
    if group is None or not _is_readable(turn, queue, epoch):
        # From before this device joined; or too late for everybody, and its sender, who sees so too, sends it again.
        return
    match _opened(turn, conversation, group, entry):
        case Said() as said:
            turn.put_group(queue, said.group)
            received = contents.received(conversation, said, entry, placed)
            try:
                _said(turn, received)
            finally:
                early.note(turn, received, entry.body)  # its key is gone now, whatever came of it
        case Proposed(group, proposer, leaves):
            _proposed(turn, conversation, group, proposer, leaves)
        case Changed():
            # Commits go through the relay's fence or not at all.
            raise Unusable(Reason.FORBIDDEN)
        case None:
            pass


def _proposed(turn: Turn, conversation: Conversation, group: Group, proposer: Member, leaves: bool) -> None:
    """Somebody wants to leave, which is the only thing that may wait for another's commit here."""
    terms = decode_terms(group.terms)
    others = [member for member in group.members if member.leaf != proposer.leaf]
    stays = any(member.account == proposer.account for member in others)
    if not leaves or terms.kind != GROUP or (terms.role(proposer.account) is not Role.MEMBER and not stays):
        raise Unusable(Reason.FORBIDDEN)
    if group.epoch == conversation.epoch:
        turn.put_proposals(conversation.queue, group)


def _opened(turn: Turn, conversation: Conversation, group: Group, entry: Entry) -> Opened | None:
    try:
        return turn.groups.open(group, entry.body, turn.seconds)
    except Unusable as error:
        if error.reason is Reason.OUTDATED and group.epoch < conversation.epoch:
            return None  # a proposal that a commit has overtaken, which is made anew, or a repetition
        if error.reason is Reason.OUTDATED and group.epoch == conversation.epoch and entry.cursor:
            # Under a key that is used up: a repetition, or this vault was put back from an old copy and what it sends
            # is under used keys as well, which nobody could read. A new epoch helps the one and does the other no harm.
            turn.put_conversation(replace(conversation, refresh_due=True))
        raise


def _said(turn: Turn, received: Received) -> None:
    conversation, sender = received.conversation, received.sender.account
    if endings.is_leaving(turn, conversation) or requests.is_unheard(turn, conversation, sender):
        return
    if sender != turn.me.account and not conversation.met:
        conversation = replace(conversation, met=True)
        turn.put_conversation(conversation)
        received = replace(received, conversation=conversation)
    if early.stands_for(turn, received):
        return
    try:
        contents.take(turn, received)
    except Unusable as error:
        # Encrypted anew when there was no second home any more, it was here before what had gone over that.
        if error.reason is not Reason.REPEATED or not early.may_come_again(turn, received):
            raise
