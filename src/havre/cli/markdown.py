"""Markdown as rich's markup: what it says in bold, italics and colours, line by line, never folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from havre.cli.screen import quoted

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_STYLES: Final = {"strong": "bold", "em": "italic", "s": "strike"}
_DEEPEST: Final = 8
"""Levels of lists and quotes that are still indented."""


def markup(words: str) -> str:
    """Return a text in Markdown as rich's markup; whatever it holds, nothing in it is taken for markup of ours."""
    lines = list(_blocks(_parser().parse(words)))
    return "\n".join(lines) if lines else quoted(words)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # most commands show no message

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["strikethrough", "table"])


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    margins: list[str] = []
    bullet = ""
    for token in tokens:
        match token.type:
            case "blockquote_open":
                margins.append("[dim]│[/] ")
            case "bullet_list_open" | "ordered_list_open":
                margins.append("  " if margins else "")
            case "list_item_open":
                bullet = f"{token.info}{token.markup} " if token.info else "• "
            case "blockquote_close" | "bullet_list_close" | "ordered_list_close":
                margins.pop()
            case "inline" | "fence" | "code_block" | "hr":
                margin = "".join(margins[:_DEEPEST])
                for line in _lines(token):
                    yield f"{margin}{bullet}{line}"
                    bullet = " " * len(bullet)
                bullet = ""


def _lines(token: Token) -> list[str]:
    if token.type == "inline":
        return _inline(token.children or []).split("\n")
    if token.type == "hr":
        return ["[dim]───[/]"]
    return [f"[cyan]{quoted(line)}[/]" for line in token.content.rstrip("\n").split("\n")]


def _inline(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    links: list[str] = []
    for token in tokens:
        name, _, way = token.type.rpartition("_")
        if name in _STYLES:
            parts.append(f"[{_STYLES[name]}]" if way == "open" else "[/]")
        elif token.type == "link_open":
            links.append(str(token.attrGet("href")))
        elif token.type == "link_close":
            # Where it leads is always said: the words of a link may be another address.
            parts.append(f" [dim]({quoted(links.pop())})[/]")
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type == "code_inline":
            parts.append(f"[cyan]{quoted(token.content)}[/]")
        else:
            parts.append(quoted(token.content))
    return "".join(parts)
