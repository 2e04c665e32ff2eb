"""A vault in a real file, and rows to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from havre.client.vault.rows import Conversation, Message, MessageState, Outgoing, Purpose, Queue, QueueRole
from havre.client.vault.sqlcipher import SqlcipherVault

KEY = bytes(range(32))
QUEUE = b"q" * 16
CHAT = b"c" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault.db"


@pytest.fixture
def vault(path: Path) -> Iterator[SqlcipherVault]:
    opened = SqlcipherVault(path, KEY)
    with opened.transaction():
        opened.put_queue(a_queue())
        opened.put_conversation(a_conversation())
    yield opened
    opened.close()


def a_queue(name: bytes = QUEUE) -> Queue:
    return Queue(name, "https://relay.example", QueueRole.CONVERSATION, 0, 0, b"r" * 32, b"w" * 32, b"m" * 32)


def a_conversation(name: bytes = QUEUE) -> Conversation:
    return Conversation(name, CHAT, "direct", 1, False, False, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def a_message(number: int, *, mine: bool = False, cursor: int = 0, placed: int = 0, queue: bytes = QUEUE) -> Message:
    state = MessageState.WAITING if mine else MessageState.RECEIVED
    name = number.to_bytes(32, "big")
    return Message(
        seq=0, chat=CHAT, queue=queue, id=name, sender=b"s" * 32, device=b"d" * 16, mine=mine, cursor=cursor,
        placed=placed, at=number, state=state, seen=mine, content=b"said %d" % number,
    )  # fmt: skip


def an_item(purpose: Purpose = Purpose.MESSAGE, after: int = 0, relay: str = "https://relay.example") -> Outgoing:
    return Outgoing(
        seq=0, after=after, relay=relay, lane=QUEUE, queue=QUEUE, purpose=purpose, dedupe=b"e" * 16, digest=b"h" * 32,
        epoch=1, message=b"", cursor=0, body=b"sealed", content=b"open", write=b"",
    )  # fmt: skip
