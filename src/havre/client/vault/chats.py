"""Queues, conversations, messages and receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from havre.client.vault.rows import Conversation, Message, MessageState, Queue, Receipt
from havre.client.vault.tables import Connection, Table

_QUEUES: Final = Table("queue", Queue, "queue")
_CONVERSATIONS: Final = Table("conversation", Conversation, "queue")
_MESSAGES: Final = Table("message", Message, "seq")
_RECEIPTS: Final = Table("receipt", Receipt, "queue", "account", "device")
_ORDER: Final = "order_placed, order_queue, order_cursor, seq"
_DOWN: Final = "order_placed DESC, order_queue DESC, order_cursor DESC, seq DESC"
_LOWER: Final = {
    MessageState.SENT: (MessageState.WAITING,),
    MessageState.DELIVERED: (MessageState.WAITING, MessageState.SENT),
    MessageState.READ: (MessageState.WAITING, MessageState.SENT, MessageState.DELIVERED),
}
_LAST: Final = (1 << 63) - 1


class ChatTables(Connection):
    """Keeps to `havre.client.vault.base.ConversationRows` and `MessageRows`."""

    def put_queue(self, queue: Queue) -> None:
        """Insert or replace by id."""
        _QUEUES.put(self, queue)

    def queue(self, queue: bytes) -> Queue | None:
        """Return the queue, if this device follows it."""
        return _QUEUES.get(self, queue)

    def queues(self, relay: str | None = None) -> Sequence[Queue]:
        """Return the queues that this device follows, all or one relay's."""
        if relay is None:
            return _QUEUES.select(self, "ORDER BY queue")
        return _QUEUES.select(self, "WHERE relay = ? ORDER BY queue", relay)

    def put_conversation(self, conversation: Conversation) -> None:
        """Insert or replace by queue."""
        _CONVERSATIONS.put(self, conversation)

    def conversation(self, queue: bytes) -> Conversation | None:
        """Return the conversation with this home queue."""
        return _CONVERSATIONS.get(self, queue)

    def conversations(self, chat: bytes | None = None) -> Sequence[Conversation]:
        """Return all conversations, or those that are shown under one chat; by queue."""
        if chat is None:
            return _CONVERSATIONS.select(self, "ORDER BY queue")
        return _CONVERSATIONS.select(self, "WHERE chat = ? ORDER BY queue", chat)

    def put_receipt(self, receipt: Receipt) -> None:
        """Insert or replace by queue, account and device."""
        _RECEIPTS.put(self, receipt)

    def receipts(self, queue: bytes) -> Sequence[Receipt]:
        """Return how far every other device says it has come."""
        return _RECEIPTS.select(self, "WHERE queue = ? ORDER BY account, device", queue)

    def add_message(self, message: Message) -> Message | None:
        """Store a new message and return it with its `seq`; None if its id is already there."""
        cursor = _MESSAGES.add(self, message)
        return replace(message, seq=cursor.lastrowid) if cursor.rowcount else None

    def put_message(self, message: Message) -> None:
        """Replace by `seq`."""
        _MESSAGES.put(self, message)

    def message(self, queue: bytes, message_id: bytes) -> Message | None:
        """Return the message of a conversation with this id."""
        found = _MESSAGES.select(self, "WHERE queue = ? AND id = ?", queue, message_id)
        return found[0] if found else None

    def messages(self, chat: bytes, after: Message | None = None, limit: int = 1000) -> Sequence[Message]:
        """Return messages in the order in which everybody sees them, from the first or after a given one."""
        if after is None:
            return _MESSAGES.select(self, f"WHERE chat = ? ORDER BY {_ORDER} LIMIT ?", chat, limit)
        tail = f"WHERE chat = ? AND ({_ORDER}) > (?, ?, ?, ?) ORDER BY {_ORDER} LIMIT ?"
        return _MESSAGES.select(self, tail, chat, *_place(after), limit)

    def last_messages(self, chat: bytes, limit: int) -> Sequence[Message]:
        """Return the last messages, oldest of them first."""
        return _MESSAGES.select(self, f"WHERE chat = ? ORDER BY {_DOWN} LIMIT ?", chat, limit)[::-1]

    def advance(self, queue: bytes, through: int, state: MessageState) -> Sequence[Message]:
        """Raise own messages up to a cursor to `state`, and return those that changed, as they are now."""
        lower = _LOWER[state]
        marks = ", ".join("?" for _ in lower)
        tail = f"WHERE mine = 1 AND queue = ? AND cursor > 0 AND cursor <= ? AND state IN ({marks}) ORDER BY cursor"
        changed = [replace(found, state=state) for found in _MESSAGES.select(self, tail, queue, through, *lower)]
        for message in changed:
            self.execute("UPDATE message SET state = ? WHERE seq = ?", (str(state), message.seq))
        return changed

    def mark_seen(self, chat: bytes, through: Message | None) -> Sequence[bytes]:
        """Mark what others sent as seen, all or up to a message, and return the queues in which something changed."""
        tail = "chat = ? AND seen = 0"
        limits: list[object] = [chat]
        if through is not None:
            tail, limits = f"{tail} AND ({_ORDER}) <= (?, ?, ?, ?)", [chat, *_place(through)]
        found = self.execute(f"SELECT DISTINCT queue FROM message WHERE {tail}", limits).fetchall()  # noqa: S608  # names from the code
        self.execute(f"UPDATE message SET seen = 1 WHERE {tail}", limits)  # noqa: S608  # names from the code
        return [queue for (queue,) in found]

    def last_seen(self, queue: bytes) -> int:
        """Return the highest cursor of a message of others that was seen; 0: none."""
        sql = "SELECT coalesce(max(cursor), 0) FROM message WHERE queue = ? AND mine = 0 AND seen = 1"
        found = self.execute(sql, (queue,)).fetchone()
        return int(found[0]) if found else 0

    def unread(self, chat: bytes) -> int:
        """Return how many messages of others were not seen yet."""
        found = self.execute("SELECT count(*) FROM message WHERE chat = ? AND seen = 0", (chat,)).fetchone()
        return int(found[0]) if found else 0


def _place(message: Message) -> tuple[int, bytes, int, int]:
    """Return where a message stands in the order (the generated columns of schema.sql, worked out)."""
    if not message.placed:
        return _LAST, b"", 0, message.seq
    return message.placed, message.queue, message.cursor, message.seq
