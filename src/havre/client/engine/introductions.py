"""What I am called and look like, and saying so: the first message of each side of a conversation."""

from __future__ import annotations

from havre.client.engine import outbox
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Conversation, Purpose
from havre.content import Profile, encode, profile
from havre.content.model import SALT_BYTES


def own(turn: Turn) -> Profile:
    """Return my own profile."""
    held = turn.vault.portrait(turn.me.account)
    if held is None:
        return Profile(turn.me.name)
    return Profile(turn.me.name, held.picture, held.since, held.back)


def introduce(turn: Turn, conversation: Conversation) -> None:
    """Say what I am called and look like."""
    mine = own(turn)
    if mine.name or mine.picture or mine.back:
        content = profile(turn.entropy(SALT_BYTES), mine.name, mine.picture, mine.since, mine.back)
        outbox.put_content(turn, conversation, Purpose.PROFILE, encode(content))
