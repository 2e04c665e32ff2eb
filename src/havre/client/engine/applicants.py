"""Who asks to be let into a group: their applications, read by whoever may add people.

The queue of applications goes with the invitation by approval that the terms have: another invitation, another queue,
and who had asked by the old one is told no by the device that has replaced it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from havre.client.engine import outbox
from havre.client.engine.applications import (
    ANSWER,
    LIFETIME,
    counter_inside,
    decides,
    decode_application,
    encode_answer,
    secret_by_approval,
)
from havre.client.engine.calling import check_relay
from havre.client.engine.effects import ApplicantArrived
from havre.client.engine.groups import Changed, Reason, Unusable
from havre.client.engine.session import SentDelete
from havre.client.engine.terms import Terms, decode_terms
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import LetApplicantIn, Unfit, Wish
from havre.client.sentences import said
from havre.client.vault.applicants import Applicant, Applications, Settled
from havre.client.vault.rows import Conversation, Purpose, Queue, QueueRole
from havre.content import Settled as SettledSignal
from havre.content import clean_label
from havre.wire.capability import account_id, inbox_write
from havre.wire.stream import Delete, Entry

if TYPE_CHECKING:
    from havre.client.engine.contents import Received

MOST: Final = 200
"""Applicants of a group that are kept; who comes on top is passed over."""
_NAME: Final = 64


# --- where they apply -----------------------------------------------------------------------------------------


def make_counter(turn: Turn, conversation: Conversation, secret: bytes) -> None:
    """Have the queue made in which people are to apply, before anybody hears of the link."""
    home = turn.queue(conversation.queue)
    assert home is not None
    queue = _queue(turn, home.relay, secret)
    turn.vault.put_queue(queue)
    outbox.put_create(turn, queue)


def is_being_made(turn: Turn, secret: bytes) -> bool:
    """Tell whether the queue that goes with an invitation's secret is not there yet."""
    return bool(turn.vault.waiting(counter_inside(turn.groups, secret).queue, Purpose.CREATE))


def _queue(turn: Turn, relay: str, secret: bytes) -> Queue:
    counter = counter_inside(turn.groups, secret)
    opens = counter.opens
    return Queue(counter.queue, relay, QueueRole.APPLICATIONS, 0, 0, opens.read, opens.write, opens.manage)


def attend(turn: Turn, conversation: Conversation, terms: Terms) -> None:
    """Follow the queue in which people apply by the terms, if this account decides; and no other."""
    secret = secret_by_approval(terms) if decides(terms, turn.me.account) else None
    wanted = None if secret is None else _queue(turn, terms.homes[0].relay, secret)
    known = {row.queue for row in turn.vault.applications_of(conversation.chat)}
    if known - ({wanted.queue} if wanted else set()):
        attend_no_more(turn, conversation.chat)
    if wanted is not None and wanted.queue not in known:
        turn.vault.put_queue(wanted)
        turn.vault.put_applications(Applications(wanted.queue, conversation.chat))
        turn.opened[wanted.queue] = None


def attend_no_more(turn: Turn, chat: bytes) -> None:
    """Follow no applications to a group any more, and forget who waits."""
    for row in turn.vault.applications_of(chat):
        turn.vault.drop_applications(row.queue)
        queue = turn.queue(row.queue)
        if queue is not None:
            turn.put_queue(replace(queue, role=QueueRole.ENDED, read=b"", write=b"", manage=b""))
        for link in turn.session.links.values():
            link.following.pop(row.queue, None)
    for applicant in turn.vault.applicants(chat):
        turn.vault.drop_applicant(chat, applicant.account)


# --- what a commit means for them -----------------------------------------------------------------------------


def follow(turn: Turn, conversation: Conversation, before: Terms, after: Terms, change: Changed) -> None:
    """Somebody who waited is in; or the link by which they asked is no longer."""
    came = [member.account for member in change.added]
    _let_go(turn, conversation, [*came, change.committer.account] if change.external else came)
    secret = secret_by_approval(before)
    if secret is not None and secret != secret_by_approval(after) and change.committer.device == turn.me.device:
        for applicant in turn.vault.applicants(conversation.chat):
            answer_no(turn, applicant)
        _delete(turn, _queue(turn, before.homes[0].relay, secret))
    attend(turn, conversation, after)


