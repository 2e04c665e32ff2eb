"""Messages that come over the second home before the first has them: shown at once, placed when the first shows them.

Nothing that a second home says counts but ciphertexts that open: no order, no time, no commit. What is neither a
message nor done to one keeps its key, so that it can still be read where it belongs.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Final

from havre.client.engine import contents, endings, entrances, outbox, places, requests
from havre.client.engine.contents import Received
from havre.client.engine.effects import WakeAt
from havre.client.engine.groups import Group, Said, Unusable
from havre.client.engine.session import Link
from havre.client.engine.turn import PAST_EPOCHS, Turn
from havre.client.vault.homes import Early, SecondHome
from havre.client.vault.rows import Conversation, Queue
from havre.wire.sizes import MAX_CURSOR
from havre.wire.stream import Entry, EntryKind

REMEMBERED: Final = 32 * 24 * 3600 * 1000
"""Milliseconds for which it is remembered what went over a second home: longer than any relay keeps an entry."""

# --- over the second home -------------------------------------------------------------------------------------


def take(turn: Turn, row: Queue, entry: Entry) -> None:
    """Show what an entry of a second home says, if it is a message that is new here; anything else is passed over."""
    second = turn.vault.second_home_at(row.queue)
    if second is None or not entry.cursor or entry.kind is EntryKind.COMMIT:
        return
    digest = sha256(entry.body).digest()
    known = turn.vault.early(second.home, digest)
    if known is None:
        _open(turn, second, entry, digest)
    elif not known.cursor:
        turn.vault.put_early(replace(known, cursor=entry.cursor))


def _open(turn: Turn, second: SecondHome, entry: Entry, digest: bytes) -> None:
    conversation = turn.conversation(second.home)
    if conversation is None or endings.is_leaving(turn, conversation) or entrances.is_outside(turn, second.home):
        return
    try:
        opened = _opened(turn, conversation, entry.body)
        if opened is None:
            return
        group, received = opened
        if requests.is_unheard(turn, conversation, received.sender.account):
            return
        known = turn.vault.early_of(second.home, received.id)
        if not known:
            contents.take_early(turn, received)
    except Unusable:
        return  # it keeps its key: the first home says what it was
    turn.put_group(second.home, group)
    place = max((copy.place for copy in known), default=0)
    body = b"" if place else entry.body
    turn.vault.put_early(
        Early(second.home, digest, received.id, entry.cursor, place, mine=False, since=turn.now, body=body)
    )
    turn.touched[second.home] = None


def _opened(turn: Turn, conversation: Conversation, body: bytes) -> tuple[Group, Received] | None:
    """Return what a ciphertext says, and the group without its key; None when it is nothing said; raises Unusable."""
    epoch = turn.groups.epoch_of(body)
    group = turn.group(conversation.queue, epoch)
    if group is None or not _is_readable(turn, conversation.queue, body):
        return None
    opened = turn.groups.open(group, body, turn.seconds)
    if not isinstance(opened, Said):
        return None
    entry = Entry(0, EntryKind.MESSAGE, turn.seconds, body)
    return opened.group, contents.received(conversation, opened, entry, placed=0)


# --- in the first home ----------------------------------------------------------------------------------------


def came(turn: Turn, queue: bytes, entry: Entry, placed: int) -> bool:
    """What went over the second home stands in the first now: it gets its place. False: it did not go over it.

    Where it came so late that others have its keys no more it has no place: its sender sends it again.
    """
    known = turn.vault.early(queue, sha256(entry.body).digest())
    if known is None:
        return False
    if _is_readable(turn, queue, entry.body):
        places.put(turn, known, entry.cursor, placed)
    return True


def _is_readable(turn: Turn, queue: bytes, body: bytes) -> bool:
    """Tell whether members who have come as far as this device still have the keys of a ciphertext."""
    conversation = turn.conversation(queue)
    return conversation is not None and 0 <= conversation.epoch - turn.groups.epoch_of(body) <= PAST_EPOCHS


def stands_for(turn: Turn, received: Received) -> bool:
    """Another ciphertext of a message that went over the second home: encrypted anew since, and the same message."""
    known = turn.vault.early_of(received.conversation.queue, received.id)
    for early in known:
        places.put(turn, early, received.cursor, received.placed)
    return bool(known)


def note(turn: Turn, received: Received, body: bytes) -> None:
    """Remember what the first home has shown in a conversation with two: somebody may lay it there once more.

    Who has it from the second home cannot see whether its sender, or another member, is just laying it there, too.
    """
    if received.cursor and may_come_again(turn, received) and contents.is_spoken(received):
        home, digest = received.conversation.queue, sha256(body).digest()
        early = Early(home, digest, received.id, 0, received.cursor, mine=False, since=turn.now, body=b"")
        turn.vault.put_early(early)


def may_come_again(turn: Turn, received: Received) -> bool:
    """Tell whether a message may have gone over a second home, too: that of its epoch, or one that came later."""
    return len(received.terms.homes) > 1 or turn.vault.second_home(received.conversation.queue) is not None


def hand_in_if_due(turn: Turn, link: Link, conversation: Conversation) -> None:
    """Lay into the first home what others said over the second and have not laid there themselves.

    At once what this device's own next words stand behind, so that they keep that order, what was said by who is out
    by now, whom the first home takes nothing from, and what a few more commits would make unreadable; the rest, whose
    sender has lost their device perhaps, after a while, one member after another.
    """
    waiting = [early for early in turn.vault.early_waiting(conversation.queue) if early.body]
    if not waiting:
        return
    own, patience = _own_next(turn, conversation), _patience(turn, conversation)
    for early in waiting:
        at_once = early.cursor < own or _is_out(turn, conversation, early) or _ages(turn, conversation, early)
        due = turn.now if at_once else max(early.since, link.since) + patience
        if not _is_readable(turn, conversation.queue, early.body):
            turn.vault.put_early(replace(early, body=b""))  # only its sender can say it again
        elif turn.now < due:
            turn.emit(WakeAt(due))
        else:
            outbox.put_handed_in(turn, conversation, early.body)


def _is_out(turn: Turn, conversation: Conversation, early: Early) -> bool:
    """Tell whether the device that sent a message is no member any more."""
    group = turn.group(conversation.queue, conversation.epoch)
    message = turn.vault.message(early.home, early.id)
    if group is None or message is None:
        return False
    return all(member.device != message.device for member in group.members)


def _ages(turn: Turn, conversation: Conversation, early: Early) -> bool:
    """Tell whether half of the commits have gone by that a message can be laid in after."""
    return conversation.epoch - turn.groups.epoch_of(early.body) >= PAST_EPOCHS // 2


def _own_next(turn: Turn, conversation: Conversation) -> int:
    """Return where in the second home the next message of this device stands; 0: it has none to send."""
    unsent = (item for item in turn.vault.lane(conversation.queue) if not item.cursor and item.purpose in outbox.SPOKEN)
    item = next(unsent, None)
    if item is None:
        return 0
    copied = turn.vault.early(conversation.queue, item.digest)
    return copied.cursor if copied is not None and copied.cursor else MAX_CURSOR


def _patience(turn: Turn, conversation: Conversation) -> int:
    group = turn.group(conversation.queue, conversation.epoch)
    own_leaf = group.own_leaf if group is not None else 0
    before_me = sum(1 for member in group.members if member.leaf < own_leaf) if group is not None else 0
    return turn.tuning.hand_in + min(before_me, turn.tuning.patience) * turn.tuning.patience_step
