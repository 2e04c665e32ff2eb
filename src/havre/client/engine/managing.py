"""The capability that manages a conversation's queue, for members who came in without it.

What lies at the door does not give it: whoever has the link could take the queue away without ever coming in. Who has
come in that way asks for it inside the group, where members alone are heard, and a member who has it says it there. All
members may have it (`terms.capabilities`); after the next rotation everybody derives a new one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from havre.client.engine import outbox
from havre.client.engine.effects import WakeAt
from havre.client.engine.turn import Turn
from havre.client.vault.homes import AskedManage
from havre.client.vault.rows import Conversation, Purpose
from havre.content import Manage, encode, manage
from havre.content.model import SALT_BYTES

if TYPE_CHECKING:
    from havre.client.engine.contents import Received


def ask(turn: Turn, queue: bytes) -> None:
    """Ask the others for what manages the queue, if this device has come in without it."""
    row, conversation = turn.queue(queue), turn.conversation(queue)
    if row is not None and conversation is not None and not row.manage:
        outbox.put_content(turn, conversation, Purpose.MANAGE, encode(manage(turn.entropy(SALT_BYTES))))


def take(turn: Turn, received: Received, signal: Manage) -> None:
    """Somebody asks, and this device may have to answer; or somebody answers, also for me if I lack it."""
    queue = received.conversation.queue
    row, known = turn.queue(queue), turn.vault.asked(queue)
    if row is None:
        return
    if not signal.secret and row.manage:
        due = known.due if known is not None else turn.now + _turn_of(turn, received.conversation)
        turn.vault.put_asked(AskedManage(queue, received.cursor, due))
    if signal.secret and not row.manage:
        turn.put_queue(replace(row, manage=signal.secret))
    if signal.secret and known is not None and known.cursor <= min(signal.through, received.cursor):
        turn.vault.drop_asked(queue)
    turn.touched[queue] = None


def _turn_of(turn: Turn, conversation: Conversation) -> int:
    """Return for how long the members with lower leaves are waited for, in milliseconds."""
    group = turn.group(conversation.queue, conversation.epoch)
    before_me = sum(1 for member in group.members if member.leaf < group.own_leaf) if group is not None else 0
    return min(before_me, turn.tuning.patience) * turn.tuning.patience_step


def answer_if_due(turn: Turn, conversation: Conversation) -> None:
    """Hand out what manages the queue, when it is this device's turn and nobody has done so."""
    asked, row = turn.vault.asked(conversation.queue), turn.queue(conversation.queue)
    if asked is None or row is None:
        return
    if turn.now < asked.due:
        turn.emit(WakeAt(asked.due))
        return
    turn.vault.drop_asked(conversation.queue)
    if row.manage and turn.group(conversation.queue, conversation.epoch) is not None:
        content = manage(turn.entropy(SALT_BYTES), row.manage, asked.cursor)
        outbox.put_content(turn, conversation, Purpose.MANAGE, encode(content))
