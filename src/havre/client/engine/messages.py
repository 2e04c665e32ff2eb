"""Putting messages into the vault: with what they are, the words they are found by, and their timer."""

from __future__ import annotations

from dataclasses import replace

from havre.client.engine import chats, timers
from havre.client.engine.turn import Turn
from havre.client.vault.facts import ERASED, facts_in
from havre.client.vault.rows import Message, MessageKind, MessageState
from havre.content import Content


def add(turn: Turn, message: Message, content: Content) -> Message | None:
    """Store a new message, whose content is also given decoded; None if its id is already there."""
    facts = facts_in(content)
    if facts.kind is not message.kind or facts.timer != message.timer:
        message = replace(message, kind=facts.kind, timer=facts.timer)
    if message.mine and facts.kind is MessageKind.ONCE:
        # Who sends something to be seen once keeps no copy; what is not sent yet lies in the outbox.
        message = replace(message, content=ERASED)
    if message.mine and message.state is not MessageState.WAITING:
        message = timers.started(turn, message)
    if content.expires is not None and not content.expires.relative:
        message = replace(message, expires_at=timers.until(turn, content.expires.time))
    stored = turn.vault.add_message(message)
    if stored is not None:
        turn.vault.index_new(stored.seq, facts.words)
        chats.awaken(turn, stored.chat)
    return stored


def erase(turn: Turn, message: Message, kind: MessageKind) -> Message:
    """Take a message's content and all that hangs on it away; its place stays, as a `kind` of nothing."""
    turn.vault.erase_traces(message)
    erased = replace(message, kind=kind, content=ERASED)
    turn.vault.put_message(erased)
    return erased
