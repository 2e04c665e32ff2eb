"""Notices: what happened to a conversation, shown among its messages in the place where it happened.

Each device writes them down for itself from the commits that it adopts; nobody can send one.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from havre.client.engine.effects import MessageArrived
from havre.client.engine.groups import Changed
from havre.client.engine.terms import Terms
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Conversation, Message, MessageKind, MessageState
from havre.wire.frames import Frame
from havre.wire.sizes import AccountId


class What(StrEnum):
    """What has happened."""

    CREATED = "created"
    ADDED = "added"
    JOINED = "joined"
    """By a link."""
    LEFT = "left"
    REMOVED = "removed"
    BANNED = "banned"
    TITLE = "title"
    DESCRIPTION = "description"
    PICTURE = "picture"
    TIMER = "timer"
    RULES = "rules"
    ROLE = "role"
    LINK = "link"
    HOME = "home"
    """A second home has come (`number` 1, `text` its relay) or gone (0)."""
    MOVED = "moved"
    """The first home is another relay now: `text`."""
    RETURNED = "returned"
    """A device that was away for too long is back."""
    GONE = "gone"
    """Not written down: how a farewell, which is a message, is shown."""
    GAP = "gap"
    """This device was away for too long, and does not have what was said in the meantime."""


class Notice(msgspec.Struct, frozen=True, array_like=True):
    """Who did it to whom; `text` is the new title or description, `number` the timer in seconds, or a role."""

    what: What
    who: AccountId
    whom: list[AccountId] = []
    text: Annotated[str, Meta(max_length=2048)] = ""
    number: int = 0


_NOTICE: Final[Frame[Notice]] = Frame(Notice)


def encode_notice(notice: Notice) -> bytes:
    """Return a notice as the vault keeps it."""
    return _NOTICE.encode(notice)


def decode_notice(data: bytes) -> Notice:
    """Return the notice that the vault has kept."""
    return _NOTICE.decode(data)


def write(turn: Turn, conversation: Conversation, cursor: int, notices: Iterator[Notice]) -> None:
    """Write down what the entry under a cursor has brought about."""
    placed = max(conversation.latest, 1)
    at = (conversation.latest or turn.seconds) * 1000  # before anything was said, only this clock knows when it is
    for number, notice in enumerate(notices):
        content = encode_notice(notice)
        name = sha256(b"havre notice" + cursor.to_bytes(8, "big") + bytes([number]) + content).digest()
        message = Message(
            seq=0, chat=conversation.chat, queue=conversation.queue, id=name, sender=notice.who, device=b"",
            mine=False, cursor=cursor, placed=placed, at=at, state=MessageState.NOTICE, seen=True,
            content=content, kind=MessageKind.UNKNOWN,
        )  # fmt: skip
        stored = turn.vault.add_message(message)
        if stored is not None:
            turn.tell(MessageArrived(stored))


def of_change(before: Terms, after: Terms, change: Changed) -> Iterator[Notice]:
    """Yield what a commit means to people."""
    who = change.committer.account
    yield from _of_people(before, after, change)
    if after.title != before.title:
        yield Notice(What.TITLE, who, text=after.title)
    if after.description != before.description:
        yield Notice(What.DESCRIPTION, who, text=after.description)
    if after.picture != before.picture:
        yield Notice(What.PICTURE, who)
    if after.timer != before.timer:
        yield Notice(What.TIMER, who, number=after.timer)
    if after.rules != before.rules:
        yield Notice(What.RULES, who)
    if (after.invitation is None) != (before.invitation is None):
        yield Notice(What.LINK, who, number=int(after.invitation is not None))
    if after.homes[0] != before.homes[0]:
        yield Notice(What.MOVED, who, text=after.homes[0].relay)
    elif after.homes[1:] != before.homes[1:]:
        second = after.homes[1].relay if after.homes[1:] else ""
        yield Notice(What.HOME, who, text=second, number=int(bool(second)))
    for account in dict.fromkeys((after.owner, *after.admins, *before.admins, before.owner)):
        if account in change.accounts and after.role(account) is not before.role(account):
            yield Notice(What.ROLE, who, [account], number=after.role(account))


def _of_people(before: Terms, after: Terms, change: Changed) -> Iterator[Notice]:
    who = change.committer.account
    gone = {removal.member.account: removal for removal in change.removed}
    for account in [account for account in gone if account in change.accounts]:
        del gone[account]
    if change.external:
        yield Notice(What.RETURNED if change.removed else What.JOINED, who)
    added = list(dict.fromkeys(member.account for member in change.added))
    if added and added != [who]:
        yield Notice(What.ADDED, who, added)
    for account, removal in gone.items():
        if removal.left:
            yield Notice(What.LEFT, account)
        elif account in after.banned and account not in before.banned:
            yield Notice(What.BANNED, who, [account])
        else:
            yield Notice(What.REMOVED, who, [account])
