"""How this account lists a chat: muted, pinned above the others, or archived until something is said in it."""

from __future__ import annotations

from dataclasses import replace

from havre.client.engine import chats, sync
from havre.client.engine.effects import Answer, Failed
from havre.client.engine.message_intents import Arrange
from havre.client.engine.turn import Turn
from havre.client.sentences import said


def arrange(turn: Turn, intent: Arrange) -> None:
    """List a chat as wanted, on my other devices, too."""
    chat = turn.vault.chat(intent.chat)
    if chat is None:
        turn.emit(Failed(intent.ticket, said("ChatUnknown", "There is no such chat.")))
        return
    chat = replace(chat, muted_until=intent.muted_until, pinned=intent.pinned, archived=intent.archived)
    chats.put(turn, chat)
    sync.tell(turn, sync.LISTED, chat.chat, [chat.muted_until, chat.pinned, chat.archived])
    turn.emit(Answer(intent.ticket, chat))
