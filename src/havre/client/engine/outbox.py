"""Sending what must arrive: each item is stored with its ciphertext, sent in order, and again until acknowledged.

An item whose capability was refused waits until the queue's capabilities have changed, and is then encrypted anew,
under the same message id and dedupe id. So is what was said while this device was bringing people in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from havre.client.engine import amendments, chats, timers, wishes
from havre.client.engine.effects import Connect, MessageChanged, RelayRefused, WakeAt
from havre.client.engine.session import Link, SentItem
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import decode_wish
from havre.client.sentences import said
from havre.client.vault.rows import Conversation, MessageState, Outgoing, Purpose, Queue, QueueRole
from havre.wire.capability import Capabilities, capability_hash
from havre.wire.refusals import Code
from havre.wire.sizes import DEDUPE_BYTES
from havre.wire.stream import Append, Command, Create, Hashes, Refused

SPOKEN: Final = (Purpose.MESSAGE, Purpose.AMENDMENT)
"""What goes over a second home, too, and keeps the order that it has there."""


def put_create(turn: Turn, queue: Queue) -> Outgoing:
    """Have a new queue made."""
    return turn.vault.add_outgoing(create_item(queue))


def create_item(queue: Queue) -> Outgoing:
    """Return what has a new queue made."""
    return Outgoing(
        seq=0, after=0, relay=queue.relay, lane=queue.queue, queue=queue.queue, purpose=Purpose.CREATE,
        dedupe=b"", digest=b"", epoch=0, message=b"", cursor=0, body=b"", content=b"", write=b"",
    )  # fmt: skip


def put_welcome(turn: Turn, lane: bytes, after: int, relay: str, inbox: bytes, write: bytes, welcome: bytes) -> None:
    """Have a Welcome laid into somebody's inbox, once the queue that it leads to is there."""
    turn.emit(Connect(relay))
    item = Outgoing(
        seq=0, after=after, relay=relay, lane=lane, queue=inbox, purpose=Purpose.WELCOME,
        dedupe=turn.entropy(DEDUPE_BYTES), digest=sha256(welcome).digest(), epoch=0, message=b"", cursor=0,
        body=welcome,
        content=b"", write=write,
    )  # fmt: skip
    turn.vault.add_outgoing(item)


def put_letter(turn: Turn, purpose: Purpose, relay: str, queue: bytes, write: bytes, body: bytes, chat: bytes) -> None:
    """Have something laid where this device only writes: an application to a group, or the answer to one."""
    turn.emit(Connect(relay))
    item = Outgoing(
        seq=0, after=0, relay=relay, lane=turn.me.inbox, queue=queue, purpose=purpose,
        dedupe=turn.entropy(DEDUPE_BYTES), digest=sha256(body).digest(), epoch=0, message=chat, cursor=0, body=body,
        content=b"", write=write,
    )  # fmt: skip
    turn.vault.add_outgoing(item)


def put_content(
    turn: Turn, conversation: Conversation, purpose: Purpose, content: bytes, message: bytes = b"", ttl: int = 0
) -> Outgoing:
    """Encrypt content in the present epoch and have it appended to the conversation.

    `ttl`: seconds that the relay is to keep it; 0: as long as it keeps others.
    """
    queue = turn.queue(conversation.queue)
    assert queue is not None
    created = turn.vault.waiting(queue.queue, Purpose.CREATE)
    body = _encrypted(turn, conversation, content)
    item = Outgoing(
        seq=0, after=created, relay=queue.relay, lane=queue.queue, queue=queue.queue, purpose=purpose,
        dedupe=turn.entropy(DEDUPE_BYTES), digest=sha256(body).digest(), epoch=conversation.epoch, message=message,
        cursor=0, body=body, content=content, write=b"", ttl=ttl,
    )  # fmt: skip
    return turn.vault.add_outgoing(item)


def put_proposal(turn: Turn, conversation: Conversation, body: bytes) -> None:
    """Have a proposal appended to the conversation; it means something in the present epoch only."""
    _put_as_it_is(turn, conversation, Purpose.PROPOSAL, body)


