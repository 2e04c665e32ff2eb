"""The copy of a vault that a new device begins with: what is the account's, without what is the old device's alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from havre.client.vault.sqlcipher import SqlcipherVault

_OF_ONE_DEVICE: Final = (
    "key_package", "kept_package", "handed_package", "pending_commit", "outgoing", "wish", "receipt", "request",
    "parked_welcome",
    "epoch_keys", "epoch", "conversation", "scheduled", "inbox_rotation", "entrance", "applicant", "applications",
    "applied", "owed_history", "awaited_history", "way_back",
)  # fmt: skip
"""Keys, what is under way, conversations (entered anew by Welcome), and what would be sent twice."""
_NOT_SENT_YET: Final = (
    "DELETE FROM search WHERE rowid IN (SELECT seq FROM message WHERE state = 'waiting')",
    "DELETE FROM star WHERE seq IN (SELECT seq FROM message WHERE state = 'waiting')",
    "DELETE FROM message WHERE state = 'waiting'",
    "DELETE FROM amendment WHERE mine = 1 AND placed = 0",
)
"""What only the old device can send: on the new one it would wait for ever."""
_HISTORY: Final = ("search", "star", "amendment", "message")


def strip_snapshot(path: Path, key: bytes, history: bool, inbox_cursor: int) -> None:
    """Take out of a copy of a vault what no other device may have, and history unless it is wanted; it blocks.

    `inbox_cursor`: where the inbox stood before the new device's Welcomes were laid into it.
    """
    copy = SqlcipherVault(path, key)
    try:
        strip(copy, history, inbox_cursor)
        copy.execute("VACUUM")
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()


def strip(copy: SqlcipherVault, history: bool, inbox_cursor: int) -> None:
    """Delete from an open copy what `strip_snapshot` takes out of a closed one."""
    # Messages stay without their conversations until these are entered again.
    copy.execute("PRAGMA foreign_keys = OFF")
    with copy.transaction():
        for table in (*_OF_ONE_DEVICE, *(() if history else _HISTORY)):
            copy.execute(f"DELETE FROM {table}")  # noqa: S608  # names from the code
        for statement in _NOT_SENT_YET:
            copy.execute(statement)
        copy.execute("DELETE FROM queue WHERE role <> 'inbox'")
        copy.execute("UPDATE queue SET cursor = min(cursor, ?)", (inbox_cursor,))
        copy.put_me(replace(copy.me(), certificate=b"", account_secret=b"", device_secret=b""))
