"""The door of a conversation: a queue beside its home in which its state lies, sealed, as of the last commit.

Whoever commits lays the new state there. Who has the link opens it and comes in though nobody else is there; and a
member that was away for so long that it has missed commits finds its way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from havre.client.engine import homes, outbox
from havre.client.engine.applications import secret_by_approval
from havre.client.engine.groups import Group
from havre.client.engine.terms import (
    Door,
    Handover,
    Invitation,
    Terms,
    decode_terms,
    door_capabilities,
    encode_handover,
)
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Conversation, Queue, QueueRole
from havre.wire.frames import Frame, WireError
from havre.wire.sizes import QUEUE_BYTES, SECRET_BYTES
from havre.wire.stream import Entry

PART: Final = 160 * 1024
"""Bytes of a sealed state that one entry carries."""
PARTS: Final = 256


class _Part(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A part of the state of an epoch; `lot` tells the parts of one state from those of another."""

    lot: Annotated[bytes, Meta(max_length=16)]
    number: Annotated[int, Meta(ge=0, lt=PARTS)]
    count: Annotated[int, Meta(ge=1, le=PARTS)]
    data: bytes


class _Card(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What who holds a link by approval finds: the key to which they seal what they ask."""

    key: Annotated[bytes, Meta(max_length=4096)]


_PART: Final[Frame[_Part]] = Frame(_Part)
_CARD: Final[Frame[_Card]] = Frame(_Card)


def make(turn: Turn, relay: str) -> Door:
    """Have a new door made at a relay. Nobody keeps what would let them take it away."""
    door = Door(turn.entropy(QUEUE_BYTES), turn.entropy(SECRET_BYTES))
    opens = door_capabilities(door, turn.entropy(SECRET_BYTES))
    queue = Queue(door.queue, relay, QueueRole.DOOR, 0, 0, opens.read, opens.write, opens.manage)
    turn.vault.put_queue(queue)
    outbox.put_create(turn, queue)
    return door


def lay_state(
    turn: Turn, conversation: Conversation, group: Group, after: int, names: Sequence[tuple[bytes, str]]
) -> None:
    """Lay the state of a new epoch at the door, in place of what has not gone there yet."""
    terms, queue = decode_terms(group.terms), turn.queue(conversation.queue)
    to_members = len(group.members) <= turn.tuning.returning
    link = _secret_that_lets_in(terms.invitation)
    bodies = _card(turn, terms)
    if terms.door is None or queue is None:
        return
    if link is not None or to_members:
        second = homes.secret(turn, queue.queue)
        handover = encode_handover(Handover(queue.read, queue.write, None, after, list(names), second=second))
        backs = _ways_back(turn, group) if to_members else ()
        bodies += parts(turn, turn.groups.seal_state(group, handover, link, to_members, backs))
    if bodies:
        outbox.put_state(turn, queue, terms.door.queue, door_capabilities(terms.door, b"").write, bodies)


def _ways_back(turn: Turn, group: Group) -> Sequence[tuple[bytes, bytes]]:
    """Return account and key of every member who has told one: by it a backup of theirs finds back, mine as well."""
    accounts = {member.account for member in group.members}
    known = (turn.vault.portrait(account) for account in sorted(accounts))
    return [(portrait.account, portrait.back) for portrait in known if portrait is not None and portrait.back]


def parts(turn: Turn, sealed: bytes) -> list[bytes]:
    """Return something sealed in entries, as `whole_states` puts it together again."""
    lot = turn.entropy(8)
    pieces = [sealed[start : start + PART] for start in range(0, len(sealed), PART)]
    return [_PART.encode(_Part(lot, number, len(pieces), data)) for number, data in enumerate(pieces)]


def _card(turn: Turn, terms: Terms) -> list[bytes]:
    secret = secret_by_approval(terms)
    return [] if secret is None else [_CARD.encode(_Card(turn.groups.letter_key(secret)))]


def keys_for_letters(entries: Sequence[Entry]) -> list[bytes]:
    """Return the keys to which applications are sealed, the newest first; what is none is passed over."""
    found = []
    for entry in reversed(entries):
        with suppress(WireError):
            found.append(_CARD.decode(entry.body).key)
    return found


def _secret_that_lets_in(invitation: Invitation | None) -> bytes | None:
    return None if invitation is None or invitation.approval else invitation.secret


def whole_states(entries: Sequence[Entry]) -> list[bytes]:
    """Return the sealed states of which all parts are there, the last one first; what is no part is passed over."""
    lots: dict[bytes, dict[int, _Part]] = {}
    for entry in entries:
        try:
            part = _PART.decode(entry.body)
        except WireError:
            continue
        lots.setdefault(part.lot, {})[part.number] = part
    return [_joined(parts) for parts in reversed(lots.values()) if _is_whole(parts)]


def _is_whole(parts: dict[int, _Part]) -> bool:
    count = next(iter(parts.values())).count
    return set(parts) == set(range(count)) and all(part.count == count for part in parts.values())


def _joined(parts: dict[int, _Part]) -> bytes:
    return b"".join(parts[number].data for number in sorted(parts))
