"""Text: Markdown or plain, with mentions, perhaps with a preview of a link.

A mention is a Markdown link to the account's URI, so that nobody is meant by a name that two people bear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from havre.content.errors import ContentError
from havre.content.kinds.base import SENT_AT, Reader
from havre.content.kinds.preview import PREVIEW, Preview, preview_part, read_preview
from havre.content.message_id import sender_uri
from havre.content.model import Content, Disposition, MultiPart, Part, PartSemantics, SinglePart

MAX_TEXT_BYTES: Final = 64 * 1024
MAX_MENTIONS: Final = 100
MARKDOWN: Final = "text/markdown;variant=GFM-MIMI"
PLAIN: Final = "text/plain;charset=utf-8"

_MENTION: Final = re.compile(r"\[@([^\[\]\n]{1,200})\]\(havre:account/([0-9a-f]{64})\)")


@dataclass(frozen=True, slots=True)
class Text:
    """Something that somebody wrote, in Markdown or plain; `mentions` are the ids of the accounts that it names."""

    text: str
    markdown: bool
    mentions: tuple[bytes, ...] = ()
    preview: Preview | None = None


def text(
    salt: bytes, words: str, sent_at: int, in_reply_to: bytes | None = None, preview: Preview | None = None
) -> Content:
    """Return a text message; `sent_at` in milliseconds since 1970. Raises ContentError when it is empty or too long."""
    data = words.encode("utf-8", "replace")
    if not words.strip():
        raise ContentError("the text is empty")
    if len(data) > MAX_TEXT_BYTES:
        raise ContentError(f"the text is longer than {MAX_TEXT_BYTES} bytes; send it as a file")
    part: Part = SinglePart(MARKDOWN, data)
    if preview is not None:
        part = MultiPart(PartSemantics.PROCESS_ALL, (part, preview_part(preview)))
    return Content(salt, part, in_reply_to=in_reply_to, extensions={SENT_AT: sent_at})


def mention(name: str, account: bytes) -> str:
    """Return the Markdown that names an account; what the name could break out with is taken out of it."""
    return f"[@{re.sub(r'[][()]', '', name)}]({sender_uri(account)})"


def with_names(words: str, name: Callable[[bytes], str]) -> str:
    """Return a text with each mention as `@name`: as `name` calls the account, never as the sender does."""
    return _MENTION.sub(lambda found: f"@{name(bytes.fromhex(found[2]))}", words)


def bare_words(words: str) -> str:
    """Return a text without the markup of its mentions, each named as the sender did: to search in, not to show."""
    return _MENTION.sub(r"@\1", words)


def read_with_preview(part: MultiPart) -> Text | None:
    """Return the text of a multipart that is a text and previews of its links; None if it is something else."""
    first, *others = part.parts
    if part.semantics is not PartSemantics.PROCESS_ALL or not isinstance(first, SinglePart):
        return None
    if first.content_type not in (MARKDOWN, PLAIN) or first.disposition != Disposition.RENDER:
        return None
    previews = [other for other in others if isinstance(other, SinglePart) and other.content_type == PREVIEW]
    if len(previews) != len(others):
        return None
    return replace(_read(first.content, first.content_type == MARKDOWN), preview=read_preview(previews[0].content))


def _read(data: bytes, markdown: bool) -> Text:
    if len(data) > MAX_TEXT_BYTES:
        raise ContentError(f"the text is longer than {MAX_TEXT_BYTES} bytes")
    try:
        words = data.decode()
    except UnicodeDecodeError:
        raise ContentError("the text is not UTF-8") from None
    return Text(words, markdown, _mentions(words) if markdown else ())


def _mentions(words: str) -> tuple[bytes, ...]:
    found = dict.fromkeys(bytes.fromhex(account) for _, account in _MENTION.findall(words))
    return tuple(found)[:MAX_MENTIONS]


READERS: Final[Mapping[str, Reader[Text]]] = {
    MARKDOWN: lambda _, data: _read(data, markdown=True),
    PLAIN: lambda _, data: _read(data, markdown=False),
}