def put_part(turn: Turn, conversation: Conversation, body: bytes) -> None:
    """Have part of a commit appended, before the commit itself goes."""
    _put_as_it_is(turn, conversation, Purpose.PART, body)


def put_handed_in(turn: Turn, conversation: Conversation, body: bytes) -> None:
    """Have another's message appended to the conversation as it is, unless it is on its way there."""
    if turn.vault.own_item(conversation.queue, 0, sha256(body).digest()) is None:
        _put_as_it_is(turn, conversation, Purpose.HANDED_IN, body)


def _put_as_it_is(turn: Turn, conversation: Conversation, purpose: Purpose, body: bytes) -> None:
    queue = turn.queue(conversation.queue)
    assert queue is not None
    item = Outgoing(
        seq=0, after=0, relay=queue.relay, lane=queue.queue, queue=queue.queue, purpose=purpose,
        dedupe=turn.entropy(DEDUPE_BYTES), digest=sha256(body).digest(), epoch=conversation.epoch, message=b"",
        cursor=0, body=body, content=b"", write=b"",
    )  # fmt: skip
    turn.vault.add_outgoing(item)


def drop_parts(turn: Turn, queue: bytes) -> None:
    """The commit that they were of has lost the race."""
    for item in turn.vault.lane(queue):
        if item.purpose is Purpose.PART:
            turn.vault.drop_outgoing(item.seq)


def put_tree(turn: Turn, lane: bytes, relay: str, queue: bytes, write: bytes, bodies: Sequence[bytes]) -> int:
    """Have the tree of a large group laid into a queue of its own; return what a Welcome has to wait for."""
    after = turn.vault.waiting(queue, Purpose.CREATE)
    for body in bodies:
        item = Outgoing(
            seq=0, after=after, relay=relay, lane=lane, queue=queue, purpose=Purpose.TREE,
            dedupe=turn.entropy(DEDUPE_BYTES), digest=sha256(body).digest(), epoch=0, message=b"", cursor=0, body=body,
            content=b"", write=write,
        )  # fmt: skip
        after = turn.vault.add_outgoing(item).seq
    return after


def put_state(turn: Turn, queue: Queue, door: bytes, write: bytes, bodies: Sequence[bytes]) -> None:
    """Have the state of a conversation laid at its door; an older one that is still here does not go any more."""
    for item in turn.vault.lane(queue.queue):
        if item.purpose is Purpose.STATE:
            turn.vault.drop_outgoing(item.seq)
    created = turn.vault.waiting(door, Purpose.CREATE)
    for body in bodies:
        item = Outgoing(
            seq=0, after=created, relay=queue.relay, lane=queue.queue, queue=door, purpose=Purpose.STATE,
            dedupe=turn.entropy(DEDUPE_BYTES), digest=sha256(body).digest(), epoch=0, message=b"", cursor=0, body=body,
            content=b"", write=write,
        )  # fmt: skip
        turn.vault.add_outgoing(item)


def renew_lane(turn: Turn, lane: bytes) -> None:
    """Encrypt anew what waits in a conversation: the epoch that it was for is over for everybody."""
    for item in turn.vault.lane(lane):
        if item.queue == item.lane and item.content:
            fresh = replace(_reencrypted(turn, item), cursor=0, dedupe=turn.entropy(DEDUPE_BYTES))
            turn.vault.put_outgoing(fresh)
        elif item.purpose in (Purpose.PROPOSAL, Purpose.PART):
            turn.vault.drop_outgoing(item.seq)


def drop_content(turn: Turn, item: Outgoing) -> None:
    """Give up what was to go into a conversation that this device is out of; Welcomes of newcomers still go."""
    if item.queue == item.lane:
        turn.vault.drop_outgoing(item.seq)
        _note(turn, item, MessageState.FAILED, cursor=0, placed=0)


