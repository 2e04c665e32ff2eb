"""Notices as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from havre.client.engine.notices import Notice, What, decode_notice
from havre.client.engine.terms import Role
from havre.client.message_views import NoticeBody
from havre.client.vault.rows import Message, MessageKind

_UNITS: Final = ((7 * 24 * 3600, "week"), (24 * 3600, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_ROLES: Final = {Role.OWNER: "the owner", Role.ADMIN: "an admin", Role.MEMBER: "a member"}
_SENTENCES: Final[Mapping[What, Callable[[str, str, Notice], str]]] = {
    What.CREATED: lambda who, whom, notice: f"{who} created the group {notice.text!r}.",
    What.ADDED: lambda who, whom, notice: f"{who} added {whom}.",
    What.JOINED: lambda who, whom, notice: f"{who} joined by the link.",
    What.LEFT: lambda who, whom, notice: f"{who} left.",
    What.REMOVED: lambda who, whom, notice: f"{who} removed {whom}.",
    What.BANNED: lambda who, whom, notice: f"{who} removed and banned {whom}.",
    What.TITLE: lambda who, whom, notice: f"{who} called the group {notice.text!r}.",
    What.DESCRIPTION: lambda who, whom, notice: f"{who} changed the description.",
    What.PICTURE: lambda who, whom, notice: f"{who} changed the picture.",
    What.TIMER: lambda who, whom, notice: _timer_sentence(who, notice.number),
    What.RULES: lambda who, whom, notice: f"{who} changed who may do what.",
    What.ROLE: lambda who, whom, notice: f"{who} made {whom} {_ROLES[Role(notice.number)]}.",
    What.LINK: lambda who, whom, notice: f"{who} {'opened' if notice.number else 'closed'} the invitation link.",
    What.HOME: lambda who, whom, notice: _home_sentence(who, notice),
    What.MOVED: lambda who, whom, notice: f"{who} moved the chat to {notice.text}.",
    What.RETURNED: lambda who, whom, notice: f"{who} came back after a long time away.",
    What.GONE: lambda who, whom, notice: _gone_sentence(who),
    What.GAP: lambda who, whom, notice: "What was said while this device was away is missing here.",
}


def notice_body(row: Message, called: Callable[[bytes], str]) -> NoticeBody:
    """Return what a notice or a farewell says; `called` gives what an account is called."""
    farewell = row.kind is MessageKind.FAREWELL
    notice = Notice(What.GONE, row.sender) if farewell else decode_notice(row.content)
    who, whom = called(notice.who), tuple(called(account) for account in notice.whom)
    sentence = _SENTENCES[notice.what](who, ", ".join(whom), notice)
    return NoticeBody(notice.what, sentence[0].upper() + sentence[1:], who, whom, notice.text, notice.number)


def duration(seconds: int) -> str:
    """Return a duration in the largest unit of which it is a multiple."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _home_sentence(who: str, notice: Notice) -> str:
    if not notice.number:
        return f"{who} took the second home away."
    return f"{who} gave the chat a second home on {notice.text}, for when its own relay is away."


def _gone_sentence(who: str) -> str:
    if who == "you":
        return "You have deleted this account."
    return f"{who} has deleted their account: nobody reads what is written here."


def _timer_sentence(who: str, seconds: int) -> str:
    if not seconds:
        return f"{who} turned disappearing messages off."
    return f"{who} set messages to disappear after {duration(seconds)}."
