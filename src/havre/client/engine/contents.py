"""What a decrypted message brings about: shown, done to another message, or told to the device alone.

A new kind of signal gets a line in `_SIGNALS`, and its rule a function that takes (turn, received, signal).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from havre.client.engine import (
    amendments,
    applicants,
    farewell,
    history,
    kept_keys,
    managing,
    messages,
    presence,
    profile,
    receipts,
    shared_state,
)
from havre.client.engine.effects import MessageArrived
from havre.client.engine.groups import Member, Reason, Said, Unusable
from havre.client.engine.policy import may_pin, may_write, moderates
from havre.client.engine.terms import Terms, decode_terms
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Amendment, Conversation, Message, MessageState
from havre.client.vault.standings import kind_of_act
from havre.content import (
    Act,
    Amend,
    Arrival,
    Change,
    Content,
    ContentError,
    Edit,
    Farewell,
    History,
    KeyPackages,
    Manage,
    Pin,
    Profile,
    Receipt,
    Settled,
    Show,
    State,
    Tell,
    Typing,
    decode,
    message_id,
    reduce,
    room_uri,
    sender_uri,
)
from havre.wire.stream import Entry

_LATEST: Final = 1 << 40
"""Seconds: no relay's clock is beyond it."""


@dataclass(frozen=True, slots=True)
class Received:
    """A decrypted message with all that is known about it; `cursor` is 0 for what the relay does not keep, or not yet.

    `placed` is when it came to stand in the queue, in seconds, and `taken_at` when the relay says it took it.
    """

    conversation: Conversation
    cursor: int
    placed: int
    taken_at: int
    sender: Member
    id: bytes
    content: Content
    data: bytes = field(repr=False)
    terms: Terms = field(repr=False)
    """Of the epoch in which it was said: the same for all, whenever they read it."""


def received(conversation: Conversation, said: Said, entry: Entry, placed: int) -> Received:
    """Return what was said with all that is known about it; raises Unusable when it is no content."""
    try:
        content = decode(said.data)
    except ContentError:
        raise Unusable(Reason.MALFORMED) from None
    name = message_id(sender_uri(said.sender.account), room_uri(said.group.group_id), said.data, content.salt)
    taken_at = min(max(entry.at, 0), _LATEST)
    terms = decode_terms(said.group.terms)
    return Received(conversation, entry.cursor, placed, taken_at, said.sender, name, content, said.data, terms)


def take(turn: Turn, received: Received) -> None:
    """Carry out what a message says; raises Unusable."""
    change = _change(received)
    if not received.cursor and not (isinstance(change, Tell) and isinstance(change.signal, Typing)):
        # What the relay does not keep reaches only those who are there; whatever others should have is refused.
        raise Unusable(Reason.FORBIDDEN)
    match change:
        case Tell(_, signal):
            _SIGNALS[type(signal)](turn, received, signal)
        case _:
            _write(turn, received, change)


def take_early(turn: Turn, received: Received) -> None:
    """Carry out what a message says that has no place yet; raises Unusable when it says what has to wait for one."""
    change = _change(received)
    if isinstance(change, Tell):
        raise Unusable(Reason.FORBIDDEN)
    _write(turn, received, change)


def is_spoken(received: Received) -> bool:
    """Tell whether a message is shown, or done to one that is; otherwise it is told to the device alone."""
    return not isinstance(_change(received), Tell)


def _change(received: Received) -> Change:
    return reduce(Arrival(received.sender.account, received.id, received.content, received.taken_at * 1000))


def _write(turn: Turn, received: Received, change: Show | Amend) -> None:
    if _is_writing(change) and not may_write(received.terms, received.sender.account):
        raise Unusable(Reason.FORBIDDEN)
    pins = isinstance(change, Amend) and isinstance(change.act, Pin)
    if pins and not may_pin(received.terms, received.sender.account):
        raise Unusable(Reason.FORBIDDEN)
    match change:
        case Show(at=at, body=Farewell(signature)):
            farewell.check_farewell(turn, received.conversation, received.sender.account, signature)
            _show(turn, received, at)
            farewell.take(turn, received.conversation)
        case Show(at=at):
            _show(turn, received, at)
        case Amend(at=at, act=act):
            _amend(turn, received, at, act)


def _is_writing(change: Show | Amend) -> bool:
    """Tell whether somebody says something by it, rather than thinks something of it."""
    return isinstance(change, Show) or isinstance(change.act, Edit)


def _show(turn: Turn, received: Received, at: int) -> None:
    conversation, sender = received.conversation, received.sender
    mine = sender.account == turn.me.account
    state = MessageState.SENT if mine else MessageState.RECEIVED
    message = Message(
        seq=0, chat=conversation.chat, queue=conversation.queue, id=received.id, sender=sender.account,
        device=sender.device, mine=mine, cursor=received.cursor, placed=received.placed, at=at, state=state, seen=mine,
        content=received.data,
    )  # fmt: skip
    stored = messages.add(turn, message, received.content)
    if stored is None:
        raise Unusable(Reason.REPEATED)
    amendments.adopt(turn, stored)
    turn.tell(MessageArrived(stored))
    turn.put_conversation(replace(conversation, delivered=max(conversation.delivered, received.cursor)))


def _amend(turn: Turn, received: Received, at: int, act: Act) -> None:
    conversation, sender = received.conversation, received.sender.account
    amendment = Amendment(
        seq=0, chat=conversation.chat, queue=conversation.queue, id=received.id, target=act.target,
        kind=kind_of_act(act), sender=sender, mine=sender == turn.me.account, cursor=received.cursor,
        placed=received.placed, at=at, privileged=moderates(received.terms, sender), orphan=False,
        content=received.data,
    )  # fmt: skip
    amendments.take(turn, amendment)


def _receipt(turn: Turn, received: Received, signal: Receipt) -> None:
    queue, sender = received.conversation.queue, received.sender
    receipts.take(turn, queue, received.cursor, sender, signal.delivered, signal.read)


def _typing(turn: Turn, received: Received, signal: Typing) -> None:
    presence.heard(turn, received.conversation, received.sender, signal.active)


_SIGNALS: Final[Mapping[type, Callable[[Turn, Received, Any], None]]] = {
    Receipt: _receipt,
    Profile: profile.take,
    Typing: _typing,
    KeyPackages: kept_keys.take,
    State: shared_state.take,
    Settled: applicants.take_settled,
    History: history.take,
    Manage: managing.take,
}