def _encrypted(turn: Turn, conversation: Conversation, content: bytes) -> bytes:
    group = turn.group(conversation.queue, conversation.epoch)
    assert group is not None
    group, body = turn.groups.encrypt(group, content)
    turn.put_group(conversation.queue, group)
    return body


# --- sending --------------------------------------------------------------------------------------------------


def pump(turn: Turn, link: Link) -> None:
    """Send as many items as the window has room for."""
    if turn.now < link.busy_until:
        turn.emit(WakeAt(link.busy_until))
        return
    under_way = link.items_under_way() | link.held.keys()
    items, bringing = _due(turn, link)
    back: set[bytes] = set()
    for item in items:
        if item.seq in under_way or (item.lane in back and _follows(item)):
            continue
        if item.purpose in SPOKEN and item.lane in bringing:
            continue
        if _stands_back(turn, link, item):
            back.add(item.lane)
        else:
            _send(turn, link, item)


def _follows(item: Outgoing) -> bool:
    """Tell whether an item does not go before an earlier one that stands back: what that waits for does."""
    return item.queue == item.lane and item.purpose is not Purpose.HANDED_IN


def _due(turn: Turn, link: Link) -> tuple[Sequence[Outgoing], set[bytes]]:
    """Return what may go next, and the conversations into which this device is bringing people.

    Nothing is said there until they are in, since they could not read it; and that it waits is in nobody's way, nor is
    what stands back, least of all in that of what it waits for.
    """
    room = turn.tuning.window + len(link.held)
    items = turn.vault.due(link.relay, room)
    spoken = [item for item in items if item.purpose in SPOKEN]
    bringing = {lane for lane in {item.lane for item in spoken} if brings(turn, lane)}
    resting = bringing | {item.lane for item in spoken if _stands_back(turn, link, item)}
    if resting:
        items = turn.vault.due(link.relay, room + sum(len(turn.vault.lane(lane)) for lane in resting))
    return items, bringing


def brings(turn: Turn, lane: bytes) -> bool:
    """Tell whether a wish of this device's own to bring somebody into the conversation has not come about yet."""
    return any(wishes.brings(decode_wish(wanted.wish)) for wanted in turn.vault.wishes(lane))


def let_newcomers_read(turn: Turn, lane: bytes) -> None:
    """Encrypt anew what has waited until people were in, unless it went over the second home, where others have it."""
    conversation = turn.conversation(lane)
    under_way = {seq for link in turn.session.links.values() for seq in link.items_under_way()}
    if conversation is None or brings(turn, lane):
        return
    for item in turn.vault.lane(lane):
        is_unsent = item.purpose in SPOKEN and not item.cursor and item.seq not in under_way
        is_old = item.epoch < conversation.epoch and turn.vault.early(lane, item.digest) is None
        if is_unsent and is_old and item.content:
            turn.vault.put_outgoing(_reencrypted(turn, item))


def _stands_back(turn: Turn, link: Link, item: Outgoing) -> bool:
    """Tell whether an item waits, for a while at most: others spoke first over the second home, and go first here, too.

    What went over the second home may have been laid here by somebody else; that shows once all has been read.
    """
    until = link.since + turn.tuning.merge
    if item.purpose not in SPOKEN or turn.now >= until:
        return False
    following = link.following.get(item.lane)
    reads_on = following is not None and not following.behind
    copied = turn.vault.early(item.lane, item.digest) is not None
    if (reads_on or not copied) and not turn.vault.stands_back(item.lane, item.digest):
        return False
    turn.emit(WakeAt(until))
    return True


def _send(turn: Turn, link: Link, item: Outgoing) -> None:
    queue = turn.queue(item.lane)
    assert queue is not None
    write = item.write or queue.write
    turn.ask(link, SentItem(item.seq, item.dedupe, write), _command(item, queue, write))


def _command(item: Outgoing, queue: Queue, write: bytes) -> Callable[[int], Command]:
    if item.purpose is Purpose.CREATE:
        hashes = _hashes(queue)
        return lambda request: Create(request, item.queue, hashes, 0)
    return lambda request: Append(request, item.queue, write, item.dedupe, item.body, item.ttl or None)


