"""Sending what must arrive: each item is stored with its ciphertext, sent in order, and again until acknowledged.

An item whose capability was refused waits until the queue's capabilities have changed, and is then encrypted anew,
under the same message id and dedupe id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from havre.client.engine.effects import Connect, MessageChanged, RelayRefused, WakeAt
from havre.client.engine.session import Link, SentItem
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Conversation, MessageState, Outgoing, Purpose, Queue
from havre.wire.capability import Capabilities, capability_hash
from havre.wire.refusals import Code
from havre.wire.sizes import DEDUPE_BYTES
from havre.wire.stream import Append, Command, Create, Hashes, Refused


def put_create(turn: Turn, queue: Queue) -> Outgoing:
    """Have a new queue made."""
    item = Outgoing(
        seq=0, after=0, relay=queue.relay, lane=queue.queue, queue=queue.queue, purpose=Purpose.CREATE,
        dedupe=b"", digest=b"", epoch=0, message=b"", cursor=0, body=b"", content=b"", write=b"",
    )  # fmt: skip
    return turn.vault.add_outgoing(item)


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


def put_content(
    turn: Turn, conversation: Conversation, purpose: Purpose, content: bytes, message: bytes = b""
) -> Outgoing:
    """Encrypt content in the present epoch and have it appended to the conversation."""
    queue = turn.queue(conversation.queue)
    assert queue is not None
    created = turn.vault.waiting(queue.queue, Purpose.CREATE)
    body = _encrypted(turn, conversation, content)
    item = Outgoing(
        seq=0, after=created, relay=queue.relay, lane=queue.queue, queue=queue.queue, purpose=purpose,
        dedupe=turn.entropy(DEDUPE_BYTES), digest=sha256(body).digest(), epoch=conversation.epoch, message=message,
        cursor=0, body=body, content=content, write=b"",
    )  # fmt: skip
    return turn.vault.add_outgoing(item)


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
    for item in turn.vault.due(link.relay, turn.tuning.window + len(link.held)):
        if item.seq not in under_way:
            _send(turn, link, item)


def _send(turn: Turn, link: Link, item: Outgoing) -> None:
    queue = turn.queue(item.lane)
    assert queue is not None
    write = item.write or queue.write
    turn.ask(link, SentItem(item.seq, item.dedupe, write), _command(item, queue, write))


def _command(item: Outgoing, queue: Queue, write: bytes) -> Callable[[int], Command]:
    if item.purpose is Purpose.CREATE:
        hashes = _hashes(queue)
        return lambda request: Create(request, item.queue, hashes, 0)
    return lambda request: Append(request, item.queue, write, item.dedupe, item.body)


def _hashes(queue: Queue) -> Hashes:
    return Capabilities(queue.read, queue.write, queue.manage).hashes()


# --- answers --------------------------------------------------------------------------------------------------


def on_created(turn: Turn, sent: SentItem) -> None:
    """The relay has made the queue: what waits for it can go."""
    item = turn.vault.outgoing(sent.seq)
    if item is not None and item.purpose is Purpose.CREATE:
        turn.vault.drop_outgoing(item.seq)
        turn.opened[item.lane] = None


def on_appended(turn: Turn, sent: SentItem, cursor: int) -> None:
    """The relay has the item on disk under a cursor, by which it is recognised when it comes back."""
    item = turn.vault.outgoing(sent.seq)
    queue = turn.queue(item.queue) if item else None
    if item is None or item.dedupe != sent.dedupe:
        # Seen in the queue before this answer came, and perhaps being sent again by now.
        return
    turn.touched[item.lane] = None
    if queue is None or item.queue != item.lane or cursor <= queue.cursor:
        turn.vault.drop_outgoing(item.seq)
    else:
        turn.vault.put_outgoing(replace(item, cursor=cursor))
    _note(turn, item, MessageState.SENT, cursor, placed=0)


def came_back(turn: Turn, item: Outgoing, cursor: int, placed: int) -> None:
    """The item stands in the queue where everybody sees it (`placed`: when the relay took it)."""
    turn.vault.drop_outgoing(item.seq)
    turn.touched[item.lane] = None
    _note(turn, item, MessageState.SENT, cursor, placed)


def send_again(turn: Turn, item: Outgoing) -> None:
    """The item came too late for anybody to read: so many commits had gone before it that its keys are gone."""
    fresh = replace(_reencrypted(turn, item), cursor=0, dedupe=turn.entropy(DEDUPE_BYTES))
    turn.vault.put_outgoing(fresh)
    turn.touched[item.lane] = None
    _note(turn, item, MessageState.WAITING, cursor=0, placed=0)


def _note(turn: Turn, item: Outgoing, state: MessageState, cursor: int, placed: int) -> None:
    """Note where an item's message stands; delivered and read ones stay so."""
    message = turn.vault.message(item.lane, item.message) if item.message else None
    if message is None:
        return
    if message.state not in (MessageState.WAITING, MessageState.SENT, MessageState.FAILED):
        state = message.state
    message = replace(message, state=state, cursor=cursor, placed=placed)
    turn.vault.put_message(message)
    turn.tell(MessageChanged(message))


def on_refused(turn: Turn, link: Link, sent: SentItem, refused: Refused) -> None:
    """The relay did not take the item: wait, encrypt anew, or give it up."""
    item = turn.vault.outgoing(sent.seq)
    if item is None or item.dedupe != sent.dedupe:
        return
    own_queue = item.queue == item.lane and item.purpose is not Purpose.CREATE
    if refused.retry_after is not None:
        link.busy_until = max(link.busy_until, turn.now + max(1, int(refused.retry_after * 1000)))
    elif refused.code is Code.CAPABILITY and own_queue and item.queue in link.following:
        link.held[item.seq] = sent.write
        release_held(turn, link)
    else:
        _give_up(turn, link, item, refused)


def _give_up(turn: Turn, link: Link, item: Outgoing, refused: Refused) -> None:
    turn.vault.drop_outgoing(item.seq)
    turn.tell(RelayRefused(link.relay, refused.code, refused.message))
    _note(turn, item, MessageState.FAILED, cursor=0, placed=0)


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
            turn.vault.put_outgoing(_reencrypted(turn, item))


def _reencrypted(turn: Turn, item: Outgoing) -> Outgoing:
    """Return the item under the present epoch's keys. The message id stays: wherever both arrive, they are one."""
    conversation = turn.conversation(item.lane)
    assert conversation is not None
    body = _encrypted(turn, conversation, item.content)
    return replace(item, body=body, digest=sha256(body).digest(), epoch=conversation.epoch)
