"""Receipts: one cumulative entry says how far this device has come; at most one of them is under way at a time.

Nobody confirms a receipt, so two devices never keep each other awake.
"""

from __future__ import annotations

from dataclasses import replace

from havre.client.engine import outbox, settings
from havre.client.engine.effects import MessageChanged
from havre.client.engine.groups import Member
from havre.client.engine.policy import RECEIPTS_UP_TO
from havre.client.engine.session import Link, SentTrim
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Conversation, MessageState, Purpose, Receipt
from havre.content import encode, receipt
from havre.content.model import SALT_BYTES
from havre.wire.stream import Trim


def take(turn: Turn, queue: bytes, cursor: int, sender: Member, delivered: int, read: int) -> None:
    """Another device says how far it has come; nobody can have come further than the receipt itself."""
    delivered, read = min(delivered, cursor), min(read, cursor)
    known = next((row for row in turn.vault.receipts(queue) if _is_of(row, sender)), None)
    if known is not None:
        delivered, read = max(delivered, known.delivered), max(read, known.read)
    turn.vault.put_receipt(Receipt(queue, sender.account, sender.device, delivered, read))
    turn.touched[queue] = None
    if sender.account == turn.me.account:
        return
    if not settings.is_on(turn, settings.READ_RECEIPTS):
        read = 0
    for through, state in ((read, MessageState.READ), (delivered, MessageState.DELIVERED)):
        for message in turn.vault.advance(queue, through, state):
            turn.tell(MessageChanged(message))


def _is_of(row: Receipt, sender: Member) -> bool:
    return (row.account, row.device) == (sender.account, sender.device)


def send_if_due(turn: Turn, conversation: Conversation) -> None:
    """Tell the others how far this device has come, unless the last word about that is still under way."""
    delivered = conversation.delivered if settings.is_on(turn, settings.DELIVERED_RECEIPTS) else 0
    read = conversation.read if settings.is_on(turn, settings.READ_RECEIPTS) else 0
    delivered, read = max(delivered, conversation.told_delivered), max(read, conversation.told_read)
    if (delivered, read) == (conversation.told_delivered, conversation.told_read):
        return
    group = turn.group(conversation.queue, conversation.epoch)
    if group is None or len(group.members) > RECEIPTS_UP_TO or turn.vault.waiting(conversation.queue, Purpose.RECEIPT):
        return
    content = receipt(turn.entropy(SALT_BYTES), delivered, read)
    outbox.put_content(turn, conversation, Purpose.RECEIPT, encode(content))
    told = replace(conversation, told_delivered=delivered, told_read=read)
    turn.put_conversation(told)


def trim_if_due(turn: Turn, link: Link, conversation: Conversation) -> None:
    """Have the relay forget what every device has; the member with the lowest leaf sees to it."""
    queue = turn.queue(conversation.queue)
    group = turn.group(conversation.queue, conversation.epoch)
    if queue is None or group is None or not queue.manage:
        return
    if group.own_leaf != min(member.leaf for member in group.members):
        return
    told = {(row.account, row.device): row.delivered for row in turn.vault.receipts(queue.queue)}
    others = [member for member in group.members if member.leaf != group.own_leaf]
    through = min([queue.cursor, *(told.get((member.account, member.device), 0) for member in others)])
    under_way = any(isinstance(asked, SentTrim) and asked.queue == queue.queue for asked in link.asked.values())
    if through - conversation.trimmed >= turn.tuning.trim_step and not under_way:
        asked = SentTrim(queue.queue, through)
        turn.ask(link, asked, lambda request: Trim(request, queue.queue, queue.manage, through))


def on_trimmed(turn: Turn, sent: SentTrim) -> None:
    """The relay has forgotten."""
    conversation = turn.conversation(sent.queue)
    if conversation is not None:
        turn.put_conversation(replace(conversation, trimmed=max(conversation.trimmed, sent.through)))
