"""Where messages that went over a second home stand in the first.

The first home shows it, to whoever reads there. A device that comes in later with a copy of another's vault reads the
first home from then on: what has come to stand there since the copy was made, it is told by the device of its account
that brings it in. A device that comes in again reads on where it was taken out: it opens nothing there, but knows the
ciphertexts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from havre.client.engine import amendments, outbox
from havre.client.engine.terms import MAX_PLACES
from havre.client.engine.turn import Turn
from havre.client.vault.homes import Early
from havre.client.vault.rows import Message, Outgoing, Queue

Place = tuple[bytes, int, int]
"""Id of a message, its cursor in the first home, and when it was placed there, in seconds."""

# --- shown by the first home ----------------------------------------------------------------------------------


def put(turn: Turn, early: Early, cursor: int, placed: int) -> None:
    """What went over the second home stands in the first, where it has its place from now on."""
    if early.place:
        return
    for copy in turn.vault.early_of(early.home, early.id):
        turn.vault.put_early(replace(copy, place=cursor, body=b""))
    if early.mine:
        _own_has_come(turn, early, cursor, placed)
    message = turn.vault.message(early.home, early.id)
    if message is not None:
        _place_message(turn, message, cursor, placed)
    amendments.placed(turn, early.home, early.id, cursor, placed)


def put_own(turn: Turn, item: Outgoing, cursor: int) -> None:
    """Note that a message of this device stands in the first home."""
    for own in turn.vault.early_of(item.queue, item.message):
        if not own.place:
            turn.vault.put_early(replace(own, place=cursor))


def _own_has_come(turn: Turn, early: Early, cursor: int, placed: int) -> None:
    """Others have laid a message of this device there, under keys that it has had before: it need not go again.

    Should it be there all the same, it is known by the ciphertext.
    """
    for item in turn.vault.lane(early.home):
        if item.queue == early.home and item.message == early.id and item.purpose in outbox.SPOKEN:
            known = turn.vault.early(early.home, item.digest) or replace(early, digest=item.digest, cursor=0)
            turn.vault.put_early(replace(known, place=cursor))
            outbox.came_back(turn, item, cursor, placed)


def _place_message(turn: Turn, message: Message, cursor: int, placed: int) -> None:
    if message.placed:
        return
    turn.vault.put_message(replace(message, cursor=cursor, placed=placed))
    turn.alter(message)
    conversation = turn.conversation(message.queue)
    assert conversation is not None
    read = cursor if message.seen and not message.mine else 0
    now = replace(
        conversation, delivered=max(conversation.delivered, cursor), read=max(conversation.read, read)
    )  # fmt: skip
    turn.put_conversation(now)


def resumed(turn: Turn, queue: Queue) -> Queue:
    """Return the row of a queue into which this device comes (again), with the cursor after which it is to read."""
    before = turn.queue(queue.queue)
    if before is None or before.address != queue.address or not turn.vault.early_waiting(queue.queue):
        return queue
    return replace(queue, cursor=min(before.cursor, queue.cursor))


# --- told by another device of the account --------------------------------------------------------------------


def known(turn: Turn, home: bytes) -> list[Place]:
    """Return the places of what may have gone over a second home, the newest ones, for a device that is brought in."""
    found = {early.id: early.place for early in turn.vault.early_placed(home, MAX_PLACES)}
    return [(name, cursor, _placed(turn, home, name, cursor)) for name, cursor in found.items()]


def _placed(turn: Turn, home: bytes, name: bytes, cursor: int) -> int:
    row = turn.vault.message(home, name) or turn.vault.amendment(home, name)
    # What is gone here, a reaction that another has replaced, stood where its neighbours do.
    return row.placed if row is not None else max(1, turn.vault.placed_beside(home, cursor))


def take(turn: Turn, home: bytes, told: Sequence[Place]) -> None:
    """This device comes in: what it has brought along without a place stands there by now."""
    for name, cursor, placed in told:
        for early in turn.vault.early_of(home, name):
            put(turn, early, cursor, placed)