def _hashes(queue: Queue) -> Hashes:
    return Capabilities(queue.read, queue.write, queue.manage).hashes()


# --- answers --------------------------------------------------------------------------------------------------


def on_created(turn: Turn, sent: SentItem) -> None:
    """The relay has made the queue: what waits for it can go."""
    item = turn.vault.outgoing(sent.seq)
    if item is not None and item.purpose is Purpose.CREATE:
        turn.vault.drop_outgoing(item.seq)
        turn.opened[item.lane] = None
        for conversation in turn.conversations():
            turn.touched[conversation.queue] = None  # a commit may have waited for it


def note_created(turn: Turn, queue: bytes) -> None:
    """The queue can be read, so it is there, though its acknowledgement was lost; asked again, with capabilities
    that a commit has changed since, the relay would refuse it as another's.
    """
    seq = turn.vault.waiting(queue, Purpose.CREATE)
    if seq:
        turn.vault.drop_outgoing(seq)


def on_appended(turn: Turn, sent: SentItem, cursor: int) -> None:
    """The relay has the item on disk under a cursor, by which it is recognised when it comes back."""
    item = turn.vault.outgoing(sent.seq)
    queue = turn.queue(item.queue) if item else None
    if item is None or item.dedupe != sent.dedupe:
        # Seen in the queue before this answer came, and perhaps being sent again by now.
        return
    turn.touched[item.lane] = None
    if queue is not None and item.queue == item.lane and cursor <= queue.cursor:
        passed_by(turn, replace(item, cursor=cursor))
        return
    if queue is None or item.queue != item.lane:
        turn.vault.drop_outgoing(item.seq)
    else:
        turn.vault.put_outgoing(replace(item, cursor=cursor))
    _note(turn, item, MessageState.SENT, cursor, placed=0)


def came_back(turn: Turn, item: Outgoing, cursor: int, placed: int) -> None:
    """The item stands in the queue where everybody sees it (`placed`: when the relay took it)."""
    turn.vault.drop_outgoing(item.seq)
    turn.touched[item.lane] = None
    _note(turn, item, MessageState.SENT, cursor, placed)


def passed_by(turn: Turn, item: Outgoing) -> None:
    """The item stood in the queue and has expired before it came back; others have had it, in the place that it gets.

    When the relay took it is not known any more. The time of the message before it puts it where it was: behind that
    one by its cursor, and before whatever came later.
    """
    conversation = turn.conversation(item.lane)
    latest = conversation.latest if conversation else 0
    came_back(turn, item, item.cursor, turn.vault.placed_beside(item.lane, item.cursor) or max(latest, 1))


def send_again(turn: Turn, item: Outgoing) -> None:
    """The item came too late for anybody to read: so many commits had gone before it that its keys are gone."""
    if item.lane in {row.queue for row in turn.vault.entrances()}:
        turn.vault.put_outgoing(replace(item, cursor=0, dedupe=turn.entropy(DEDUPE_BYTES)))
        return
    if not item.content:  # its message has disappeared in the meantime
        turn.vault.drop_outgoing(item.seq)
        return
    fresh = replace(_reencrypted(turn, item), cursor=0, dedupe=turn.entropy(DEDUPE_BYTES))
    turn.vault.put_outgoing(fresh)
    turn.touched[item.lane] = None
    _note(turn, item, MessageState.WAITING, cursor=0, placed=0)


def _note(turn: Turn, item: Outgoing, state: MessageState, cursor: int, placed: int) -> None:
    """Note where an item's message stands; delivered and read ones stay so."""
    if item.purpose is Purpose.AMENDMENT:
        _note_amendment(turn, item, state, cursor, placed)
        return
    message = turn.vault.message(item.lane, item.message) if item.message else None
    if message is None:
        return
    if message.state not in (MessageState.WAITING, MessageState.SENT, MessageState.FAILED):
        state = message.state
    message = replace(message, state=state, cursor=cursor, placed=placed)
    if state not in (MessageState.WAITING, MessageState.FAILED):
        message = timers.started(turn, message)
    turn.vault.put_message(message)
    turn.tell(MessageChanged(message))


