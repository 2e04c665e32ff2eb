"""The second home of a conversation: a queue on another relay, through which messages flow while the first is away.

The first home alone orders: it gets every message in the end, and commits wait for it, so nothing forks. Queue and
capabilities of the second follow from the epoch that last rotated those of the first; nobody has to be told them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from havre.client.engine import calling, outbox, timers
from havre.client.engine.effects import Connect, HomeAway, HomeBack, MessageChanged, WakeAt
from havre.client.engine.groups import Group, Unusable
from havre.client.engine.session import Link, SentCopy, Session
from havre.client.engine.terms import (
    SELF,
    Handover,
    Home,
    Terms,
    decode_terms,
    second_capabilities,
    second_queue,
    second_secret,
)
from havre.client.engine.turn import Turn
from havre.client.vault.base import Vault
from havre.client.vault.homes import Early, SecondHome
from havre.client.vault.rows import MessageState, Outgoing, Purpose, Queue, QueueRole
from havre.wire.refusals import Code
from havre.wire.sizes import DEDUPE_BYTES
from havre.wire.stream import Append, Refused

COPIES: Final = 200
"""Messages that one turn sends over a second home at most."""

# --- which one ------------------------------------------------------------------------------------------------


def follow(turn: Turn, conversation: bytes, group: Group) -> None:
    """The capabilities have been rotated: go on with the second home that follows from this epoch, if there is one."""
    forget(turn, conversation)
    _move_in(turn, conversation, decode_terms(group.terms), second_secret(group))


def handed(turn: Turn, conversation: bytes, terms: Terms, handover: Handover) -> None:
    """This device comes in: use the second home that it was handed."""
    forget(turn, conversation)
    if handover.second:
        _move_in(turn, conversation, terms, handover.second)


def secret(turn: Turn, conversation: bytes) -> bytes:
    """Return what newcomers are handed; empty: there is no second home that this device knows."""
    second = turn.vault.second_home(conversation)
    return second.secret if second is not None else b""


def _move_in(turn: Turn, conversation: bytes, terms: Terms, secret: bytes) -> None:
    if len(terms.homes) == 1:
        return
    home = terms.homes[1]
    try:
        calling.check_relay(turn, home.relay)
    except Unusable:
        return  # the first home does for this device, sooner or later
    queue = _queue(home, secret)
    turn.put_queue(queue)
    turn.vault.put_queue(queue)
    turn.vault.put_second_home(SecondHome(conversation, queue.queue, home.relay, secret))
    turn.emit(Connect(home.relay))
    turn.opened[queue.queue] = None


def _queue(home: Home, secret: bytes) -> Queue:
    opens = second_capabilities(home, secret)
    return Queue(
        second_queue(home, secret), home.relay, QueueRole.SECOND, 0, 0,
        read=opens.read, write=opens.write, manage=opens.manage,
    )  # fmt: skip


def forget(turn: Turn, conversation: bytes) -> None:
    """Use the second home no longer; what was to go there goes over the first."""
    second = turn.vault.second_home(conversation)
    if second is None:
        return
    for lane in (conversation, second.queue):
        for item in turn.vault.lane(lane):
            if item.queue == second.queue:
                turn.vault.drop_outgoing(item.seq)
    turn.forget_queue(second.queue)
    turn.vault.drop_second_home(conversation)
    for link in turn.session.links.values():
        link.following.pop(second.queue, None)


def on_missing(turn: Turn, queue: Queue, code: Code) -> None:
    """The queue is not there yet: any member may make it, all make the same. Without it the first home does."""
    if code is Code.UNKNOWN and not turn.vault.waiting(queue.queue, Purpose.CREATE):
        outbox.put_create(turn, queue)


def stands_in(vault: Vault, session: Session, relay: str) -> bool:
    """Tell whether other homes do for a relay.

    Of all conversations that live there the second home is read, and has what waits for the first; or the relay has
    nothing but second homes itself.
    """
    queues = [queue for queue in vault.queues(relay) if queue.role is not QueueRole.SECOND]
    rows = (vault.conversation(queue.queue) for queue in queues)
    talks = [row.queue for row in rows if row is not None and row.kind != SELF]
    return (bool(talks) or not queues) and all(_is_kept_up(vault, session, home) for home in talks)


def _is_kept_up(vault: Vault, session: Session, home: bytes) -> bool:
    second = vault.second_home(home)
    link = session.links.get(second.relay) if second is not None else None
    if second is None or link is None:
        return False
    following = link.following.get(second.queue)
    reads_on = following is not None and not following.behind
    return reads_on and not vault.uncopied(home, 1) and not vault.copies(second.relay, 1)


# --- going over it --------------------------------------------------------------------------------------------


def look(turn: Turn) -> None:
    """Send over the second home what the first has not taken for a while."""
    for second in turn.vault.second_homes():
        queue = turn.queue(second.home)
        if queue is not None:
            _look_at(turn, second, queue)


def _look_at(turn: Turn, second: SecondHome, queue: Queue) -> None:
    away_at = _away_at(turn, queue.relay)
    if away_at is not None and turn.now >= away_at:
        _tell_away(turn, second, queue.relay)
    elif away_at is not None:
        turn.emit(WakeAt(away_at))
    noticed = turn.session.noticed.setdefault(second.home, {})
    waiting = turn.vault.uncopied(second.home, COPIES)
    seen = {item.digest: noticed.get(item.digest, turn.now) for item in waiting}
    turn.session.noticed[second.home] = seen
    for item in waiting:
        due = seen[item.digest] + turn.tuning.away
        if turn.now >= (due if away_at is None else min(due, away_at)):
            _copy(turn, second, item)
        else:
            turn.emit(WakeAt(due))
    if len(waiting) == COPIES:
        turn.emit(WakeAt(turn.now))


def _away_at(turn: Turn, relay: str) -> int | None:
    """Return from when on a relay counts as away; None: it is connected, or nobody has tried yet."""
    since = turn.session.away.get(relay)
    return None if since is None else since + turn.tuning.away


def _tell_away(turn: Turn, second: SecondHome, relay: str) -> None:
    conversation = turn.conversation(second.home)
    if second.home not in turn.session.told_away and conversation is not None:
        turn.session.told_away.add(second.home)
        turn.tell(HomeAway(conversation.chat, relay, second.relay))


def on_connected(turn: Turn, relay: str) -> None:
    """A relay is there (again): say so in the conversations that went on without it."""
    turn.session.away.pop(relay, None)
    for home in sorted(turn.session.told_away):
        conversation, queue = turn.conversation(home), turn.queue(home)
        if conversation is not None and queue is not None and queue.relay == relay:
            turn.session.told_away.discard(home)
            turn.tell(HomeBack(conversation.chat, relay))


def _copy(turn: Turn, second: SecondHome, item: Outgoing) -> None:
    """Have the same ciphertext appended to the second home; the item itself still waits for the first."""
    queue = turn.queue(second.queue)
    assert queue is not None
    copy = replace(
        item, seq=0, after=turn.vault.waiting(queue.queue, Purpose.CREATE), relay=second.relay, queue=second.queue,
        purpose=Purpose.COPY, dedupe=turn.entropy(DEDUPE_BYTES), content=b"", write=queue.write,
    )  # fmt: skip
    turn.vault.add_outgoing(copy)
    turn.vault.put_early(Early(second.home, item.digest, item.message, 0, 0, mine=True, since=turn.now, body=b""))


def pump(turn: Turn, link: Link) -> None:
    """Send copies that are due on a connection."""
    if turn.now < link.busy_until:
        return
    for item in turn.vault.copies(link.relay, turn.tuning.window):
        sent = SentCopy(item.seq, item.dedupe)
        if not link.is_under_way(sent):
            _send(turn, link, item, sent)


def _send(turn: Turn, link: Link, item: Outgoing, sent: SentCopy) -> None:
    turn.ask(
        link,
        sent,
        lambda request: Append(request, item.queue, item.write, item.dedupe, item.body, item.ttl or None),
    )


def on_copied(turn: Turn, sent: SentCopy, cursor: int) -> None:
    """The second home has the message on disk: that is as good as sent."""
    item = turn.vault.outgoing(sent.seq)
    if item is None or item.dedupe != sent.dedupe:
        return
    turn.vault.drop_outgoing(item.seq)
    early = turn.vault.early(item.lane, item.digest)
    if early is not None:
        turn.vault.put_early(replace(early, cursor=cursor))
    message = turn.vault.message(item.lane, item.message)
    if message is not None and message.state is MessageState.WAITING:
        message = timers.started(turn, replace(message, state=MessageState.SENT))
        turn.vault.put_message(message)
        turn.tell(MessageChanged(message))


def on_refused(turn: Turn, link: Link, sent: SentCopy, refused: Refused) -> None:
    """The second home did not take it: later, once the queue is there, or never; the first will."""
    item = turn.vault.outgoing(sent.seq)
    if item is None or item.dedupe != sent.dedupe:
        return
    queue = turn.queue(item.queue)
    if refused.retry_after is not None:
        link.busy_until = max(link.busy_until, turn.now + max(1, int(refused.retry_after * 1000)))
        turn.emit(WakeAt(link.busy_until))
    elif refused.code is Code.UNKNOWN and queue is not None and not turn.vault.waiting(item.queue, Purpose.CREATE):
        created = outbox.put_create(turn, queue)
        turn.vault.put_outgoing(replace(item, after=created.seq))
    else:
        turn.vault.drop_outgoing(item.seq)
