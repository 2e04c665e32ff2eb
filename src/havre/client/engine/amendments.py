"""What is done to messages: checked against its target, kept in the order of the queue, applied alike on every device.

An amendment whose target is not here is kept aside: the target may still come, by another queue of the same chat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from havre.client.engine import messages
from havre.client.engine.effects import EntrySkipped
from havre.client.engine.groups import Reason, Unusable
from havre.client.engine.policy import moderates
from havre.client.engine.terms import decode_terms
from havre.client.engine.turn import Turn
from havre.client.vault import rows
from havre.client.vault.facts import shown_body, words_of
from havre.client.vault.rows import Conversation, Message, MessageKind, MessageState
from havre.client.vault.standings import DELETE, EDIT, PIN, REACT, kinds_that_matter, standing_of
from havre.content import decode

MAX_ORPHANS: Final = 1000
"""Amendments of one chat that wait for their targets."""


def check(turn: Turn, target: Message, amendment: rows.Amendment) -> None:
    """Raise Unusable if an amendment does not count, after all that stands before it."""
    if target.kind is MessageKind.DELETED:
        raise Unusable(Reason.TOO_LATE)
    if target.state is MessageState.NOTICE:
        raise Unusable(Reason.UNFIT)
    related = kinds_that_matter(amendment.kind)
    if related:
        before = turn.vault.amendments_of_kinds(target.chat, target.id, related, amendment.sender)
        _check_among(target, [*before, amendment], amendment.id)


def _check_among(target: Message, amendments: Sequence[rows.Amendment], wanted: bytes) -> None:
    refusal = standing_of(target, amendments).refused.get(wanted)
    if refusal is not None:
        raise Unusable(Reason(refusal.value))


def take(turn: Turn, amendment: rows.Amendment) -> None:
    """Deal with something that was done to a message: mine, not yet sent, or what a queue has brought.

    Raises Unusable when it does not count; then nothing has changed.
    """
    if turn.vault.amendment(amendment.queue, amendment.id) is not None:
        raise Unusable(Reason.REPEATED)
    target = turn.vault.message_in(amendment.chat, amendment.target)
    if target is None:
        turn.vault.add_amendment(replace(amendment, orphan=True))
        turn.orphans[amendment.chat] = True
        turn.vault.bound_orphans(amendment.chat, MAX_ORPHANS)
    elif target.kind is not MessageKind.HIDDEN:
        check(turn, target, amendment)
        _keep(turn, target, amendment)


def _keep(turn: Turn, target: Message, amendment: rows.Amendment) -> None:
    if amendment.kind == DELETE:
        target = messages.erase(turn, target, MessageKind.DELETED)
    stored = turn.vault.add_amendment(amendment)
    assert stored is not None
    if stored.placed:
        _supersede(turn, stored)
    _follow(turn, target, stored)


def _supersede(turn: Turn, amendment: rows.Amendment) -> None:
    if amendment.kind not in (REACT, PIN):
        return
    if turn.vault.is_superseded(amendment):
        turn.vault.drop_amendment(amendment.seq)
    else:
        turn.vault.drop_superseded(amendment)


def _follow(turn: Turn, target: Message, amendment: rows.Amendment) -> None:
    """Bring up to date what follows from the amendments of a message."""
    if amendment.kind == EDIT:
        reindex(turn, target)
    turn.alter(target)


def reindex(turn: Turn, target: Message) -> None:
    """Have a message be found by the words that it has now."""
    edits = turn.vault.amendments_of_kinds(target.chat, target.id, (EDIT,), b"")
    found = standing_of(target, edits)
    body = found.edits[-1].body if found.edits else shown_body(decode(target.content))
    turn.vault.index_words(target.seq, words_of(body))


def adopt(turn: Turn, target: Message) -> None:
    """A message has come: what was waiting for it is applied, as far as it counts."""
    if not turn.has_orphans(target.chat) or not turn.vault.adopt_orphans(target.chat, target.id):
        return
    waiting = turn.vault.amendments(target.chat, [target.id])
    for amendment in sorted(waiting, key=lambda one: (not one.placed, one.placed, one.queue, one.cursor)):
        turn.vault.drop_amendment(amendment.seq)
        try:
            now = turn.vault.message_in(target.chat, target.id)
            assert now is not None
            check(turn, now, amendment)
            _keep(turn, now, replace(amendment, orphan=False))
        except Unusable as error:
            turn.tell(EntrySkipped(amendment.queue, amendment.cursor, error.reason))


def placed(turn: Turn, queue: bytes, amendment_id: bytes, cursor: int, placed_at: int) -> None:
    """Mine has come back out of the queue, perhaps too late to count."""
    amendment = turn.vault.amendment(queue, amendment_id)
    target = turn.vault.message_in(amendment.chat, amendment.target) if amendment else None
    if amendment is None:
        return
    amendment = replace(amendment, cursor=cursor, placed=placed_at)
    turn.vault.put_amendment(amendment)
    if target is None:
        return
    _supersede(turn, amendment)
    related = kinds_that_matter(amendment.kind)
    if related and target.kind is not MessageKind.DELETED:
        before = turn.vault.amendments_of_kinds(target.chat, target.id, related, amendment.sender)
        try:
            _check_among(target, before, amendment.id)
        except Unusable as error:
            turn.tell(EntrySkipped(queue, cursor, error.reason))
            turn.vault.drop_amendment(amendment.seq)
    _follow(turn, target, amendment)


def failed(turn: Turn, queue: bytes, amendment_id: bytes) -> None:
    """Mine was refused for good by the relay, so that nobody will hear of it."""
    amendment = turn.vault.amendment(queue, amendment_id)
    if amendment is None:
        return
    turn.vault.drop_amendment(amendment.seq)
    target = turn.vault.message_in(amendment.chat, amendment.target)
    if target is not None:
        _follow(turn, target, amendment)


def is_privileged(turn: Turn, conversation: Conversation, account: bytes) -> bool:
    """Tell whether an account may delete what others wrote in a conversation, as it is now."""
    group = turn.group(conversation.queue, conversation.epoch)
    return group is not None and moderates(decode_terms(group.terms), account)
