"""Chats: the rows that faces list, beginning with the first conversation that leads there."""

from __future__ import annotations

from dataclasses import replace

from havre.client.engine.effects import ChatChanged, WishFailed
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Chat, ChatKind, Standing


def add(turn: Turn, name: bytes, kind: ChatKind) -> Chat:
    """Return the chat, which is new perhaps."""
    known = turn.vault.chat(name)
    if known is not None:
        return known
    chat = Chat(
        chat=name, kind=kind, title="", description="", picture=b"", timer=0, standing=Standing.ACCEPTED,
        muted_until=0, pinned=False, archived=False, draft="", began_at=turn.now,
    )  # fmt: skip
    put(turn, chat)
    return chat


def put(turn: Turn, chat: Chat) -> None:
    """Store a chat, and tell the faces if it is another than before."""
    if turn.vault.chat(chat.chat) != chat:
        turn.vault.put_chat(chat)
        show(turn, chat)


def show(turn: Turn, chat: Chat) -> None:
    """Have the faces look at a chat again."""
    turn.tell(ChatChanged(chat))


def revive(turn: Turn, chat: Chat) -> Chat:
    """Return the chat with somebody who has begun anew, whose account was deleted perhaps."""
    if chat.standing is Standing.GONE:
        chat = replace(chat, standing=Standing.ACCEPTED)
        put(turn, chat)
    return chat


def shut_out(turn: Turn, name: bytes, sentence: str) -> None:
    """Whoever waits to be let into a chat waits no longer; `sentence` says why."""
    chat = turn.vault.chat(name)
    if chat is not None and chat.standing is Standing.WAITING:
        put(turn, replace(chat, standing=Standing.REMOVED))
        turn.tell(WishFailed(name, sentence))


def awaken(turn: Turn, name: bytes) -> None:
    """Bring an archived chat back among the others: something new stands in it. A muted one stays away."""
    chat = turn.vault.chat(name)
    if chat is not None and chat.archived and chat.muted_until <= turn.now:
        put(turn, replace(chat, archived=False))
