"""Moving the first home of a conversation to another relay.

The commit that moves it stands in the queue that it leaves, before the fence of that relay like any other: what stands
before it counts, and nothing can stand behind it, since it locks that queue. So all members read the old home to the
same entry and go on in the new one, and what had not gone through goes there. The new queue is there before the commit
is sent: nobody is led to a relay that does not take them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from msgspec import structs

from havre.client.engine import doors, outbox
from havre.client.engine.effects import Connect, WishFailed
from havre.client.engine.groups import Group
from havre.client.engine.terms import LEAP, Door, Home, Terms, capabilities, decode_terms, leaving_capabilities
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import MoveHome, Unfit, Wish, decode_wish
from havre.client.sentences import said
from havre.client.vault.rows import Conversation, Outgoing, PendingCommit, Purpose, Queue, QueueRole
from havre.wire.sizes import DEDUPE_BYTES, QUEUE_BYTES, SECRET_BYTES
from havre.wire.stream import Rotate

REFUSED: Final = said("MoveRefused", "The relay to which the chat was to move does not take it; it stays where it is.")

# --- the wish -------------------------------------------------------------------------------------------------


def prepared(turn: Turn, conversation: Conversation, wish: MoveHome) -> MoveHome:
    """Return the wish with a door that is being made at the new home; it takes the place of any other such wish."""
    for wanted in turn.vault.wishes(conversation.queue):
        if isinstance(decode_wish(wanted.wish), MoveHome):
            turn.vault.drop_wish(wanted.seq)
    turn.emit(Connect(wish.relay))
    return structs.replace(wish, door=doors.make(turn, wish.relay))


def is_under_way(turn: Turn, wish: Wish) -> bool:
    """Tell whether the door at the new home is not there yet; raises Unfit when it never will be."""
    if not isinstance(wish, MoveHome) or wish.door is None:
        return False
    door = turn.queue(wish.door.queue)
    if door is None or door.role is QueueRole.ENDED:
        raise Unfit(REFUSED)
    return bool(turn.vault.waiting(door.queue, Purpose.CREATE))


def fresh(turn: Turn, conversation: Conversation, wish: Wish) -> Wish:
    """Return a wish to move with a queue of its own: what opens that follows from the commit, which may lose."""
    queue = turn.queue(conversation.queue)
    if not isinstance(wish, MoveHome) or queue is None:
        return wish
    home = Home(wish.relay, turn.entropy(QUEUE_BYTES), queue.cursor + LEAP)
    door = wish.door or Door(turn.entropy(QUEUE_BYTES), turn.entropy(SECRET_BYTES))
    return structs.replace(wish, home=home, door=door)


# --- before the commit is sent --------------------------------------------------------------------------------


def build(turn: Turn, before: Terms, after: Group) -> None:
    """Have the queue made into which a commit is to move the conversation, if it does."""
    home = decode_terms(after.terms).homes[0]
    if home == before.homes[0]:
        return
    opens = capabilities(after)
    queue = Queue(home.queue, home.relay, QueueRole.DOOR, 0, 0, opens.read, opens.write, opens.manage)
    turn.vault.put_queue(queue)
    outbox.put_create(turn, queue)


def moves(queue: Queue, group: Group) -> bool:
    """Tell whether a group lives elsewhere than a queue's row has it."""
    return decode_terms(group.terms).homes[0].queue != (queue.address or queue.queue)


def is_ready(turn: Turn, queue: Queue, group: Group) -> bool:
    """Tell whether what a commit of this device leads into is there; raises Unfit when it never will be."""
    if not moves(queue, group):
        return True
    built = turn.queue(decode_terms(group.terms).homes[0].queue)
    if built is None or built.role is QueueRole.ENDED:
        raise Unfit(REFUSED)
    return not turn.vault.waiting(built.queue, Purpose.CREATE)


def rotation(queue: Queue, group: Group) -> Rotate:
    """Return the capabilities that a commit gives the queue in which it stands."""
    fresh = leaving_capabilities(group) if moves(queue, group) else capabilities(group)
    return Rotate(queue.manage, fresh.hashes())


def give_up(turn: Turn, pending: PendingCommit, why: Unfit) -> None:
    """A commit cannot be sent: drop it, and what was wanted by it."""
    turn.vault.drop_pending(pending.queue)
    outbox.drop_parts(turn, pending.queue)
    turn.vault.drop_wish(pending.fulfils)
    conversation = turn.conversation(pending.queue)
    if conversation is not None:
        turn.tell(WishFailed(conversation.chat, why.sentence))


# --- once it stands there -------------------------------------------------------------------------------------


def follow(turn: Turn, name: bytes, group: Group) -> None:
    """The conversation lives elsewhere from now on: read on there, and send there what had not gone through."""
    queue, home = turn.queue(name), decode_terms(group.terms).homes[0]
    if queue is None or not moves(queue, group):
        return
    for item in turn.vault.passed(name, home.base):
        outbox.passed_by(turn, item)
    for link in turn.session.links.values():
        link.following.pop(queue.queue, None)
        link.held_commits.pop(queue.queue, None)
    turn.put_queue(
        replace(queue, relay=home.relay, address=home.queue, base=home.base, cursor=home.base, fence=home.base)
    )
    turn.session.told_away.discard(name)
    for item in turn.vault.lane(name):
        _take_along(turn, item, home.relay)
    outbox.renew_lane(turn, name)
    turn.emit(Connect(home.relay))


def placed(queue: Queue, terms: Terms) -> Queue:
    """Return a queue's row with the place that it has, for who comes into a conversation that has moved before."""
    home = terms.homes[0]
    return queue if terms.moved is None else replace(queue, address=home.queue, base=home.base)


def leads_nowhere(turn: Turn, queue: bytes, group: Group) -> bool:
    """Tell whether a commit moves the home to where this device cannot follow."""
    row = turn.queue(queue)
    return row is not None and moves(row, group) and is_taken(turn, decode_terms(group.terms).homes[0])


def is_taken(turn: Turn, home: Home) -> bool:
    """Tell whether this device has something else in that place: two conversations cannot be told apart there."""
    known = turn.queue(home.queue)
    own = known is None or known.role is QueueRole.DOOR
    return not own or turn.vault.queue_at(home.relay, home.queue) is not None


def _take_along(turn: Turn, item: Outgoing, relay: str) -> None:
    """Have an item go to the new home, under a dedupe id that the old one has never seen."""
    for link in turn.session.links.values():
        link.held.pop(item.seq, None)
    if item.queue == item.lane and (item.content or item.purpose is Purpose.HANDED_IN):
        turn.vault.put_outgoing(replace(item, relay=relay, cursor=0, dedupe=turn.entropy(DEDUPE_BYTES)))
    elif item.queue == item.lane or item.purpose is Purpose.STATE:
        turn.vault.drop_outgoing(item.seq)  # made anew for the new home, or gone in the meantime
