"""From the client core's messages to the page's shapes."""

from __future__ import annotations

from base64 import b64encode
from typing import cast

from havre.client import api
from havre.desk import views


def message(found: api.Message) -> views.Message:
    """Return a message as the page is shown it."""
    quote = found.quote
    return views.Message(
        id=found.id,
        chat=found.chat,
        sender=found.sender,
        sender_id=found.sender_id,
        mine=found.mine,
        at=found.at,
        order=found.order,
        place=found.place,
        state=_state(found.state),
        unread=found.unread,
        body=body(found.body),
        quote=None if quote is None else views.Quote(quote.id, quote.name, quote.words),
        reactions=[views.Reaction(one.emoji, list(one.names), one.mine) for one in found.reactions],
        history=[views.Version(one.at, one.text) for one in found.history],
        pinned=found.pinned,
        starred=found.starred,
        forwarded=found.forwarded,
        timer=found.timer,
        goes_at=found.goes_at,
        sent_on_by=found.sent_on_by,
    )


def _state(state: api.MessageState) -> views.State:
    # What is no message counts as one that came: the page shows its words.
    return "received" if state is api.MessageState.NOTICE else cast(views.State, state.value)


def body(found: api.Body) -> views.Body:
    """Return what a message says as the page is shown it."""
    match found:
        case api.TextBody(text, markdown, seen):
            return views.TextBody(text, markdown, None if seen is None else preview(seen))
        case api.FileBody(name, size, media_type, picture):
            return views.FileBody(name, size, media_type, None if picture is None else _picture(picture))
        case api.VoiceBody(name, size, media_type, milliseconds, waveform):
            return views.VoiceBody(name, size, media_type, milliseconds, list(waveform))
        case api.PollBody(question, options, multiple, closed):
            shown = [views.Option(option.text, list(option.voters), option.mine) for option in options]
            return views.PollBody(question, shown, multiple, closed)
        case api.LocationBody(latitude, longitude, label):
            return views.LocationBody(latitude, longitude, label)
        case api.CardBody(name, link):
            return views.CardBody(name, link)
        case api.OnceBody(viewed):
            return views.OnceBody(viewed)
        case api.DeletedBody(name):
            return views.DeletedBody(name)
        case api.NoticeBody(what, sentence, who, whom, detail, number):
            return views.NoticeBody(what.value, sentence, who, list(whom), detail, number)
        case api.OtherBody(kind):
            return views.OtherBody(kind)


def preview(found: api.Preview) -> views.Preview:
    """Return what a page calls itself."""
    return views.Preview(found.url, found.title, found.description, found.thumbnail)


def scheduled(found: api.Scheduled) -> views.Scheduled:
    """Return what is sent later as the page is shown it."""
    return views.Scheduled(found.number, found.chat, found.due, found.words)


def _picture(found: api.Picture) -> views.Picture:
    return views.Picture(found.width, found.height, found.blurhash, b64encode(found.thumbnail).decode())
