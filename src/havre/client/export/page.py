"""A chat as one HTML page that needs nothing else: no script, no address but of the files beside it.

Everything that somebody wrote is escaped and isolated, so that no name or text can become markup, reorder what stands
beside it, or have a browser fetch anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import tzinfo
from html import escape
from typing import Final
from urllib.parse import quote

from havre.client.export.dates import Language, day_words, local, time_words
from havre.client.message_views import FileBody, Message, OtherBody, TextBody, VoiceBody
from havre.client.views import Chat

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    Language.ENGLISH: {
        "me": "Me", "gone": "the file is no longer there", "unknown": "something that cannot be shown",
        "chats": "Chats", "reply": "in reply to", "empty": "No messages.", "sent on": "sent on by",
    },
    Language.FRENCH: {
        "me": "Moi", "gone": "le fichier n’est plus disponible", "unknown": "un contenu qui ne peut être affiché",
        "chats": "Discussions", "reply": "en réponse à", "empty": "Aucun message.", "sent on": "transmis par",
    },
}  # fmt: skip
_SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Pictures that a browser only draws; SVG is not among them, it can do more."""
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1c1c1e;background:#fff}
h1{font-size:1.4rem}h2{font-size:.9rem;color:#6b6b70;text-align:center;margin:2rem 0 1rem}
article{margin:.5rem 0;padding:.5rem .8rem;border-radius:.8rem;background:#f0f0f3;width:fit-content;max-width:80%}
article.mine{margin-left:auto;background:#dbeafe}header{font-size:.8rem;color:#55555a}
.text{white-space:pre-wrap;overflow-wrap:anywhere}img{max-width:100%;border-radius:.5rem}
@media(prefers-color-scheme:dark){body{background:#161618;color:#eee}article{background:#2a2a2e}
article.mine{background:#1e3a5f}header,h2{color:#a0a0a8}}
"""
_HEAD: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1><bdi>{title}</bdi></h1>
"""
_TAIL: Final = "</body>\n</html>\n"


def chat_page(
    chat: Chat, messages: list[Message], files: Mapping[str, str], language: Language, zone: tzinfo | None = None
) -> Iterator[str]:
    """Yield the page of a chat piece by piece; `files` has the path of each message's file, relative to the page."""
    yield _head(chat.title, language)
    day = ""
    if not messages:
        yield f"<p>{_WORDS[language]['empty']}</p>\n"
    for message in messages:
        at = local(message.at, zone)
        if (today := day_words(at, language)) != day:
            day = today
            yield f"<h2>{escape(day)}</h2>\n"
        yield _article(message, time_words(at), files.get(message.id), language)
    yield _TAIL


def index_page(pages: list[tuple[str, str]], language: Language) -> str:
    """Return the page that leads to all chats; `pages` are titles and names of files."""
    items = "".join(f'<li><a href="{_href(name)}"><bdi>{escape(title)}</bdi></a></li>\n' for title, name in pages)
    return _head(_WORDS[language]["chats"], language) + f"<ul>\n{items}</ul>\n" + _TAIL


def _head(title: str, language: Language) -> str:
    return _HEAD.format(language=language.value, title=escape(title), style=_STYLE)


def _article(message: Message, time: str, file: str | None, language: Language) -> str:
    who = _WORDS[language]["me"] if message.mine else message.sender
    side = "mine" if message.mine else "theirs"
    reply = ""
    if message.in_reply_to:
        reply = f' · <a href="#m{_anchor(message.in_reply_to)}">{_WORDS[language]["reply"]}</a>'
    if message.sent_on_by is not None:
        reply += f" · {_WORDS[language]['sent on']} <bdi>{escape(message.sent_on_by)}</bdi>"
    header = f"<header><bdi>{escape(who)}</bdi> · {time}{reply}</header>"
    body = _body(message, file, language)
    return f'<article class="{side}" id="m{_anchor(message.id)}">{header}{body}</article>\n'


def _anchor(name: str) -> str:
    return escape(name, quote=True)


def _body(message: Message, file: str | None, language: Language) -> str:
    body: object = message.body
    match body:
        case TextBody(text=text):
            return f'<div class="text" dir="auto">{escape(text)}</div>'
        case FileBody() | VoiceBody() as named:
            return _file(named, file, language)
        case OtherBody():
            return f"<div><em>{_WORDS[language]['unknown']}</em></div>"
        case _:
            return f'<div class="text" dir="auto">{escape(_words_of(body))}</div>'


def _file(body: FileBody | VoiceBody, path: str | None, language: Language) -> str:
    name = f"<bdi>{escape(body.name)}</bdi>"
    if path is None:
        return f"<div>{name} <em>({_WORDS[language]['gone']})</em></div>"
    drawn = f'<img src="{_href(path)}" alt="">' if body.media_type in _SHOWN else ""
    return f'<div>{drawn}<a href="{_href(path)}" download>{name}</a></div>'


def _href(path: str) -> str:
    """Return a relative address: the first colon cannot be taken for a scheme's."""
    return escape("./" + quote(path, errors="replace"), quote=True)


def _words_of(body: object) -> str:
    """Return what a body of a kind without a shape of its own says, one line a field."""
    if not is_dataclass(body) or isinstance(body, type):
        return str(body)
    lines = ((field.name.replace("_", " "), getattr(body, field.name)) for field in fields(body))
    return "\n".join(f"{name}: {value}" for name, value in lines if value not in ("", None, ()))
