"""How people and messages look, as lines to read and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from havre.cli.markdown import markup
from havre.cli.screen import clock, quoted, size_words
from havre.client.api import (
    CardBody,
    DeletedBody,
    FileBody,
    LocationBody,
    Message,
    MessageState,
    NoticeBody,
    OnceBody,
    OtherBody,
    Person,
    Picture,
    PollBody,
    TextBody,
    VoiceBody,
)

_MARKS: Final[dict[MessageState, str]] = {
    MessageState.WAITING: "…",
    MessageState.SENT: "✓",
    MessageState.DELIVERED: "✓✓",
    MessageState.READ: "✓✓ read",
    MessageState.FAILED: "✗ not sent",
}
_BARS: Final = "▁▂▃▄▅▆▇█"
ID_DIGITS: Final = 12
"""Digits of a message's id that are shown: enough to tell it from all others."""


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
        "chat": message.chat,
        "sender": message.sender,
        "mine": message.mine,
        "at": message.at,
        "state": message.state.value,
        "in_reply_to": message.in_reply_to,
        **_body_json(message),
        "reactions": {reaction.emoji: list(reaction.names) for reaction in message.reactions},
        "history": [{"at": version.at, "text": version.text} for version in message.history],
        "pinned": message.pinned,
        "starred": message.starred,
        "forwarded": message.forwarded,
        "mentions_me": message.mentions_me,
        "timer": message.timer,
        "goes_at": message.goes_at,
        "sent_on_by": message.sent_on_by,
    }


def message_line(message: Message, with_id: bool = False) -> str:
    """Return a message in rich's markup: one line, and more below it where it has them."""
    if isinstance(message.body, NoticeBody):
        return f"[dim]{clock(message.at)} {quoted(message.body.text)}[/]"
    colour = "cyan" if message.mine else "green"
    who = "me" if message.mine else quoted(message.sender)
    if message.sent_on_by is not None:
        who += f"[/] [dim](sent on by {quoted(message.sent_on_by)})"
    first, *others = body_words(message).split("\n")
    name = f"[dim]{message.id[:ID_DIGITS]}[/] " if with_id else ""
    head = f"{name}[dim]{clock(message.at)}[/] [{colour}]{who}[/]: {_before(message)}{first}{_after(message)}"
    return "\n".join([*_quote(message), head, *(f"    {line}" for line in (*others, *_below(message)))])


def _quote(message: Message) -> Iterator[str]:
    quote = message.quote
    if quote is not None:
        said = f"{quoted(quote.name)}: {quoted(quote.words)}" if quote.name else "a message that is not here"
        yield f"[dim]  ┌ {said}[/]"


def _before(message: Message) -> str:
    if not message.forwarded:
        return ""
    return "[dim]forwarded many times:[/] " if message.many_times else "[dim]forwarded:[/] "


def _after(message: Message) -> str:
    marks = [_MARKS.get(message.state, "")] if message.mine else []
    marks += [word for word, on in (
        ("edited", message.edited), ("pinned", message.pinned), ("★", message.starred), ("⏱", message.timer),
    ) if on]  # fmt: skip
    return f" [dim]{' '.join(marks)}[/]" if marks else ""


def _below(message: Message) -> Iterator[str]:
    if message.reactions:
        yield "  ".join(f"{one.emoji} {quoted(', '.join(one.names))}" for one in message.reactions)


def body_words(message: Message) -> str:
    """Return what a message says, in rich's markup."""
    match message.body:
        case TextBody() as body:
            return _text(body)
        case VoiceBody() as voice:
            return f"voice {voice.milliseconds // 60000}:{voice.milliseconds // 1000 % 60:02d} {bars(voice.waveform)}"
        case FileBody() as file:
            shape = f", {file.picture.width} × {file.picture.height}" if file.picture else ""
            return f"[bold]{quoted(file.name)}[/] ({size_words(file.size)}{shape})"
        case PollBody() as poll:
            return _poll(poll)
        case LocationBody() as place:
            return f"{quoted(place.label)} [dim]geo:{place.latitude:.6f},{place.longitude:.6f}[/]".strip()
        case CardBody(name, link):
            return f"contact [bold]{quoted(name)}[/] {quoted(link)}"
        case OnceBody(viewed):
            return "[dim](was shown once)[/]" if viewed else "[dim](to be viewed once)[/]"
        case DeletedBody(name):
            return f"[dim](deleted by {quoted(name)})[/]"
        case NoticeBody(text=words):
            return f"[dim]{quoted(words)}[/]"
        case OtherBody():
            return "[dim](something that this version of Havre cannot show)[/]"


def _text(body: TextBody) -> str:
    words = markup(body.text) if body.markdown else quoted(body.text)
    if body.preview is None:
        return words
    shown = [line for line in (body.preview.title, body.preview.description) if line]
    return "\n".join([words, *(f"[dim]│ {quoted(line)}[/]" for line in shown)])


def _poll(poll: PollBody) -> str:
    state = "closed" if poll.closed else "choose any" if poll.multiple else "choose one"
    lines = [f"[bold]{quoted(poll.question)}[/] [dim]({state})[/]"]
    for number, option in enumerate(poll.options, 1):
        mine = "●" if option.mine else "○"
        voters = f" [dim]{len(option.voters)}: {quoted(', '.join(option.voters))}[/]" if option.voters else ""
        lines.append(f"{mine} {number}. {quoted(option.text)}{voters}")
    return "\n".join(lines)


def bars(waveform: bytes) -> str:
    """Return a waveform as a row of bars."""
    return "".join(_BARS[level * len(_BARS) // 256] for level in waveform)


def _picture_json(picture: Picture) -> dict[str, Any]:
    return {"width": picture.width, "height": picture.height, "blurhash": picture.blurhash}


def _body_json(message: Message) -> dict[str, Any]:
    match message.body:
        case TextBody(text, _, preview):
            found: dict[str, Any] = {"kind": "text", "text": text}
            if preview is not None:
                found["preview"] = {"url": preview.url, "title": preview.title, "description": preview.description}
            return found
        case VoiceBody() as voice:
            shape = {"milliseconds": voice.milliseconds, "waveform": list(voice.waveform)}
            return {"kind": "voice", "name": voice.name, "size": voice.size, "type": voice.media_type, **shape}
        case FileBody() as file:
            shown = {} if file.picture is None else {"picture": _picture_json(file.picture)}
            return {"kind": "file", "name": file.name, "size": file.size, "type": file.media_type, **shown}
        case PollBody() as poll:
            options = [{"text": one.text, "voters": list(one.voters), "mine": one.mine} for one in poll.options]
            return {"kind": "poll", "question": poll.question, "options": options, "multiple": poll.multiple,
                    "closed": poll.closed}  # fmt: skip
        case LocationBody(latitude, longitude, label):
            return {"kind": "location", "latitude": latitude, "longitude": longitude, "label": label}
        case CardBody(name, link):
            return {"kind": "card", "name": name, "link": link}
        case OnceBody(viewed):
            return {"kind": "once", "viewed": viewed}
        case DeletedBody(name):
            return {"kind": "deleted", "by": name}
        case NoticeBody(kind, words):
            return {"kind": "notice", "notice": kind.value, "text": words}
        case OtherBody(kind):
            return {"kind": "unknown", "type": kind}
