"""What another device of mine has changed, scope by scope. A value that makes no sense changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from havre.client.engine import chats, devices, requests, settings, sync, timers
from havre.client.engine.effects import PersonChanged
from havre.client.engine.groups import Reason, Unusable
from havre.client.engine.terms import SELF
from havre.client.engine.turn import Turn
from havre.client.vault.devices import DeviceName
from havre.client.vault.requests import Refused
from havre.client.vault.rows import Person
from havre.content import State, StateChange, clean_label
from havre.wire.capability import account_id
from havre.wire.sizes import MAX_CURSOR, QUEUE_BYTES, SECRET_BYTES

if TYPE_CHECKING:
    from havre.client.engine.contents import Received

SHARED: Final = frozenset(
    {requests.REQUESTS, settings.READ_RECEIPTS, settings.DELIVERED_RECEIPTS, settings.TYPING, settings.TIMER}
)
"""Settings that are the account's; others are this device's alone."""
_NAME: Final = 64
_DRAFT: Final = 64 * 1024


def take(turn: Turn, received: Received, signal: State) -> None:
    """Adopt what another device of mine says; raises Unusable when anybody else says it."""
    conversation = received.conversation
    if conversation.kind != SELF or received.sender.account != turn.me.account:
        raise Unusable(Reason.FORBIDDEN)
    for change in signal.changes:
        adopt = _SCOPES.get(change.scope)
        if adopt is not None and not sync.is_overtaken(turn, conversation.queue, change):
            adopt(turn, change)


def _person(turn: Turn, change: StateChange) -> None:
    match change.value:
        case [bytes() as key, str() as nickname, str() as called, bool() as verified]:
            if account_id(key) != change.key or change.key == turn.me.account:
                return
            new = Person(change.key, key, 0, "", clean_label(called, _NAME), verified=False, added_at=turn.now)
            known = turn.vault.person(change.key) or new
            person = replace(known, nickname=clean_label(nickname, _NAME), verified=verified)
            turn.vault.put_person(person)
            turn.tell(PersonChanged(person))


def _refused(turn: Turn, change: StateChange) -> None:
    match change.value:
        case None:
            turn.vault.drop_refused(change.key)
        case [bytes() as key, str() as name, bool() as blocked, int() as at] if account_id(key) == change.key:
            turn.vault.drop_requests(change.key)
            turn.vault.put_refused(Refused(change.key, key, clean_label(name, _NAME), blocked, at))
        case _:
            return
    person = turn.vault.person(change.key)
    if person is not None:
        turn.tell(PersonChanged(person))


def _setting(turn: Turn, change: StateChange) -> None:
    name = change.key.decode("utf-8", "replace")
    if name in SHARED and isinstance(change.value, str) and len(change.value) <= _NAME:
        turn.vault.put_setting(name, change.value)


def _read(turn: Turn, change: StateChange) -> None:
    cursor, conversation = change.value, turn.conversation(change.key)
    if conversation is None or not _is_number(cursor) or not turn.vault.mark_seen_to(change.key, cursor):
        return
    read = max(conversation.read, turn.vault.last_seen(change.key))
    turn.put_conversation(replace(conversation, read=read, delivered=max(conversation.delivered, read)))
    timers.start_read(turn, conversation.chat)
    chat = turn.vault.chat(conversation.chat)
    if chat is not None:
        chats.show(turn, chat)


def _draft(turn: Turn, change: StateChange) -> None:
    chat = turn.vault.chat(change.key)
    if chat is not None and isinstance(change.value, str) and len(change.value) <= _DRAFT:
        chats.put(turn, replace(chat, draft=change.value))


def _listed(turn: Turn, change: StateChange) -> None:
    chat = turn.vault.chat(change.key)
    match change.value:
        case [int() as muted, bool() as pinned, bool() as archived] if chat is not None and _is_number(muted):
            chats.put(turn, replace(chat, muted_until=muted, pinned=pinned, archived=archived))


def _star(turn: Turn, change: StateChange) -> None:
    message = turn.vault.message(change.key[:QUEUE_BYTES], change.key[QUEUE_BYTES:])
    if message is None or not _is_number(change.value):
        return
    if change.value:
        turn.vault.put_star(message.seq, change.value)
    else:
        turn.vault.drop_star(message.seq)


def _record(turn: Turn, change: StateChange) -> None:
    if isinstance(change.value, bytes):
        devices.adopt_record(turn, change.value)


def _device(turn: Turn, change: StateChange) -> None:
    if isinstance(change.value, str):
        turn.vault.put_device_name(DeviceName(change.key, clean_label(change.value, _NAME), turn.now))


def _inbox(turn: Turn, change: StateChange) -> None:
    match change.value:
        case [bytes() as read, bytes() as manage] if len(read) == len(manage) == SECRET_BYTES:
            queue = turn.queue(turn.me.inbox)
            if queue is not None:
                turn.put_queue(replace(queue, read=read, manage=manage))
                turn.opened[queue.queue] = None


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CURSOR


_SCOPES: Final[Mapping[str, Callable[[Turn, Any], None]]] = {
    sync.PERSON: _person,
    sync.REFUSED: _refused,
    sync.SETTING: _setting,
    sync.READ: _read,
    sync.DRAFT: _draft,
    sync.LISTED: _listed,
    sync.STAR: _star,
    sync.RECORD: _record,
    sync.DEVICE: _device,
    sync.INBOX: _inbox,
}


def change_setting(turn: Turn, name: str, value: str) -> None:
    """Store a setting, on my other devices, too, if it is the account's."""
    turn.vault.put_setting(name, value)
    if name in SHARED:
        sync.tell(turn, sync.SETTING, name.encode(), value)
