"""State that all devices of an account share: told in the account's own conversation, where the last word holds.

The order of that queue decides. While a change of this device's own is on its way, an other's to the same thing is
passed over: it stands before ours in the queue.
"""

from __future__ import annotations

from typing import Any, Final

from havre.client.engine import outbox
from havre.client.engine.terms import SELF
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Conversation, Person, Purpose
from havre.content import ContentError, State, StateChange, decode, encode, read, state
from havre.content.model import SALT_BYTES

PERSON: Final = "person"
REFUSED: Final = "refused"
SETTING: Final = "setting"
READ: Final = "read"
DRAFT: Final = "draft"
LISTED: Final = "listed"
STAR: Final = "star"
RECORD: Final = "record"
DEVICE: Final = "device"
INBOX: Final = "inbox"


def own_conversation(turn: Turn) -> Conversation | None:
    """Return the conversation of my own devices, if there is one."""
    mine = (row for row in turn.conversations(turn.me.account) if row.kind == SELF)
    return min((row for row in mine if turn.group(row.queue, row.epoch)), key=lambda row: row.queue, default=None)


def tell(turn: Turn, scope: str, key: bytes, value: Any) -> None:
    """Tell my other devices that something is so from now on; without others this does nothing."""
    conversation = own_conversation(turn)
    group = turn.group(conversation.queue, conversation.epoch) if conversation else None
    if conversation is not None and group is not None and len(group.members) > 1:
        content = state(turn.entropy(SALT_BYTES), [StateChange(scope, key, value)])
        outbox.put_content(turn, conversation, Purpose.SHARED, encode(content))


def is_overtaken(turn: Turn, queue: bytes, change: StateChange) -> bool:
    """Tell whether a change of this device's own, still on its way, will stand behind another's.

    Not so a record: of two the one with the higher number holds, wherever they stand.
    """
    if change.scope == RECORD:
        return False
    mine = (own for item in turn.vault.lane(queue) if item.purpose is Purpose.SHARED for own in _changes(item.content))
    return any((own.scope, own.key) == (change.scope, change.key) for own in mine)


def _changes(content: bytes) -> tuple[StateChange, ...]:
    try:
        body = read(decode(content))
    except ContentError:
        return ()
    return body.changes if isinstance(body, State) else ()


def tell_person(turn: Turn, person: Person) -> None:
    """Tell my other devices what I call a person, and whether I have made sure of them."""
    value = [person.account_key, person.nickname, person.profile_name, person.verified]
    tell(turn, PERSON, person.account, value)
