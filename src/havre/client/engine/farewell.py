"""When an account goes: those who talked with it are told, and queues go with it where the other has had everything.

A farewell is a message of the kind that conversations between two take, and is believed under the account key's
signature alone: a device that holds no account key cannot delete the account, and cannot say that it is.
"""

from __future__ import annotations

from dataclasses import replace

from havre.client.engine import chats
from havre.client.engine.effects import Answer
from havre.client.engine.events import DropQueues
from havre.client.engine.groups import Reason, Unusable
from havre.client.engine.session import Link, SentDelete
from havre.client.engine.terms import DIRECT, SELF
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Conversation, MessageState, Queue, Standing
from havre.wire.records import farewell_bytes
from havre.wire.stream import Delete

_ON_THE_WAY = (MessageState.WAITING, MessageState.SENT)


def check_farewell(turn: Turn, conversation: Conversation, account: bytes, signature: bytes) -> None:
    """Raise Unusable unless an account says by its own key, where it may, that it is deleted."""
    person = turn.vault.person(account)
    key = turn.me.account_key if account == turn.me.account else person.account_key if person else b""
    if conversation.kind not in (DIRECT, SELF):
        raise Unusable(Reason.FORBIDDEN)
    if not turn.groups.has_signed(key, farewell_bytes(account), signature):
        raise Unusable(Reason.STRANGER)


def take(turn: Turn, conversation: Conversation) -> None:
    """Nobody reads what is written in this chat from now on, unless that account comes back and begins anew."""
    chat = turn.vault.chat(conversation.chat)
    if chat is not None:
        chats.put(turn, replace(chat, standing=Standing.GONE))


def drop_queues(turn: Turn, intent: DropQueues) -> None:
    """Ask relays that are connected to delete what nobody needs; whatever is left expires there by itself."""
    for conversation in turn.conversations():
        queue = turn.queue(conversation.queue)
        link = turn.session.links.get(queue.relay) if queue else None
        if queue is not None and link is not None and _is_done_with(turn, conversation, queue):
            _ask(turn, link, queue)
    turn.emit(Answer(intent.ticket, None))


def _is_done_with(turn: Turn, conversation: Conversation, queue: Queue) -> bool:
    if conversation.kind != DIRECT or not queue.manage:
        return False
    messages = turn.vault.messages(conversation.chat)
    mine = (row for row in messages if row.mine and row.queue == conversation.queue)
    return not any(row.state in _ON_THE_WAY for row in mine)


def _ask(turn: Turn, link: Link, queue: Queue) -> None:
    turn.ask(link, SentDelete(queue.queue), lambda request: Delete(request, queue.queue, queue.manage))
