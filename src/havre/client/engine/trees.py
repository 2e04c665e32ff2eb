"""The tree of a large group, for those whom a commit brings in: too large for their Welcomes, it lies apart, once.

It goes into a queue of its own, sealed under a secret that the Welcomes name, before these go out.
"""

from __future__ import annotations

from havre.client.engine import doors, outbox
from havre.client.engine.groups import Group
from havre.client.engine.terms import Door, door_capabilities
from havre.client.engine.turn import Turn
from havre.client.vault.rows import PendingCommit, Queue, QueueRole
from havre.wire.sizes import QUEUE_BYTES, SECRET_BYTES


def new_place(turn: Turn) -> Door:
    """Return a place where nobody has been yet."""
    return Door(turn.entropy(QUEUE_BYTES), turn.entropy(SECRET_BYTES))


def encode_place(place: Door) -> bytes:
    """Return a place as a pending commit keeps it."""
    return place.queue + place.secret


def lay(turn: Turn, pending: PendingCommit, group: Group) -> int:
    """Have the tree of a new epoch laid where its Welcomes say; return the item that these have to wait for."""
    place = Door(pending.tree[:QUEUE_BYTES], pending.tree[QUEUE_BYTES:])
    home = turn.queue(pending.queue)
    assert home is not None
    opens = door_capabilities(place, turn.entropy(SECRET_BYTES))
    queue = Queue(place.queue, home.relay, QueueRole.DOOR, 0, 0, opens.read, opens.write, opens.manage)
    turn.vault.put_queue(queue)
    outbox.put_create(turn, queue)
    sealed = turn.groups.seal_answer(place.secret, turn.groups.tree(group))
    return outbox.put_tree(turn, home.queue, home.relay, place.queue, opens.write, doors.parts(turn, sealed))