def _let_go(turn: Turn, conversation: Conversation, accounts: Collection[bytes]) -> None:
    for account in accounts:
        waiting = turn.vault.applicant(conversation.chat, account)
        if waiting is not None:
            settle(turn, waiting.chat, waiting.id)


def _delete(turn: Turn, queue: Queue) -> None:
    link = turn.session.links.get(queue.relay)
    if link is not None:
        turn.ask(link, SentDelete(queue.queue), lambda request: Delete(request, queue.queue, queue.manage))


# --- applications ---------------------------------------------------------------------------------------------


def take(turn: Turn, queue: bytes, entry: Entry) -> None:
    """Somebody asks to be let in: keep it until it is decided; raises Unusable."""
    found = turn.vault.applications(queue)
    terms, accounts = _group(turn, found.chat) if found else (None, frozenset[bytes]())
    secret = secret_by_approval(terms) if terms is not None else None
    if found is None or terms is None or secret is None:
        return
    applicant = _opened(turn, found.chat, secret, entry.body)
    known = turn.vault.applicant(applicant.chat, applicant.account)
    crowded = known is None and len(turn.vault.applicants(applicant.chat)) >= MOST
    if applicant.account in accounts or turn.vault.is_settled(applicant.chat, applicant.id) or crowded:
        return
    if applicant.at < turn.now - LIFETIME or (known is not None and applicant.at <= known.at):
        return
    turn.vault.put_applicant(applicant)
    turn.tell(ApplicantArrived(applicant))


def _group(turn: Turn, chat: bytes) -> tuple[Terms | None, frozenset[bytes]]:
    for conversation in turn.conversations(chat):
        group = turn.group(conversation.queue, conversation.epoch)
        if group is not None:
            return decode_terms(group.terms), frozenset(member.account for member in group.members)
    return None, frozenset()


def _opened(turn: Turn, chat: bytes, secret: bytes, sealed: bytes) -> Applicant:
    letter = turn.groups.open_letter(secret, sealed, turn.seconds)
    said = decode_application(letter.data)
    if said.chat != chat:
        raise Unusable(Reason.FORBIDDEN)
    check_relay(turn, said.relay)
    return Applicant(
        chat, account_id(letter.account_key), sha256(sealed).digest(), letter.account_key, said.relay, said.inbox,
        clean_label(said.name, _NAME), min(said.at, turn.now), reply=said.reply, package=letter.package,
    )  # fmt: skip


# --- decisions ------------------------------------------------------------------------------------------------


def answer_no(turn: Turn, applicant: Applicant) -> None:
    """Tell an applicant that the group does not let them in."""
    body = ANSWER + turn.groups.seal_answer(applicant.reply, encode_answer(applicant.chat))
    write = inbox_write(applicant.account_key)
    outbox.put_letter(turn, Purpose.ANSWER, applicant.relay, applicant.inbox, write, body, applicant.chat)


def settle(turn: Turn, chat: bytes, application: bytes) -> None:
    """Note that an application was decided on, and forget who waited for that."""
    turn.vault.forget_settled(turn.now - 2 * LIFETIME)
    turn.vault.put_settled(Settled(chat, application, turn.now))
    for applicant in turn.vault.applicants(chat):
        if applicant.id == application:
            turn.vault.drop_applicant(chat, applicant.account)


def take_settled(turn: Turn, received: Received, signal: SettledSignal) -> None:
    """Somebody who may has told applicants no; raises Unusable when anybody else says so."""
    if not decides(received.terms, received.sender.account):
        raise Unusable(Reason.FORBIDDEN)
    conversation = received.conversation
    for application in signal.applications:
        settle(turn, conversation.chat, application)


def check_open(turn: Turn, conversation: Conversation, wish: Wish) -> None:
    """Raise Unfit if a wish is to let somebody in on whom another has decided, or who has been in and gone since."""
    if isinstance(wish, LetApplicantIn) and turn.vault.is_settled(conversation.chat, wish.application):
        raise Unfit(said("AlreadyDecided", "Somebody else of the group has already decided about them."))
