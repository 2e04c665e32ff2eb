"""Chats, queues, conversations, messages and receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from havre.client.vault.rows import Chat, Conversation, Message, MessageState, Queue, Receipt
from havre.client.vault.tables import Connection, Table

_CHATS: Final = Table("chat", Chat, "chat", calm=True)
_QUEUES: Final = Table("queue", Queue, "queue", calm=True)
_CONVERSATIONS: Final = Table("conversation", Conversation, "queue", calm=True)
MESSAGES: Final = Table("message", Message, "seq")
_RECEIPTS: Final = Table("receipt", Receipt, "queue", "account", "device", calm=True)
_ORDER: Final = "order_placed, order_queue, order_cursor, seq"
_DOWN: Final = "order_placed DESC, order_queue DESC, order_cursor DESC, seq DESC"
_LOWER: Final = {
    MessageState.SENT: (MessageState.WAITING,),
    MessageState.DELIVERED: (MessageState.WAITING, MessageState.SENT),
    MessageState.READ: (MessageState.WAITING, MessageState.SENT, MessageState.DELIVERED),
}
_LAST: Final = (1 << 63) - 1
_SHOWN: Final = "kind <> 'hidden'"
_LAST_OF: Final = f"SELECT seq FROM message WHERE chat = chat.chat AND {_SHOWN} ORDER BY {_DOWN} LIMIT 1"  # noqa: S608  # names from the code


class ChatTables(Connection):
    """Keeps to `havre.client.vault.base.ConversationRows` and `MessageRows`."""

    def put_chat(self, chat: Chat) -> None:
        """Insert or replace by id."""
        _CHATS.put(self, chat)

    def chat(self, chat: bytes) -> Chat | None:
        """Return the chat, if there is one."""
        return _CHATS.get(self, chat)

    def chats(self) -> Sequence[Chat]:
        """Return all chats, in the order in which they began."""
        return _CHATS.select(self, "ORDER BY began_at, chat")

    def put_queue(self, queue: Queue) -> None:
        """Insert or replace by id."""
        _QUEUES.put(self, queue)

    def queue(self, queue: bytes) -> Queue | None:
        """Return the queue, if this device follows it."""
        return _QUEUES.get(self, queue)

    def queues(self, relay: str | None = None) -> Sequence[Queue]:
        """Return the queues that this device follows, all or one relay's."""
        if relay is None:
            return _QUEUES.select(self, "WHERE role NOT IN ('ended', 'door') ORDER BY queue")
        return _QUEUES.select(self, "WHERE relay = ? AND role NOT IN ('ended', 'door') ORDER BY queue", relay)

    def queue_at(self, relay: str, address: bytes) -> Queue | None:
        """Return the queue of a moved conversation by what a relay calls it."""
        found = _QUEUES.select(self, "WHERE address = ? AND relay = ? AND role <> 'ended'", address, relay)
        return found[0] if found else None

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
        cursor = MESSAGES.add(self, message)
        return replace(message, seq=cursor.lastrowid) if cursor.rowcount else None

    def put_message(self, message: Message) -> None:
        """Replace by `seq`."""
        MESSAGES.put(self, message)

    def message(self, queue: bytes, message_id: bytes) -> Message | None:
        """Return the message of a conversation with this id."""
        found = MESSAGES.select(self, "WHERE queue = ? AND id = ?", queue, message_id)
        return found[0] if found else None

    def messages(self, chat: bytes, after: Message | None = None, limit: int = 1000) -> Sequence[Message]:
        """Return messages in the order in which everybody sees them, from the first or after a given one."""
        if after is None:
            return MESSAGES.select(self, f"WHERE chat = ? AND {_SHOWN} ORDER BY {_ORDER} LIMIT ?", chat, limit)
        tail = f"WHERE chat = ? AND {_SHOWN} AND ({_ORDER}) > (?, ?, ?, ?) ORDER BY {_ORDER} LIMIT ?"
        return MESSAGES.select(self, tail, chat, *_place(after), limit)

    def last_messages(self, chat: bytes, limit: int, before: Message | None = None) -> Sequence[Message]:
        """Return the last messages, or the last before a given one, oldest of them first."""
        if before is None:
            tail = f"WHERE chat = ? AND {_SHOWN} ORDER BY {_DOWN} LIMIT ?"
            return MESSAGES.select(self, tail, chat, limit)[::-1]
        tail = f"WHERE chat = ? AND {_SHOWN} AND ({_ORDER}) < (?, ?, ?, ?) ORDER BY {_DOWN} LIMIT ?"
        return MESSAGES.select(self, tail, chat, *_place(before), limit)[::-1]

    def last_of_each(self) -> Mapping[bytes, Message]:
        """Return the last message of every chat that has one, by chat."""
        return {found.chat: found for found in MESSAGES.select(self, f"WHERE seq IN (SELECT ({_LAST_OF}) FROM chat)")}  # noqa: S608  # names from the code

    def sizes(self) -> Mapping[bytes, tuple[int, int]]:
        """Return how many messages every chat has, and the bytes of what they say; chats without any are left out."""
        sql = f"SELECT chat, count(*), sum(length(content)) FROM message WHERE {_SHOWN} GROUP BY chat"  # noqa: S608  # names from the code
        return {chat: (count, size) for chat, count, size in self.execute(sql).fetchall()}

    def message_in(self, chat: bytes, message_id: bytes) -> Message | None:
        """Return a chat's message by its id, whichever of the chat's queues it stands in."""
        found = MESSAGES.select(self, "WHERE chat = ? AND id = ?", chat, message_id)
        return found[0] if found else None

    def messages_by_id(self, beginning: str) -> Sequence[Message]:
        """Return messages, two at most, whose id begins with these hexadecimal digits."""
        low, high = bytes.fromhex(beginning.ljust(64, "0")), bytes.fromhex(beginning.ljust(64, "f"))
        return MESSAGES.select(self, f"WHERE id BETWEEN ? AND ? AND {_SHOWN} LIMIT 2", low, high)

    def placed_beside(self, queue: bytes, cursor: int) -> int:
        """Return when the message before a cursor was placed, or else the one behind it; 0: there is none."""
        for side in ("cursor < ? ORDER BY cursor DESC", "cursor > ? ORDER BY cursor"):
            sql = f"SELECT placed FROM message WHERE queue = ? AND placed > 0 AND {side} LIMIT 1"  # noqa: S608  # names from the code
            found = self.execute(sql, (queue, cursor)).fetchone()
            if found:
                return int(found[0])
        return 0

    def advance(self, queue: bytes, through: int, state: MessageState) -> Sequence[Message]:
        """Raise own messages up to a cursor to `state`, and return those that changed, as they are now."""
        lower = _LOWER[state]
        marks = ", ".join("?" for _ in lower)
        tail = f"WHERE mine = 1 AND queue = ? AND cursor > 0 AND cursor <= ? AND state IN ({marks}) ORDER BY cursor"
        changed = [replace(found, state=state) for found in MESSAGES.select(self, tail, queue, through, *lower)]
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

    def unread_of_each(self) -> Mapping[bytes, int]:
        """Return how many messages of others were not seen yet, by chat; chats without any are left out."""
        return dict(self.execute("SELECT chat, count(*) FROM message WHERE seen = 0 GROUP BY chat").fetchall())


def _place(message: Message) -> tuple[int, bytes, int, int]:
    """Return where a message stands in the order (the generated columns of schema.sql, worked out)."""
    if not message.placed:
        return _LAST, b"", 0, message.seq
    return message.placed, message.queue, message.cursor, message.seq
