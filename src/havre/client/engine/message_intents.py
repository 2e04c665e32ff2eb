"""What a person wants done with messages and chats; each is answered by one `Answer` or `Failed` with its ticket.

`message` is queue and id of a message that is in the vault.
"""

from __future__ import annotations

from dataclasses import dataclass

from havre.content import Content

MessageName = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Amend:
    """React, edit, delete for everyone, pin, vote, close a poll: whatever `content` says. Answer: the message."""

    ticket: int
    message: MessageName
    content: Content


@dataclass(frozen=True, slots=True)
class Hide:
    """Delete a message for me. Answer: None."""

    ticket: int
    message: MessageName


@dataclass(frozen=True, slots=True)
class Clear:
    """Delete the first messages of a chat for me, so many at most. Answer: None."""

    ticket: int
    chat: bytes
    limit: int


@dataclass(frozen=True, slots=True)
class View:
    """Show a message that is shown once. Answer: the message as it was; from now on it is gone."""

    ticket: int
    message: MessageName


@dataclass(frozen=True, slots=True)
class Star:
    """Star a message, or no longer. Answer: the message."""

    ticket: int
    message: MessageName
    starred: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """Keep what is written and not yet sent; empty: nothing is. Answer: the chat."""

    ticket: int
    chat: bytes
    words: str


@dataclass(frozen=True, slots=True)
class Arrange:
    """List a chat so, on all my devices; `muted_until` in unix milliseconds. Answer: the chat."""

    ticket: int
    chat: bytes
    muted_until: int
    pinned: bool
    archived: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """Send a message at `due` (unix milliseconds), or when this device runs next after it. Answer: what was kept."""

    ticket: int
    chat: bytes
    content: Content
    due: int


@dataclass(frozen=True, slots=True)
class Unschedule:
    """Do not send a scheduled message. Answer: None."""

    ticket: int
    seq: int


@dataclass(frozen=True, slots=True)
class SayTyping:
    """Let those who are there know that I am writing, or no longer. Answer: None, whether anybody hears it or not."""

    ticket: int
    chat: bytes
    active: bool


MessageIntent = Amend | Hide | Clear | View | Star | Draft | Arrange | Schedule | Unschedule | SayTyping
