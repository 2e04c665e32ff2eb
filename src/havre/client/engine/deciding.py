"""Letting somebody in who has asked, or turning them away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from havre.client.engine import applicants, changes, direct, outbox
from havre.client.engine.applications import decides, secret_by_approval
from havre.client.engine.effects import Answer, Failed
from havre.client.engine.group_intents import LetIn, TurnAway
from havre.client.engine.terms import Terms, decode_terms
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import Guest, LetApplicantIn
from havre.client.sentences import said
from havre.client.vault.applicants import Applicant
from havre.client.vault.rows import Conversation, Purpose
from havre.content import encode, settled
from havre.content.model import SALT_BYTES

NOBODY: Final = said("RequestGone", "Nobody with this account waits to be let into this group.")
_MAY_NOT: Final = said("RoleForbids", "Your role in this chat does not allow that.")


def let_in(turn: Turn, intent: LetIn) -> None:
    """Bring in who has asked, as soon as a commit can."""
    found = _found(turn, intent)
    if found is None:
        return
    conversation, terms, applicant = found
    guest = Guest(applicant.account_key, applicant.relay, applicant.inbox, (applicant.package,))
    wish = LetApplicantIn(guest, applicant.id, secret_by_approval(terms) or b"")
    refused = changes.check(turn, conversation, wish)
    if refused is not None:
        turn.emit(Failed(intent.ticket, refused))
        return
    changes.keep(turn, conversation, wish)
    turn.emit(Answer(intent.ticket, turn.vault.chat(intent.chat)))


def turn_away(turn: Turn, intent: TurnAway) -> None:
    """Tell who has asked no, and the others of the group that they need not."""
    found = _found(turn, intent)
    if found is None:
        return
    conversation, terms, applicant = found
    if not decides(terms, turn.me.account):
        turn.emit(Failed(intent.ticket, _MAY_NOT))
        return
    applicants.settle(turn, applicant.chat, applicant.id)
    applicants.answer_no(turn, applicant)
    content = settled(turn.entropy(SALT_BYTES), [applicant.id])
    outbox.put_content(turn, conversation, Purpose.SETTLED, encode(content))
    turn.emit(Answer(intent.ticket, turn.vault.chat(intent.chat)))


def _found(turn: Turn, intent: LetIn | TurnAway) -> tuple[Conversation, Terms, Applicant] | None:
    conversation = direct.choose(direct.alive(turn, intent.chat))
    group = turn.group(conversation.queue, conversation.epoch) if conversation else None
    applicant = turn.vault.applicant(intent.chat, intent.account)
    if conversation is None or group is None or applicant is None:
        turn.emit(Failed(intent.ticket, changes.GONE if group is None else NOBODY))
        return None
    return conversation, decode_terms(group.terms), applicant


RULES: Final[Mapping[type, Callable[[Turn, Any], None]]] = {LetIn: let_in, TurnAway: turn_away}
