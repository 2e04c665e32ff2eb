"""Who is writing just now: said to those who are there at this moment, stored nowhere, lost without harm."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from havre.client.engine import settings
from havre.client.engine.direct import choose
from havre.client.engine.effects import Answer, SomebodyTyping
from havre.client.engine.groups import Member
from havre.client.engine.message_intents import SayTyping
from havre.client.engine.session import Link, SentFleeting
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Conversation
from havre.content import encode, typing
from havre.content.model import SALT_BYTES
from havre.wire.sizes import DEDUPE_BYTES
from havre.wire.stream import Append

PAUSE: Final = 4 * 1000
"""Milliseconds before the same is said again."""


def say(turn: Turn, intent: SayTyping) -> None:
    """Say that I am writing, if I let it be known and somebody could hear it."""
    conversation = choose(turn.conversations(intent.chat))
    queue = turn.queue(conversation.queue) if conversation else None
    link = turn.session.links.get(queue.relay) if queue else None
    if conversation is not None and link is not None and _is_worth_it(turn, link, conversation, intent.active):
        _say(turn, link, conversation, intent.active)
    turn.emit(Answer(intent.ticket, None))


def _is_worth_it(turn: Turn, link: Link, conversation: Conversation, active: bool) -> bool:
    following = link.following.get(conversation.queue)
    said, at = turn.session.typing.get(conversation.queue, (False, 0))
    new = said != active or (active and turn.now - at >= PAUSE)
    return settings.is_on(turn, settings.TYPING) and following is not None and not following.behind and new


def _say(turn: Turn, link: Link, conversation: Conversation, active: bool) -> None:
    queue = turn.queue(conversation.queue)
    group = turn.group(conversation.queue, conversation.epoch)
    assert queue is not None
    assert group is not None
    group, body = turn.groups.encrypt(group, encode(typing(turn.entropy(SALT_BYTES), active)))
    turn.put_group(conversation.queue, group)
    turn.session.typing[conversation.queue] = active, turn.now
    turn.session.keep_fleeting(sha256(body).digest())
    name, write, dedupe = queue.queue, queue.write, turn.entropy(DEDUPE_BYTES)
    turn.ask(link, SentFleeting(name), lambda request: Append(request, name, write, dedupe, body, ttl=0))


def heard(turn: Turn, conversation: Conversation, sender: Member, active: bool) -> None:
    """Somebody is writing, or has stopped."""
    if sender.account != turn.me.account and settings.is_on(turn, settings.TYPING):
        turn.tell(SomebodyTyping(conversation.chat, sender.account, active))
