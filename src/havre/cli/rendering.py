"""How people and messages look, as a line to read and as JSON."""

from __future__ import annotations

from typing import Any, Final

from havre.cli.screen import clock, quoted, size_words
from havre.client.api import FileBody, Message, MessageState, OtherBody, Person, TextBody

_MARKS: Final[dict[MessageState, str]] = {
    MessageState.WAITING: "…",
    MessageState.SENT: "✓",
    MessageState.DELIVERED: "✓✓",
    MessageState.READ: "✓✓ read",
    MessageState.FAILED: "✗ the relay refused it",
}


def person_json(person: Person) -> dict[str, Any]:
    """Return a person as a JSON object."""
    return {
        "id": person.id,
        "name": person.name,
        "fingerprint": person.fingerprint,
        "verified": person.verified,
        "unread": person.unread,
        "last_at": person.last.at if person.last else None,
    }


def message_json(message: Message) -> dict[str, Any]:
    """Return a message as a JSON object; times are milliseconds since 1970."""
    return {
        "id": message.id,
        "person": message.person,
        "sender": message.sender,
        "mine": message.mine,
        "at": message.at,
        "state": message.state.value,
        "in_reply_to": message.in_reply_to,
        **_body_json(message),
    }


def message_line(message: Message) -> str:
    """Return a message as a line in rich's markup."""
    colour = "cyan" if message.mine else "green"
    who = "me" if message.mine else quoted(message.sender)
    mark = f" [dim]{_MARKS.get(message.state, '')}[/]" if message.mine else ""
    return f"[dim]{clock(message.at)}[/] [{colour}]{who}[/]: {_body_words(message)}{mark}"


def _body_json(message: Message) -> dict[str, Any]:
    match message.body:
        case TextBody(text=text):
            return {"kind": "text", "text": text}
        case FileBody() as file:
            return {"kind": "file", "name": file.name, "size": file.size, "type": file.media_type}
        case OtherBody(kind):
            return {"kind": "unknown", "type": kind}


def _body_words(message: Message) -> str:
    match message.body:
        case TextBody(text=text):
            return quoted(text)
        case FileBody() as file:
            return f"[bold]{quoted(file.name)}[/] ({size_words(file.size)})"
        case OtherBody():
            return "[dim](something that this version of Havre cannot show)[/]"
