"""Marks that any message can bear, as extensions: how often it was forwarded, whether it is to be seen once."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from havre.content.kinds.base import is_number
from havre.content.model import Content

FORWARDED: Final = "havre.forwarded"
"""Extension: how many times it was passed on."""
ONCE: Final = "havre.once"
"""Extension, true: shown once, then gone."""
MANY_TIMES: Final = 5
"""From so many times on a message can go to one chat at a time only."""
CHATS_AT_ONCE: Final = 5
"""Chats that a message can be forwarded to at once."""

_MOST: Final = 1 << 16


def with_mark(content: Content, name: str, value: object) -> Content:
    """Return the content with one extension more."""
    return replace(content, extensions={**content.extensions, name: value})


def forwarded(content: Content) -> int:
    """Return how many times it was passed on, as its sender says; 0: it is the sender's own."""
    value = content.extensions.get(FORWARDED)
    return value if is_number(value, _MOST) else 0


def is_once(content: Content) -> bool:
    """Tell whether it is to be shown once only."""
    return content.extensions.get(ONCE) is True
