"""Commits: one under way for each conversation, kept in the vault until the queue shows it, or another's in its place.

The relay's fence puts commits in one order for everybody. A pending commit is given up only when another device's
commit is seen in the queue, never on the relay's word alone: it might have been taken without our hearing of it.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from havre.client.engine import outbox
from havre.client.engine.effects import Answer, Failed, RelayRefused, WakeAt
from havre.client.engine.events import RemoveDevice
from havre.client.engine.groups import Changed, Group, Made, Reason, Unusable
from havre.client.engine.policy import check_commit, rotates
from havre.client.engine.session import Link, SentCommit
from havre.client.engine.terms import capabilities, decode_terms
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Conversation, PendingCommit, Purpose
from havre.wire.refusals import Code
from havre.wire.sizes import DEDUPE_BYTES
from havre.wire.stream import Commit, Entry, Refused, Rotate

# --- own commits ----------------------------------------------------------------------------------------------


def refresh_is_due(turn: Turn, conversation: Conversation) -> bool:
    """Tell whether this device should put fresh keys into the tree."""
    age = turn.now - conversation.refreshed_at
    often = conversation.sent_since >= turn.tuning.refresh_messages
    return conversation.refresh_due or often or age >= turn.tuning.refresh_age


def make_if_due(turn: Turn, conversation: Conversation) -> None:
    """Make a commit with fresh keys and keep it, unless one is pending or the queue is not there yet."""
    queue = turn.queue(conversation.queue)
    group = turn.group(conversation.queue, conversation.epoch)
    if queue is None or group is None or not refresh_is_due(turn, conversation):
        return
    being_made = turn.vault.waiting(queue.queue, Purpose.CREATE)
    if not being_made and turn.vault.pending(queue.queue) is None:
        keep(turn, conversation, turn.groups.refresh(group, turn.seconds), removed=0)


def remove_device(turn: Turn, intent: RemoveDevice) -> None:
    """Commit to removing a device of this account, which gives the queue new capabilities."""
    conversation = turn.conversation(intent.queue)
    group = turn.group(conversation.queue, conversation.epoch) if conversation else None
    members = group.members if group else ()
    leaves = [one.leaf for one in members if (one.account, one.device) == (turn.me.account, intent.device)]
    if conversation is None or group is None or not leaves or turn.vault.pending(intent.queue) is not None:
        turn.emit(Failed(intent.ticket, "That device is not in this conversation, or another change is under way."))
        return
    keep(turn, conversation, turn.groups.remove(group, leaves, turn.seconds), removed=len(leaves))
    turn.emit(Answer(intent.ticket, None))


def keep(turn: Turn, conversation: Conversation, made: Made, removed: int) -> None:
    """Store a commit of this device; it is sent when the connection stands, byte for byte the same each time."""
    queue = turn.queue(conversation.queue)
    assert queue is not None
    turn.put_group(queue.queue, made.current)
    digest = sha256(made.message).digest()
    epoch_state, keys_state = turn.groups.dump(made.group)
    dedupe = turn.entropy(DEDUPE_BYTES)
    pending = PendingCommit(
        queue.queue, dedupe, queue.fence, digest, rotates(removed), made.message, epoch_state, keys_state
    )
    turn.vault.put_pending(pending)
    turn.touched[queue.queue] = None


def send_pending(turn: Turn, link: Link, queue_id: bytes) -> None:
    """Send the pending commit, if there is one and it is not under way already."""
    pending, queue = turn.vault.pending(queue_id), turn.queue(queue_id)
    if pending is None or queue is None:
        return
    sent = SentCommit(queue_id, queue.write)
    waits = link.held_commits.get(queue_id) == queue.write or turn.now < link.busy_until
    if waits or link.is_under_way(sent):
        return
    rotate = _rotation(turn, pending, queue.manage) if pending.rotates else None
    turn.ask(
        link,
        sent,
        lambda request: Commit(
            request, queue_id, queue.write, pending.dedupe, pending.fence, pending.body, rotate
        ),
    )  # fmt: skip


def _rotation(turn: Turn, pending: PendingCommit, manage: bytes) -> Rotate:
    group = turn.groups.load(pending.epoch_state, pending.keys_state)
    return Rotate(manage, capabilities(group).hashes())


def on_appended(turn: Turn, sent: SentCommit, cursor: int) -> None:
    """The relay has taken the pending commit: it is the next epoch for everybody."""
    pending, queue = turn.vault.pending(sent.queue), turn.queue(sent.queue)
    if pending is not None and queue is not None and cursor > pending.fence:
        turn.put_queue(replace(queue, fence=max(queue.fence, cursor)))
        _adopt_own(turn, pending)


def on_refused(turn: Turn, link: Link, sent: SentCommit, refused: Refused) -> None:
    """The relay did not take the commit: wait for it, for new capabilities, or give it up."""
    if refused.retry_after is not None:
        link.busy_until = max(link.busy_until, turn.now + max(1, int(refused.retry_after * 1000)))
        turn.emit(WakeAt(link.busy_until))
        turn.touched[sent.queue] = None
    elif refused.code is Code.CAPABILITY:
        link.held_commits[sent.queue] = sent.write
    else:
        turn.vault.drop_pending(sent.queue)
        link.held_commits[sent.queue] = sent.write
        turn.tell(RelayRefused(link.relay, refused.code, refused.message))


# --- commits in the queue -------------------------------------------------------------------------------------


def take(turn: Turn, queue: bytes, entry: Entry) -> None:
    """A commit stands in the queue: adopt it if it is sound and allowed; raises Unusable."""
    row, pending = turn.queue(queue), turn.vault.pending(queue)
    assert row is not None
    if pending is not None and pending.digest == sha256(entry.body).digest():
        _adopt_own(turn, pending)
    elif entry.cursor > row.fence:
        # Whatever it is, the relay counts it: a pending commit that names an earlier fence has lost.
        turn.vault.drop_pending(queue)
        _take_foreign(turn, queue, entry)


def _take_foreign(turn: Turn, queue: bytes, entry: Entry) -> None:
    conversation = turn.conversation(queue)
    assert conversation is not None
    epoch = turn.groups.epoch_of(entry.body)
    if epoch != conversation.epoch:
        raise Unusable(Reason.FUTURE if epoch > conversation.epoch else Reason.OUTDATED)
    group = turn.group(queue, epoch)
    assert group is not None
    change = turn.groups.open(group, entry.body, turn.seconds)
    if not isinstance(change, Changed):
        raise Unusable(Reason.FORBIDDEN)
    check_commit(decode_terms(group.terms), change)
    if change.group is None:
        raise Unusable(Reason.REMOVED)
    _adopt(turn, queue, change.group, rotates(len(change.removed)))


def _adopt_own(turn: Turn, pending: PendingCommit) -> None:
    turn.vault.drop_pending(pending.queue)
    group = turn.groups.load(pending.epoch_state, pending.keys_state)
    _adopt(turn, pending.queue, group, pending.rotates)
    conversation = turn.conversation(pending.queue)
    assert conversation is not None
    fresh = replace(conversation, refresh_due=False, refreshed_at=turn.now, sent_since=0)
    turn.put_conversation(fresh)


def _adopt(turn: Turn, queue: bytes, group: Group, rotated: bool) -> None:
    conversation, row = turn.conversation(queue), turn.queue(queue)
    assert conversation is not None
    assert row is not None
    turn.adopt_group(queue, group)
    turn.put_conversation(replace(conversation, epoch=group.epoch))
    if rotated:
        fresh = capabilities(group)
        manage = fresh.manage if row.manage else b""
        turn.put_queue(replace(row, read=fresh.read, write=fresh.write, manage=manage))
        turn.opened[queue] = None
        for link in turn.session.links.values():
            outbox.release_held(turn, link)
