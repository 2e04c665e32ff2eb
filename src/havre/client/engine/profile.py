"""What accounts are called and look like: each says so itself, inside conversations, and the latest word holds.

A profile says since when it is so. Of two that differ the later one holds, whatever the order in which they come: the
same answer for everybody, also where two devices of an account have changed it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from havre.client.engine import direct, doors
from havre.client.engine.device_intents import ChangeProfile
from havre.client.engine.effects import AccountChanged, Answer, PersonChanged
from havre.client.engine.groups import Changed
from havre.client.engine.introductions import introduce, own
from havre.client.engine.members import names_of
from havre.client.engine.terms import DIRECT, GROUP, SELF
from havre.client.engine.turn import Turn
from havre.client.vault.portraits import Portrait
from havre.client.vault.requests import Refused
from havre.client.vault.rows import Conversation, Purpose, Standing
from havre.content import Profile

if TYPE_CHECKING:
    from havre.client.engine.contents import Received


# --- mine -----------------------------------------------------------------------------------------------------


def change(turn: Turn, intent: ChangeProfile) -> None:
    """Be called or look otherwise from now on, and say so wherever I am in a conversation."""
    held = own(turn)
    name = held.name if intent.name is None else intent.name
    picture = held.picture if intent.picture is None else intent.picture
    back = held.back if intent.back is None else intent.back
    if (name, picture, back) != (held.name, held.picture, held.back):
        _adopt(turn, Profile(name, picture, max(turn.now, held.since + 1), back))
        for conversation in list(_hearers(turn)):
            introduce(turn, conversation)
            if back != held.back:
                _open_way_back(turn, conversation)
    turn.emit(Answer(intent.ticket, None))


def _open_way_back(turn: Turn, conversation: Conversation) -> None:
    """Lay the state of a group once more, which opens for the new backup, too; the others' will from now on."""
    group, queue = turn.group(conversation.queue, conversation.epoch), turn.queue(conversation.queue)
    if conversation.kind == GROUP and group is not None and queue is not None:
        names = names_of(turn, [member.account for member in group.members])
        doors.lay_state(turn, conversation, group, queue.fence, names)


def _adopt(turn: Turn, profile: Profile) -> None:
    turn.put_me(replace(turn.me, name=profile.name))
    turn.vault.put_portrait(Portrait(turn.me.account, profile.since, profile.picture, profile.back))
    turn.tell(AccountChanged())


def _hearers(turn: Turn) -> Iterator[Conversation]:
    """Yield where my profile is said: once to each person whom I have not blocked, and in each group."""
    for chat in turn.vault.chats():
        here = direct.alive(turn, chat.chat)
        if chat.standing is Standing.LEFT or not here:
            continue
        if any(row.kind == DIRECT for row in here):
            refused = turn.vault.refused(chat.chat)
            chosen = direct.choose(here)
            here = [] if chosen is None or (refused is not None and refused.blocked) else [chosen]
        yield from here


# --- for those who do not know it -----------------------------------------------------------------------------


def greet(turn: Turn, conversation: Conversation, changed: Changed) -> None:
    """Somebody new has come into a group: show them what I look like, unless so many would that it is too much."""
    came = {member.account for member in changed.added}
    if changed.external and not changed.removed:
        came.add(changed.committer.account)
    if came - {turn.me.account} and len(changed.accounts) <= turn.tuning.portraits:
        mine = own(turn)
        if mine.picture or mine.back:
            introduce(turn, conversation)


def after_block(turn: Turn, refused: Refused | None) -> None:
    """Whoever is no longer blocked is told what has changed meanwhile, and nothing if nothing has."""
    if refused is not None and refused.blocked and own(turn).since > refused.at:
        chosen = direct.choose(direct.alive(turn, refused.account))
        if chosen is not None:
            introduce(turn, chosen)


# --- what is said ---------------------------------------------------------------------------------------------


def take(turn: Turn, received: Received, signal: Profile) -> None:
    """Go by a profile unless a later one is known."""
    if received.sender.account == turn.me.account:
        _take_own(turn, received.conversation, signal)
        return
    account = received.sender.account
    person, held = turn.vault.person(account), turn.vault.portrait(account)
    if person is None:
        return
    name = signal.name or person.profile_name
    if held is not None and not _is_later(replace(signal, name=name), _profile(person.profile_name, held)):
        return
    known = (person.profile_name, held.picture if held else b"")
    turn.vault.put_portrait(Portrait(account, signal.since, signal.picture, signal.back))
    if (name, signal.picture) != known:
        person = replace(person, profile_name=name)
        turn.vault.put_person(person)
        turn.tell(PersonChanged(person))


def _take_own(turn: Turn, conversation: Conversation, signal: Profile) -> None:
    """Another device of mine has said it: it changed it, or was linked or put back and does not know the latest."""
    mine = own(turn)
    if _is_later(signal, mine):
        _adopt(turn, signal)
    elif _is_later(mine, signal) and conversation.kind == SELF and not _is_saying_so(turn, conversation):
        introduce(turn, conversation)


def _is_saying_so(turn: Turn, conversation: Conversation) -> bool:
    return bool(turn.vault.waiting(conversation.queue, Purpose.PROFILE))


def _profile(name: str, held: Portrait) -> Profile:
    return Profile(name, held.picture, held.since, held.back)


def _is_later(one: Profile, other: Profile) -> bool:
    return (one.since, one.name, one.picture, one.back) > (other.since, other.name, other.picture, other.back)


RULES: Final[Mapping[type, Callable[[Turn, Any], None]]] = {ChangeProfile: change}