def _note_amendment(turn: Turn, item: Outgoing, state: MessageState, cursor: int, placed: int) -> None:
    if state is MessageState.FAILED:
        amendments.failed(turn, item.lane, item.message)
    elif placed:
        amendments.placed(turn, item.lane, item.message, cursor, placed)


def on_refused(turn: Turn, link: Link, sent: SentItem, refused: Refused) -> None:
    """The relay did not take the item: wait, encrypt anew, or give it up."""
    item = turn.vault.outgoing(sent.seq)
    if item is None or item.dedupe != sent.dedupe:
        return
    own_queue = item.queue == item.lane and item.purpose is not Purpose.CREATE
    if refused.retry_after is not None:
        link.busy_until = max(link.busy_until, turn.now + max(1, int(refused.retry_after * 1000)))
    elif refused.code is Code.CAPABILITY and own_queue and item.queue not in link.left:
        link.held[item.seq] = sent.write
        release_held(turn, link)
    else:
        _give_up(turn, link, item, refused)


def _give_up(turn: Turn, link: Link, item: Outgoing, refused: Refused) -> None:
    turn.vault.drop_outgoing(item.seq)
    if item.purpose is Purpose.APPLICATION:
        turn.vault.drop_applied(item.message)
        chats.shut_out(turn, item.message, said("LinkClosed", "The link lets nobody ask any more."))
        return
    turn.tell(RelayRefused(link.relay, refused.code, refused.message))
    _note(turn, item, MessageState.FAILED, cursor=0, placed=0)
    queue = turn.queue(item.queue)
    if item.purpose is Purpose.CREATE and queue is not None and queue.role is QueueRole.DOOR:
        turn.put_queue(replace(queue, role=QueueRole.ENDED))
        for conversation in turn.conversations():
            turn.touched[conversation.queue] = None  # what has waited for it has waited in vain


def abandon(turn: Turn, link: Link, queue: bytes, refused: Refused) -> None:
    """Give up what waits for new capabilities of a queue that this device cannot read: none will come."""
    for seq in list(link.held):
        item = turn.vault.outgoing(seq)
        if item is not None and item.queue == queue:
            del link.held[seq]
            _give_up(turn, link, item, refused)


def release_held(turn: Turn, link: Link) -> None:
    """Encrypt anew and send what was refused under capabilities that have been rotated since."""
    for seq, refused in list(link.held.items()):
        item = turn.vault.outgoing(seq)
        queue = turn.queue(item.lane) if item else None
        if item is None or queue is None:
            del link.held[seq]
        elif capability_hash(queue.write) != capability_hash(refused):
            del link.held[seq]
            if _is_shown(turn, item):
                continue  # as it is, so that it has one place for all; once its keys are gone it is sent again
            if item.content:
                turn.vault.put_outgoing(_reencrypted(turn, item))
            elif item.purpose is not Purpose.HANDED_IN:
                # A proposal is made anew, and a message that has disappeared in the meantime is gone.
                turn.vault.drop_outgoing(item.seq)


def _is_shown(turn: Turn, item: Outgoing) -> bool:
    """Tell whether others have this ciphertext from the second home, and may be laying it into the first themselves."""
    copied = turn.vault.early(item.lane, item.digest)
    return copied is not None and copied.mine and copied.cursor > 0


def _reencrypted(turn: Turn, item: Outgoing) -> Outgoing:
    """Return the item under the present epoch's keys. The message id stays: wherever both arrive, they are one."""
    conversation = turn.conversation(item.lane)
    assert conversation is not None
    body = _encrypted(turn, conversation, item.content)
    return replace(item, body=body, digest=sha256(body).digest(), epoch=conversation.epoch)
