"""Commits: one under way for each conversation, kept in the vault until the queue shows it, or another's in its place.

The relay's fence puts commits in one order for everybody. A pending commit is given up only when another device's
commit is seen in the queue, never on the relay's word alone: it might have been taken without our hearing of it.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from havre.client.engine import aftermath, endings, entrances, homes, moves, outbox, parcels
from havre.client.engine.effects import RelayRefused, WakeAt
from havre.client.engine.groups import Changed, Group, Reason, Removal, Step, Unusable
from havre.client.engine.policy import check_commit, rotates
from havre.client.engine.session import Link, SentCommit
from havre.client.engine.terms import capabilities, decode_terms
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import Unfit
from havre.client.vault.rows import Conversation, PendingCommit, Purpose, Queue
from havre.wire.refusals import Code
from havre.wire.sizes import DEDUPE_BYTES
from havre.wire.stream import Commit, Entry, Refused, Rotate

# --- own commits ----------------------------------------------------------------------------------------------


def keep(turn: Turn, conversation: Conversation, group: Group, step: Step, fulfils: int = 0) -> None:
    """Make a commit of this device and store it; raises Unusable when the policy forbids it, having done nothing,
    and with UNMANAGED when it has to wait until this device may manage the queue.

    It is sent when the connection stands, byte for byte the same each time.
    """
    queue = turn.queue(conversation.queue)
    assert queue is not None
    made = turn.groups.commit(group, step, turn.seconds)
    *parts, last = parcels.cut(turn, made.message)
    terms, change = decode_terms(group.terms), own_change(group, made.group, step)
    check_commit(terms, change)
    if rotates(terms, change) and not queue.manage:
        raise Unusable(Reason.UNMANAGED)
    turn.put_group(queue.queue, made.current)
    outbox.drop_parts(turn, queue.queue)
    for part in parts:
        outbox.put_part(turn, conversation, part)
    epoch_state, keys_state = turn.groups.dump(made.group)
    pending = PendingCommit(
        queue=queue.queue, dedupe=turn.entropy(DEDUPE_BYTES), fence=queue.fence, digest=sha256(last).digest(),
        rotates=rotates(terms, change), fulfils=fulfils, welcome=made.welcome or b"", body=last,
        epoch_state=epoch_state, keys_state=keys_state, tree=step.tree,
    )  # fmt: skip
    turn.vault.put_pending(pending)
    moves.build(turn, terms, made.group)
    turn.touched[queue.queue] = None


def try_out(turn: Turn, group: Group, step: Step) -> None:
    """Raise Unusable if a commit could not be made, or the policy would forbid it."""
    made = turn.groups.commit(group, step, turn.seconds)
    check_commit(decode_terms(group.terms), own_change(group, made.group, step))


def own_change(before: Group, after: Group, step: Step) -> Changed:
    """Return what a commit of this device changes, as the others will see it."""
    was = {(member.leaf, member.account, member.device): member for member in before.members}
    now = {(member.leaf, member.account, member.device): member for member in after.members}
    left = before.leaving if step.proposed else ()
    removed = tuple(Removal(member, member in left) for name, member in was.items() if name not in now)
    added = tuple(member for name, member in now.items() if name not in was)
    own = next(member for member in after.members if member.leaf == before.own_leaf)
    return Changed(after, own, added, removed, after.terms, frozenset(member.account for member in after.members))


def send_pending(turn: Turn, link: Link, queue_id: bytes) -> None:
    """Send the pending commit, if there is one and it is not under way already."""
    pending, queue = turn.vault.pending(queue_id), turn.queue(queue_id)
    if pending is None or queue is None:
        return
    sent = SentCommit(queue_id, queue.write)
    if turn.vault.waiting(queue_id, Purpose.PART):
        return
    waits = link.held_commits.get(queue_id) == queue.write or turn.now < link.busy_until
    if waits or link.is_under_way(sent):
        return
    try:
        rotate = _rotation(turn, pending, queue)
    except Unfit as why:
        moves.give_up(turn, pending, why)
        return
    if pending.rotates and rotate is None:
        return
    turn.ask(
        link,
        sent,
        lambda request: Commit(
            request, queue_id, queue.write, pending.dedupe, pending.fence, pending.body, rotate
        ),
    )  # fmt: skip


def _rotation(turn: Turn, pending: PendingCommit, queue: Queue) -> Rotate | None:
    """Return the capabilities that go with a commit; None: there are none, or where it leads is not there yet."""
    if not pending.rotates:
        return None
    group = turn.groups.load(pending.epoch_state, pending.keys_state)
    return moves.rotation(queue, group) if moves.is_ready(turn, queue, group) else None


def on_appended(turn: Turn, link: Link, sent: SentCommit, cursor: int) -> None:
    """The relay has taken the pending commit: it is the next epoch for everybody.

    One that moves the home waits until it comes out of the queue: what stands before it is read there or nowhere.
    """
    pending, queue = turn.vault.pending(sent.queue), turn.queue(sent.queue)
    if pending is None or queue is None or cursor <= pending.fence:
        return
    if pending.rotates and moves.moves(queue, turn.groups.load(pending.epoch_state, pending.keys_state)):
        link.held_commits[sent.queue] = sent.write
    else:
        turn.put_queue(replace(queue, fence=max(queue.fence, cursor)))
        _adopt_own(turn, pending, cursor)


def on_refused(turn: Turn, link: Link, sent: SentCommit, refused: Refused) -> None:
    """The relay did not take the commit: wait for it, for new capabilities, or give it up."""
    if refused.retry_after is not None:
        link.busy_until = max(link.busy_until, turn.now + max(1, int(refused.retry_after * 1000)))
        turn.emit(WakeAt(link.busy_until))
        turn.touched[sent.queue] = None
    elif entrances.led_nowhere(turn, sent.queue):
        pass
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
        _adopt_own(turn, pending, entry.cursor)
    elif entry.cursor > row.fence:
        # Whatever it is, the relay counts it: a pending commit that names an earlier fence has lost.
        turn.vault.drop_pending(queue)
        if not entrances.overtaken(turn, queue):
            _take_foreign(turn, queue, entry)


def _take_foreign(turn: Turn, queue: bytes, entry: Entry) -> None:
    conversation = turn.conversation(queue)
    assert conversation is not None
    body = parcels.joined(turn, queue, entry.body)
    epoch = turn.groups.epoch_of(body)
    group = turn.group(queue, epoch)
    if epoch < conversation.epoch and group is None:
        return  # from before this device joined
    if epoch > conversation.epoch and conversation.gap and entrances.lost(turn, conversation):
        return
    if epoch != conversation.epoch or group is None:
        raise Unusable(Reason.FUTURE if epoch > conversation.epoch else Reason.OUTDATED)
    change = turn.groups.open(group, body, turn.seconds)
    if not isinstance(change, Changed):
        raise Unusable(Reason.FORBIDDEN)
    terms = decode_terms(group.terms)
    check_commit(terms, change)
    if change.group is None or moves.leads_nowhere(turn, queue, change.group):
        endings.removed(turn, conversation, entry.cursor, terms, change)
        return
    _adopt(turn, queue, change.group, rotates(terms, change))
    aftermath.follow(turn, queue, entry.cursor, terms, change)


def _adopt_own(turn: Turn, pending: PendingCommit, cursor: int) -> None:
    turn.vault.drop_pending(pending.queue)
    if entrances.is_outside(turn, pending.queue):
        entrances.arrived(turn, pending, cursor)
        return
    conversation = turn.conversation(pending.queue)
    assert conversation is not None
    before = turn.group(pending.queue, conversation.epoch)
    assert before is not None
    terms, group = decode_terms(before.terms), turn.groups.load(pending.epoch_state, pending.keys_state)
    change = own_change(before, group, Step())
    _adopt(turn, pending.queue, group, pending.rotates)
    conversation = turn.conversation(pending.queue)
    assert conversation is not None
    fresh = replace(conversation, refresh_due=False, refreshed_at=turn.now, sent_since=0)
    turn.put_conversation(fresh)
    aftermath.keep_promise(turn, pending, group)
    aftermath.follow(turn, pending.queue, cursor, terms, change)
    aftermath.lay_state(turn, pending.queue, group, cursor)


def _adopt(turn: Turn, queue: bytes, group: Group, rotated: bool) -> None:
    conversation, row = turn.conversation(queue), turn.queue(queue)
    assert conversation is not None
    assert row is not None
    turn.adopt_group(queue, group)
    turn.put_conversation(replace(conversation, epoch=group.epoch, gap=False))
    if rotated:
        fresh = capabilities(group)
        turn.put_queue(replace(row, read=fresh.read, write=fresh.write, manage=fresh.manage))
        turn.vault.drop_asked(queue)
        turn.opened[queue] = None
        moves.follow(turn, queue, group)
        homes.follow(turn, queue, group)
        for link in turn.session.links.values():
            outbox.release_held(turn, link)
