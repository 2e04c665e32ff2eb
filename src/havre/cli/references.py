"""Which message somebody means: `bob` (the newest with Bob), `bob#3` (the third newest), or how its id begins."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import typer

from havre.cli.rendering import message_json, message_line
from havre.cli.screen import CannotGoOn, emit, say
from havre.cli.session import PATIENCE, check_settled, opened
from havre.client.api import Chat, Havre, Message
from havre.client.errors import ChatUnknown

Reference = Annotated[
    str,
    typer.Argument(
        metavar="MESSAGE", help="`bob`: the newest with Bob; `bob#3`: the third newest; or how its id begins."
    ),
]
_NUMBERED: Final = re.compile(r"(.+)#([1-9]\d{0,6})")
_ID: Final = re.compile(r"01[0-9a-f]{6,62}")


def find(me: Havre, reference: str) -> Message:
    """Return the message that is meant; raises HavreError."""
    if _ID.fullmatch(reference):
        return me.find_message(reference)
    numbered = _NUMBERED.fullmatch(reference)
    if numbered:
        return newest(me, me.chat(numbered[1]), int(numbered[2]))
    try:
        return newest(me, me.chat(reference), 1)
    except ChatUnknown:
        if re.fullmatch(r"[0-9a-f]+", reference):
            return me.find_message(reference)
        raise


def newest(me: Havre, chat: Chat, number: int) -> Message:
    """Return the newest message of a chat (1), the one before it (2) and so on."""
    found = me.messages(chat, limit=number)
    if len(found) < number:
        raise CannotGoOn(f"There are only {len(found)} messages in this chat.")
    return found[0]


async def doing(
    reference: str, do: Callable[[Havre, Message], Awaitable[Message | None]], profile: str, as_json: bool
) -> None:
    """Do something to a message and show it as it stands then, unless nothing is left of it."""
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        changed = await do(me, find(me, reference))
        settled = await me.settle(PATIENCE)
        if changed is not None:
            current = me.current(changed)
            emit(message_json(current)) if as_json else say(message_line(current))
        check_settled(settled)
