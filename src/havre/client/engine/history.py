"""Messages for newcomers, where the group's rules say so: a member sends on the last ones, as its own word.

Whoever has added somebody sends; for who came by a link, and when the adder does not, the members take turns as they do
for other things that any of them could do. Everybody sees in the queue that it was done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from havre.client.engine import amendments, messages, outbox
from havre.client.engine.effects import MessageArrived, WakeAt
from havre.client.engine.groups import Changed, Group, Reason, Unusable
from havre.client.engine.terms import Terms, decode_terms
from havre.client.engine.turn import Turn
from havre.client.vault.histories import AwaitedHistory, OwedHistory
from havre.client.vault.rows import Amendment, Conversation, Message, MessageKind, MessageState, Purpose
from havre.client.vault.standings import EDIT
from havre.content import (
    Amend,
    Arrival,
    ContentError,
    Edit,
    Farewell,
    History,
    SentOn,
    Show,
    decode,
    encode,
    history,
    message_id,
    reduce,
    room_uri,
    sender_uri,
)
from havre.content.kinds import MAX_HISTORY_BYTES, MAX_SENT_ON
from havre.content.model import SALT_BYTES

if TYPE_CHECKING:
    from havre.client.engine.contents import Received

_KINDS: Final = (
    MessageKind.TEXT, MessageKind.FILE, MessageKind.VOICE, MessageKind.POLL, MessageKind.LOCATION, MessageKind.CARD,
)  # fmt: skip
_STATES: Final = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ, MessageState.RECEIVED)
_GIVEN_UP: Final = 7 * 24 * 3600 * 1000
"""Milliseconds after which nobody sends it any more."""


# --- for others -----------------------------------------------------------------------------------------------


def owe(turn: Turn, conversation: Conversation, cursor: int, terms: Terms, change: Changed) -> None:
    """Note whom a commit has brought in, if the group's rules have newcomers sent what was said before."""
    group = change.group
    if not terms.rules.history or group is None:
        return
    came = {member.account for member in change.added} | ({change.committer.account} if change.external else set())
    mine = {turn.me.account, *(removal.member.account for removal in change.removed)}
    for account in came - mine:
        if sum(member.account == account for member in group.members) == _count(change, account):
            due = turn.now + _turn_of(turn, group, change) * turn.tuning.patience_step
            turn.vault.put_owed(OwedHistory(conversation.queue, account, cursor, due))


def _count(change: Changed, account: bytes) -> int:
    """Return how many leaves of an account are new: if there are others, it was here before."""
    return sum(member.account == account for member in change.added) + (
        change.external and change.committer.account == account
    )


def _turn_of(turn: Turn, group: Group, change: Changed) -> int:
    if change.committer.device == turn.me.device:
        return 0
    before_me = sum(1 for member in group.members if member.leaf < group.own_leaf and member != change.committer)
    return min(before_me, turn.tuning.patience) + (0 if change.external else 1)


def send_if_due(turn: Turn, conversation: Conversation) -> None:
    """Send newcomers what was said before, when it is this device's turn."""
    for owed in turn.vault.owed(conversation.queue):
        if turn.now < owed.due:
            turn.emit(WakeAt(owed.due))
            return
        turn.vault.drop_owed(owed.queue, owed.account)
        group = turn.group(conversation.queue, conversation.epoch)
        there = group is not None and any(member.account == owed.account for member in group.members)
        wanted = group is not None and decode_terms(group.terms).rules.history
        if there and wanted and turn.now - owed.due < _GIVEN_UP:
            _send(turn, conversation, owed)


def _send(turn: Turn, conversation: Conversation, owed: OwedHistory) -> None:
    found = list(_chosen(turn, conversation, owed.before))
    if found:
        content = history(turn.entropy(SALT_BYTES), owed.account, found)
        outbox.put_content(turn, conversation, Purpose.HISTORY, encode(content))


