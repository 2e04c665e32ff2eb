"""A vault of an earlier version becomes one of today's, with everything that was in it."""

from __future__ import annotations

from pathlib import Path

import sqlcipher3

from havre.client.vault.rows import ChatKind, Standing
from havre.client.vault.sqlcipher import SqlcipherVault, _statements, scripts
from tests.client.vault.conftest import CHAT, KEY, QUEUE, a_message


def make_version_1(path: Path, *contents: bytes) -> None:
    """Write a vault as version 1 did, with one conversation in which messages came, one unless said otherwise."""
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    for statement in _statements(scripts()[1]):
        connection.execute(statement)
    connection.execute(
        "INSERT INTO queue VALUES (?, 'https://relay.example', 'conversation', 7, 3, ?, ?, ?)",
        (QUEUE, b"r" * 32, b"w" * 32, b"m" * 32),
    )
    conversation = (QUEUE, CHAT, "direct", 1, 1, 0, 9, 0, 5, 0, 0, 0, 0, 0, 0, 1234)
    connection.execute(f"INSERT INTO conversation VALUES ({', '.join('?' * 16)})", conversation)
    for number, content in enumerate(contents or (a_message(4).content,), 4):
        message = a_message(number)
        connection.execute(
            "INSERT INTO message (chat, queue, id, sender, device, mine, cursor, placed, at, state, seen, content) "
            "VALUES (?, ?, ?, ?, ?, 0, 2, 5, 4, 'received', 0, ?)",
            (CHAT, QUEUE, message.id, message.sender, message.device, content),
        )
    connection.close()


def test_version_1_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    make_version_1(path)
    vault = SqlcipherVault(path, KEY)
    assert vault.execute("PRAGMA user_version").fetchone() == (max(scripts()),)
    (chat,) = vault.chats()
    assert (chat.chat, chat.kind, chat.standing, chat.began_at) == (CHAT, ChatKind.DIRECT, Standing.ACCEPTED, 1234)
    queue, conversation = vault.queue(QUEUE), vault.conversation(QUEUE)
    assert queue is not None
    assert conversation is not None
    assert (queue.cursor, queue.read, conversation.began_at) == (7, b"r" * 32, 1234)
    assert [row.content for row in vault.messages(CHAT)] == [b"said 4"]
    vault.close()


def test_references_hold_after_a_migration(tmp_path: Path) -> None:
    """The table of queues was replaced under those that refer to it."""
    path = tmp_path / "vault.db"
    make_version_1(path)
    vault = SqlcipherVault(path, KEY)
    assert vault.execute("PRAGMA foreign_key_check").fetchall() == []
    assert vault.execute("PRAGMA foreign_keys").fetchone() == (1,)
    vault.execute("DELETE FROM queue WHERE queue = ?", (QUEUE,))
    assert vault.conversation(QUEUE) is None
    assert vault.messages(CHAT) == []
    vault.close()


def test_every_version_says_its_number() -> None:
    for number, script in scripts().items():
        assert f"PRAGMA user_version = {number};" in script
