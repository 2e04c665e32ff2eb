"""What is written now and sent later: drafts, and messages with a time of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from havre.client.engine import chats, direct, messages, sync
from havre.client.engine.effects import Answer, Failed, MessageArrived, WakeAt
from havre.client.engine.events import Send
from havre.client.engine.message_intents import Draft, Schedule, Unschedule
from havre.client.engine.turn import Turn
from havre.client.sentences import said
from havre.client.vault.rows import Message, MessageState, Scheduled
from havre.content import ContentError, decode, encode
from havre.content.model import MESSAGE_ID_BYTES, SALT_BYTES

NOBODY: Final = 0
"""Ticket of what no call waits for."""
MAX_SCHEDULED: Final = 1000


def draft(turn: Turn, intent: Draft) -> None:
    """Keep what is written and not sent."""
    chat = turn.vault.chat(intent.chat)
    if chat is None:
        turn.emit(Failed(intent.ticket, said("ChatUnknown", "There is no such chat.")))
        return
    chat = replace(chat, draft=intent.words)
    chats.put(turn, chat)
    sync.tell(turn, sync.DRAFT, chat.chat, chat.draft)
    turn.emit(Answer(intent.ticket, chat))


def schedule(turn: Turn, intent: Schedule) -> None:
    """Keep a message until its time comes."""
    if turn.vault.chat(intent.chat) is None:
        turn.emit(Failed(intent.ticket, said("ChatUnknown", "There is no such chat.")))
        return
    if len(turn.vault.scheduled()) >= MAX_SCHEDULED:
        turn.emit(
            Failed(
                intent.ticket,
                said("TooManyScheduled", f"There are {MAX_SCHEDULED} scheduled messages already; remove one first."),
            )
        )
        return
    try:
        encoded = encode(replace(intent.content, salt=bytes(SALT_BYTES)))
    except ContentError as error:
        turn.emit(Failed(intent.ticket, said("Unsendable", f"This cannot be sent: {error}.")))
        return
    kept = turn.vault.add_scheduled(Scheduled(0, intent.chat, intent.due, encoded))
    turn.emit(Answer(intent.ticket, kept))


def unschedule(turn: Turn, intent: Unschedule) -> None:
    """Do not send a scheduled message."""
    if turn.vault.drop_scheduled(intent.seq):
        turn.emit(Answer(intent.ticket, None))
    else:
        turn.emit(
            Failed(intent.ticket, said("ScheduledGone", "There is no such scheduled message; it may have been sent."))
        )


def look(turn: Turn) -> None:
    """Send what is due, and come back for what is not."""
    for one in turn.vault.scheduled(turn.now):
        until = _hears_until(turn, one.chat)
        if until > turn.now:
            turn.emit(WakeAt(until))
            continue
        turn.vault.drop_scheduled(one.seq)
        if direct.refusal(turn, one.chat) is None:
            direct.send(turn, Send(NOBODY, one.chat, decode(one.content)))
        else:
            _keep_as_failed(turn, one)
    waiting = [row.due for row in turn.vault.scheduled() if row.due > turn.now]
    if waiting:
        turn.emit(WakeAt(waiting[0]))


def _hears_until(turn: Turn, chat: bytes) -> int:
    """Return until when a chat hears first who has come in meanwhile, who could not read what is sent before that.

    A relay that is away is waited for only as long as with anything else. Milliseconds; 0: all is heard.
    """
    until = 0
    for conversation in turn.conversations(chat):
        queue = turn.queue(conversation.queue)
        link = turn.session.links.get(queue.relay) if queue else None
        following = link.following.get(conversation.queue) if link else None
        if queue is not None and link is None:
            until = max(until, turn.session.away.get(queue.relay, 0) + turn.tuning.away)
        elif following is not None and following.behind:
            until = max(until, turn.now + turn.tuning.away)  # its answer is on its way, and comes before that
    return until


def _keep_as_failed(turn: Turn, one: Scheduled) -> None:
    """Let what can be sent no longer stand in its chat as something that was not: no call waits to be told."""
    for conversation in turn.conversations(one.chat)[:1]:
        message = Message(
            seq=0, chat=one.chat, queue=conversation.queue, id=turn.entropy(MESSAGE_ID_BYTES), sender=turn.me.account,
            device=turn.me.device, mine=True, cursor=0, placed=0, at=turn.now, state=MessageState.FAILED, seen=True,
            content=one.content,
        )  # fmt: skip
        stored = messages.add(turn, message, decode(one.content))
        if stored is not None:
            turn.tell(MessageArrived(stored))
