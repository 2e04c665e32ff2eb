"""Requests: who may put me into a conversation at once, who has to wait until I say so, and who is not heard at all.

A request is decided here alone. Until I accept, nothing is sent, no relay of the stranger's is called, and whoever
asked cannot tell whether the request was seen, declined, or never arrived.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from havre.client.engine import applying, direct, entering, invitations, profile, sync
from havre.client.engine.effects import Answer, Failed, PersonChanged, RequestArrived
from havre.client.engine.events import AcceptRequest, Begin, Block, DeclineRequest, Unblock
from havre.client.engine.groups import Announced, Joined, Reason, Unusable
from havre.client.engine.terms import DIRECT, decode_handover, decode_terms
from havre.client.engine.turn import Turn
from havre.client.sentences import said
from havre.client.vault.requests import Refused, Request
from havre.client.vault.rows import Conversation, Person
from havre.content import clean_label
from havre.wire.capability import account_id

REQUESTS: Final = "requests"
"""The setting that says what becomes of strangers; `OPEN_DOOR`: they are let in at once, as a bot may want it."""
OPEN_DOOR: Final = "accept"
BLOCKED: Final = said("BlockedByMe", "You have blocked this person; unblock them first.")
MOST: Final = 200
"""Requests that are kept; what comes on top is passed over, so that nobody can fill the vault."""
MOST_OF_ONE: Final = 4
NAME_LENGTH: Final = 64


def receive(turn: Turn, joined: Joined, welcome: bytes, bundle: bytes) -> None:
    """Enter a conversation, keep it as a request, or drop it, depending on who sent the Welcome; raises Unusable."""
    who, group = joined.welcomer, joined.group
    let_in = applying.is_let_in(turn, group.group_id, group.terms)
    if turn.vault.refused(who.account) is not None and not let_in:
        return
    if let_in or _is_known(turn, who.account):
        entering.enter(turn, joined)
    else:
        home, kind = entering.check_enterable(turn, joined), decode_terms(group.terms).kind
        _keep(turn, Request(
            home.queue, who.account, who.account_key, home.relay, kind, _name(joined.handover), turn.now, welcome,
            bundle,
        ))  # fmt: skip


def receive_announced(turn: Turn, announced: Announced, welcome: bytes, bundle: bytes) -> None:
    """Do the same with a Welcome that comes without its tree; nothing is fetched for whom I do not know."""
    who = announced.welcomer
    let_in = applying.is_let_in(turn, announced.group_id, announced.terms)
    if turn.vault.refused(who.account) is not None and not let_in:
        return
    if let_in or _is_known(turn, who.account):
        invitations.accept(turn, announced, welcome, bundle)
    else:
        home, terms = invitations.check_followable(turn, announced)
        _keep(turn, Request(
            home.queue, who.account, who.account_key, home.relay, terms.kind, _name(announced.handover), turn.now,
            welcome, bundle,
        ))  # fmt: skip


def _is_known(turn: Turn, who: bytes) -> bool:
    return who == turn.me.account or bool(turn.conversations(who)) or turn.vault.setting(REQUESTS) == OPEN_DOOR


def _name(handover: bytes) -> str:
    return clean_label(decode_handover(handover).name, NAME_LENGTH)


def _keep(turn: Turn, request: Request) -> None:
    known = turn.vault.requests()
    if any(row.queue == request.queue for row in known):
        raise Unusable(Reason.REPEATED)
    if len(known) >= MOST or len([row for row in known if row.account == request.account]) >= MOST_OF_ONE:
        raise Unusable(Reason.FORBIDDEN)
    turn.vault.put_request(request)
    turn.tell(RequestArrived(request))


def begin(turn: Turn, intent: Begin) -> None:
    """Begin to talk with an account; if it has asked first, enter what it asked for."""
    account = account_id(intent.account_key)
    refused = turn.vault.refused(account)
    if refused is not None and refused.blocked:
        turn.emit(Failed(intent.ticket, BLOCKED))
        return
    turn.vault.drop_refused(account)
    enter_all(turn, account)
    direct.begin(turn, intent)


# --- what I decide --------------------------------------------------------------------------------------------


def accept(turn: Turn, intent: AcceptRequest) -> None:
    """Enter every conversation that an account has asked for; it is among my people from now on."""
    waited = bool(turn.vault.requests(intent.account))
    failed = enter_all(turn, intent.account)
    person = turn.vault.person(intent.account)
    if person is not None and (turn.conversations(intent.account) or (waited and failed is None)):
        turn.emit(Answer(intent.ticket, person))
    elif failed is not None:
        sentence = said("RequestGone", f"This request can no longer be accepted ({failed}); add them by contact link.")
        turn.emit(Failed(intent.ticket, sentence))
    else:
        turn.emit(Failed(intent.ticket, said("RequestGone", "Nobody with this account is waiting to be accepted.")))


def enter_all(turn: Turn, account: bytes) -> Reason | None:
    """Enter what an account has asked for, forget the requests, and return why one of them led nowhere."""
    failed = None
    waiting = turn.vault.requests(account)
    turn.vault.drop_requests(account)
    for request in waiting:
        try:
            _enter(turn, request)
        except Unusable as error:
            failed = error.reason
            continue
        _call_them(turn, request)
    return failed


def _enter(turn: Turn, request: Request) -> None:
    announced = turn.groups.announced(request.welcome, request.bundle)
    if announced is None:
        entering.enter(turn, turn.groups.join(request.welcome, request.bundle, turn.seconds))
    else:
        invitations.accept(turn, announced, request.welcome, request.bundle)


def _call_them(turn: Turn, request: Request) -> None:
    """Until their profile arrives they are called what the request said."""
    person = turn.vault.person(request.account)
    if person is not None and not person.profile_name and request.name:
        person = replace(person, profile_name=request.name)
        turn.vault.put_person(person)
        turn.tell(PersonChanged(person))


def decline(turn: Turn, intent: DeclineRequest) -> None:
    """Forget what an account has asked for, and drop in silence whatever it asks for later."""
    waiting = turn.vault.requests(intent.account)
    if not waiting:
        turn.emit(Failed(intent.ticket, said("RequestGone", "Nobody with this account is waiting to be accepted.")))
        return
    last = waiting[-1]
    refuse(turn, Refused(last.account, last.account_key, last.name, intent.block, turn.now))
    turn.emit(Answer(intent.ticket, None))


def block(turn: Turn, intent: Block) -> None:
    """Hear nothing more of a person; they are not told."""
    person = turn.vault.person(intent.account)
    if person is None:
        turn.emit(Failed(intent.ticket, said("PersonUnknown", "There is no such person.")))
        return
    name = person.nickname or person.profile_name
    refuse(turn, Refused(person.account, person.account_key, name, blocked=True, at=turn.now))
    turn.emit(Answer(intent.ticket, person))


def refuse(turn: Turn, refused: Refused) -> None:
    """Note a refusal; what waits of that account is forgotten."""
    turn.vault.drop_requests(refused.account)
    turn.vault.put_refused(refused)
    sync.tell(turn, sync.REFUSED, refused.account, [refused.account_key, refused.name, refused.blocked, refused.at])
    _tell_of(turn, turn.vault.person(refused.account))


def unblock(turn: Turn, intent: Unblock) -> None:
    """Let an account be heard again; what it said in the meantime is not brought back."""
    refused = turn.vault.refused(intent.account)
    turn.vault.drop_refused(intent.account)
    sync.tell(turn, sync.REFUSED, intent.account, None)
    profile.after_block(turn, refused)
    person = turn.vault.person(intent.account)
    _tell_of(turn, person)
    turn.emit(Answer(intent.ticket, person))


def _tell_of(turn: Turn, person: Person | None) -> None:
    if person is not None:
        turn.tell(PersonChanged(person))


def is_unheard(turn: Turn, conversation: Conversation, sender: bytes) -> bool:
    """Tell whether what a sender says is to be passed over: somebody I blocked, in a conversation of the two of us."""
    if conversation.kind != DIRECT:
        return False
    refused = turn.vault.refused(sender)
    return refused is not None and refused.blocked
