"""Creating a group, and bringing people into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from havre.client.engine import aftermath, changes, chats, direct, doors, notices, outbox, settings
from havre.client.engine.effects import Answer, Failed
from havre.client.engine.events import CreateGroup, InvitePeople, Reachable
from havre.client.engine.groups import Reason, Unusable
from havre.client.engine.notices import Notice, What
from havre.client.engine.terms import GROUP, VERSION, Home, Terms, capabilities, decode_terms, encode_terms
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import AddPeople, Guest
from havre.client.sentences import said
from havre.client.vault.rows import ChatKind, Conversation, Queue, QueueRole
from havre.wire.capability import account_id
from havre.wire.sizes import QUEUE_BYTES


def create(turn: Turn, intent: CreateGroup) -> None:
    """Found a group of this device alone, and bring the others in by commits of some devices each."""
    try:
        _check_people(turn, intent.people)
        terms = _first_terms(turn, intent)
    except Unusable as error:
        turn.emit(Failed(intent.ticket, _unusable_keys(error.reason)))
        return
    conversation = _found(turn, terms)
    aftermath.show_terms(turn, conversation.chat, terms)
    _bring(turn, conversation, intent.people)
    chat = turn.vault.chat(conversation.chat)
    turn.emit(Answer(intent.ticket, chat))


def _first_terms(turn: Turn, intent: CreateGroup) -> Terms:
    home = Home(turn.me.relay, turn.entropy(QUEUE_BYTES))
    timer = settings.default_timer(turn) if intent.timer is None else intent.timer
    terms = Terms(
        VERSION, GROUP, [home], timer=timer, title=intent.title, description=intent.description,
        owner=turn.me.account,
    )  # fmt: skip
    terms = decode_terms(encode_terms(terms))
    return replace(terms, door=doors.make(turn, home.relay))


def _found(turn: Turn, terms: Terms) -> Conversation:
    home = terms.homes[0]
    group = turn.groups.found(turn.entropy(QUEUE_BYTES), encode_terms(terms))
    opens = capabilities(group)
    queue = Queue(
        home.queue, home.relay, QueueRole.CONVERSATION, cursor=0, fence=0,
        read=opens.read, write=opens.write, manage=opens.manage,
    )  # fmt: skip
    conversation = direct.new_conversation(turn, queue, group.group_id, group, met=False, kind=GROUP)
    turn.add_conversation(queue, conversation, group)
    chats.add(turn, group.group_id, ChatKind.GROUP)
    outbox.put_create(turn, queue)
    notices.write(turn, conversation, 0, iter([Notice(What.CREATED, turn.me.account, text=terms.title)]))
    return conversation


def invite(turn: Turn, intent: InvitePeople) -> None:
    """Bring people into a group, if this account may."""
    found = direct.alive(turn, intent.chat)
    chat = turn.vault.chat(intent.chat)
    if chat is None or not found:
        turn.emit(Failed(intent.ticket, changes.GONE))
        return
    try:
        _check_people(turn, intent.people)
    except Unusable as error:
        turn.emit(Failed(intent.ticket, _unusable_keys(error.reason)))
        return
    refused = changes.check(turn, found[0], AddPeople(tuple(_guest(one) for one in intent.people)))
    if refused is not None:
        turn.emit(Failed(intent.ticket, refused))
        return
    _bring(turn, found[0], intent.people)
    turn.emit(Answer(intent.ticket, chat))


def _check_people(turn: Turn, people: Sequence[Reachable]) -> None:
    for one in people:
        for keys in one.devices:
            if keys.account != account_id(one.account_key):
                raise Unusable(Reason.STRANGER)
            turn.groups.check_key_package(keys.key_package, keys.account, keys.device, turn.seconds)


def _unusable_keys(reason: Reason) -> str:
    return said(
        "TitleOrKeys",
        f"The title is too long, or keys that a relay handed out cannot be used ({reason}); nothing was sent.",
    )


def _bring(turn: Turn, conversation: Conversation, people: Sequence[Reachable]) -> None:
    for batch in _batches(turn, [_guest(one) for one in people]):
        changes.keep(turn, conversation, AddPeople(batch))


def _guest(one: Reachable) -> Guest:
    return Guest(one.account_key, one.relay, one.inbox, tuple(keys.key_package for keys in one.devices))


def _batches(turn: Turn, guests: Sequence[Guest]) -> Iterable[tuple[Guest, ...]]:
    """Yield as many guests at a time as one commit has room for."""
    batch: list[Guest] = []
    for guest in guests:
        if batch and sum(len(one.packages) for one in (*batch, guest)) > turn.tuning.guests:
            yield tuple(batch)
            batch = []
        batch.append(guest)
    if batch:
        yield tuple(batch)
