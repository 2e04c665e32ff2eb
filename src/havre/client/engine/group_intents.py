"""What a person wants done with those who ask to be let into a group; each answered by one `Answer` or `Failed`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LetIn:
    """Let in an account that has asked. Answer: the chat; the account is in once a commit has brought it about."""

    ticket: int
    chat: bytes
    account: bytes


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Tell an account that has asked no. Answer: the chat."""

    ticket: int
    chat: bytes
    account: bytes


GroupIntent = LetIn | TurnAway