def _chosen(turn: Turn, conversation: Conversation, before: int) -> Iterator[SentOn]:
    """Yield the last messages that may be sent on, oldest first, as many as there is room for."""
    chosen: list[list[SentOn]] = []
    room, count = MAX_HISTORY_BYTES, MAX_SENT_ON
    for row in reversed(turn.vault.last_messages(conversation.chat, 4 * MAX_SENT_ON)):
        if row.queue != conversation.queue or not 0 < row.cursor < before or not _may_be_sent_on(row):
            continue
        parts = [SentOn(row.sender, row.cursor, row.placed, row.content), *_last_edit(turn, row)]
        room, count = room - sum(len(one.content) for one in parts), count - len(parts)
        if room < 0 or count < 0:
            break
        chosen.append(parts)
    for parts in reversed(chosen):
        yield from parts


def _may_be_sent_on(row: Message) -> bool:
    """Tell whether a message is one that stays: what disappears would begin to live anew."""
    return row.kind in _KINDS and row.state in _STATES and not row.timer and not row.expires_at and not row.sent_on_by


def _last_edit(turn: Turn, row: Message) -> list[SentOn]:
    edits = [one for one in turn.vault.amendments(row.chat, [row.id]) if one.kind == EDIT and one.sender == row.sender]
    last = max((one for one in edits if one.placed), key=lambda one: (one.placed, one.cursor), default=None)
    return [] if last is None else [SentOn(last.sender, last.cursor, last.placed, last.content)]


# --- for me ---------------------------------------------------------------------------------------------------


def await_it(turn: Turn, queue: bytes) -> None:
    """This device has just come into a group: what was said before may be sent on to it."""
    turn.vault.put_awaited(AwaitedHistory(queue, MAX_SENT_ON))


def take(turn: Turn, received: Received, signal: History) -> None:
    """Somebody sends a newcomer what was said before; raises Unusable where the group's rules have no such thing."""
    queue = received.conversation.queue
    if not received.terms.rules.history:
        raise Unusable(Reason.FORBIDDEN)
    turn.vault.drop_owed(queue, signal.account)
    awaited = turn.vault.awaited(queue)
    if signal.account != turn.me.account or awaited is None:
        return
    for one in signal.messages[: awaited.left]:
        if one.cursor < received.cursor and one.placed:
            _take_one(turn, received, one)
    turn.vault.put_awaited(replace(awaited, left=max(0, awaited.left - len(signal.messages))))


def _take_one(turn: Turn, received: Received, one: SentOn) -> None:
    """Store one message under its author's name and the mark of who sent it on; what makes no sense is passed over."""
    chat = received.conversation.chat
    try:
        content = decode(one.content)
    except ContentError:
        return
    placed = min(one.placed, received.placed)
    name = message_id(sender_uri(one.author), room_uri(chat), one.content, content.salt)
    match reduce(Arrival(one.author, name, content, placed * 1000)):
        case Show(at=at, body=body) if content.expires is None and not isinstance(body, Farewell):
            message = Message(
                seq=0, chat=chat, queue=received.conversation.queue, id=name, sender=one.author, device=b"",
                mine=False, cursor=one.cursor, placed=placed, at=at, state=MessageState.RECEIVED, seen=True,
                content=one.content, sent_on_by=received.sender.account,
            )  # fmt: skip
            stored = messages.add(turn, message, content)
            if stored is not None:
                amendments.adopt(turn, stored)
                turn.tell(MessageArrived(stored))
        case Amend(at=at, act=Edit() as act):
            target = turn.vault.message(received.conversation.queue, act.target)
            if target is not None and target.sent_on_by == received.sender.account:
                _edit(turn, received, one, name, at, act)


def _edit(turn: Turn, received: Received, one: SentOn, name: bytes, at: int, act: Edit) -> None:
    try:
        amendments.take(turn, Amendment(
            seq=0, chat=received.conversation.chat, queue=received.conversation.queue, id=name, target=act.target,
            kind=EDIT, sender=one.author, mine=False, cursor=one.cursor, placed=min(one.placed, received.placed),
            at=at, privileged=False, orphan=False, content=one.content,
        ))  # fmt: skip
    except Unusable:
        return  # no edit that counts: what was said at first stays
