"""Settings of the account that the engine goes by."""

from __future__ import annotations

from typing import Final

from havre.client.engine.turn import Turn

READ_RECEIPTS: Final = "receipts.read"
"""On: others learn what I have read, and I learn what they have."""
DELIVERED_RECEIPTS: Final = "receipts.delivered"
TYPING: Final = "typing"
TIMER: Final = "timer"
"""Seconds after which messages of chats that I begin disappear; 0: never."""
ON, OFF = "on", "off"


def is_on(turn: Turn, name: str) -> bool:
    """Tell whether a switch is on; all are until somebody turns them off."""
    return turn.vault.setting(name) != OFF


def default_timer(turn: Turn) -> int:
    """Return the timer of chats that I begin, in seconds."""
    return int(turn.vault.setting(TIMER) or 0)
