"""Which commit this device makes next in a conversation: to a wish, to another's leaving, or to fresh keys alone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Final

from havre.client.engine import applicants, commits, direct, endings, entrances, homes, moves, outbox, places, trees
from havre.client.engine.effects import Answer, Failed, WakeAt, WishFailed
from havre.client.engine.events import ChangeChat, RemoveDevice
from havre.client.engine.groups import Group, Reason, Step, Unusable
from havre.client.engine.members import names_of, own_member
from havre.client.engine.terms import GROUP, Handover, encode_handover
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import (
    AddDevices,
    MoveHome,
    RemoveDevices,
    SetInvitation,
    Unfit,
    Wish,
    decode_wish,
    encode_wish,
    guests_of,
    is_fulfilled,
    plan,
)
from havre.client.sentences import said
from havre.client.vault.rows import Conversation, PendingWish, Purpose
from havre.wire.capability import account_id

GONE: Final = said("OutOfChat", "You are no longer in this chat.")
_WHY: Final = {
    Reason.FORBIDDEN: said("RoleForbids", "Your role in this chat does not allow that."),
    Reason.TOO_LARGE: said(
        "GroupTooLarge", "The group has become too large for that: no relay takes so much in one entry."
    ),
    Reason.MALFORMED: said("TooMuchForChat", "That is too long, too short, or more than a chat can have."),
}


# --- what a person wants --------------------------------------------------------------------------------------


def want(turn: Turn, intent: ChangeChat) -> None:
    """Keep a wish for every conversation of a chat, if it can be brought about as things stand."""
    conversations = direct.alive(turn, intent.chat)
    chat = turn.vault.chat(intent.chat)
    if not conversations or chat is None:
        turn.emit(Failed(intent.ticket, GONE))
        return
    for conversation in conversations:
        refused = check(turn, conversation, intent.wish)
        if refused is not None:
            turn.emit(Failed(intent.ticket, refused))
            return
    for conversation in conversations:
        keep(turn, conversation, intent.wish)
    turn.emit(Answer(intent.ticket, chat))


def keep(turn: Turn, conversation: Conversation, wish: Wish) -> None:
    """Store a wish; the next look at the conversation makes a commit to it."""
    if isinstance(wish, SetInvitation) and wish.invitation is not None and wish.invitation.approval:
        applicants.make_counter(turn, conversation, wish.invitation.secret)
    if isinstance(wish, MoveHome):
        wish = moves.prepared(turn, conversation, wish)
    turn.vault.add_wish(PendingWish(0, conversation.queue, encode_wish(wish)))
    turn.touched[conversation.queue] = None


def check(turn: Turn, conversation: Conversation, wish: Wish) -> str | None:
    """Return why a wish cannot be brought about, in one sentence; None: it can."""
    group = turn.group(conversation.queue, conversation.epoch)
    if group is None:
        return GONE
    try:
        step = plan(group, own_member(group), moves.fresh(turn, conversation, wish))
        commits.try_out(turn, group, step)
    except Unfit as error:
        return error.sentence
    except Unusable as error:
        return sentence_for(error.reason)
    return None


def sentence_for(reason: Reason) -> str:
    """Return why something was not allowed, in one sentence."""
    return _WHY.get(reason, said("CannotBeDone", f"That cannot be done ({reason})."))


def remove_device(turn: Turn, intent: RemoveDevice) -> None:
    """Take a device of this account out of a conversation, which gives the queue new capabilities."""
    conversation = turn.conversation(intent.queue)
    group = turn.group(conversation.queue, conversation.epoch) if conversation else None
    own = {(member.account, member.device) for member in group.members} if group else set()
    if conversation is None or (turn.me.account, intent.device) not in own:
        turn.emit(Failed(intent.ticket, said("DeviceUnknown", "That device is not in this conversation.")))
        return
    keep(turn, conversation, RemoveDevices((intent.device,)))
    turn.emit(Answer(intent.ticket, None))


# --- the next commit ------------------------------------------------------------------------------------------


def make_if_due(turn: Turn, conversation: Conversation) -> None:
    """Make the commit that is due and keep it, unless one is pending or the queue is not there yet."""
    queue = turn.queue(conversation.queue)
    group = turn.group(conversation.queue, conversation.epoch)
    if queue is None or group is None or turn.vault.waiting(queue.queue, Purpose.CREATE):
        return
    if entrances.is_outside(turn, queue.queue) or _waits_for_counter(turn, conversation):
        return
    if turn.vault.waiting(queue.queue, Purpose.HANDED_IN):
        return  # what others said over the second home: each commit makes it older, until nobody can read it
    endings.give_role_back(turn, conversation, group)
    if turn.vault.pending(queue.queue) is not None:
        return
    bringing = outbox.brings(turn, queue.queue)
    _make_next(turn, conversation, group)
    if bringing:
        # Somebody else may have brought them in. This uses keys, so whoever has the group from before must be done.
        outbox.let_newcomers_read(turn, queue.queue)


def _make_next(turn: Turn, conversation: Conversation, group: Group) -> None:
    """Make the first commit that is due: to a wish, to another's leaving, to one's own, to fresh keys alone."""
    if _make_wanted(turn, conversation, group):
        return
    if _must_see_off(turn, conversation, group):
        _refresh(turn, conversation, group)
    elif endings.is_leaving(turn, conversation):
        endings.say_goodbye(turn, conversation, group)
    elif refresh_is_due(turn, conversation):
        _refresh(turn, conversation, group)


def _waits_for_counter(turn: Turn, conversation: Conversation) -> bool:
    """Tell whether a link by approval is wanted, and the queue in which people are to apply is not there yet."""
    wishes = [decode_wish(wanted.wish) for wanted in turn.vault.wishes(conversation.queue)]
    links = [wish.invitation for wish in wishes if isinstance(wish, SetInvitation)]
    return any(link is not None and link.approval and applicants.is_being_made(turn, link.secret) for link in links)


def _make_wanted(turn: Turn, conversation: Conversation, group: Group) -> bool:
    """Make a commit to the oldest wish that can be brought about now; drop those that never can."""
    for wanted in turn.vault.wishes(conversation.queue):
        try:
            wish = moves.fresh(turn, conversation, decode_wish(wanted.wish))
            if moves.is_under_way(turn, wish):
                continue
            step = _with_handover(turn, conversation, group, wish, plan(group, own_member(group), wish))
            if not is_fulfilled(step):
                applicants.check_open(turn, conversation, wish)
                commits.keep(turn, conversation, group, step, wanted.seq)
                return True
        except Unfit as error:
            turn.tell(WishFailed(conversation.chat, error.sentence))
        except Unusable as error:
            if error.reason is Reason.UNMANAGED:
                continue  # it comes about once somebody has handed this device the capability (`managing`)
            turn.tell(WishFailed(conversation.chat, sentence_for(error.reason)))
        turn.vault.drop_wish(wanted.seq)
    return False


def _with_handover(turn: Turn, conversation: Conversation, group: Group, wish: Wish, step: Step) -> Step:
    """Have newcomers told what opens the queue, where to begin to read, and who is called what; my own also, what
    stands where.
    """
    queue = turn.queue(conversation.queue)
    assert queue is not None
    if not step.add:
        return step
    accounts = [member.account for member in group.members]
    accounts += [account_id(guest.account_key) for guest in guests_of(wish)]
    names = names_of(turn, accounts) if conversation.kind == GROUP else []
    tree = trees.new_place(turn) if len(group.members) + len(step.add) > turn.tuning.whole else None
    handover = Handover(
        queue.read, queue.write, queue.manage or None, queue.cursor, names=names, name=turn.me.name[:64],
        second=homes.secret(turn, queue.queue), tree=tree, certificate=turn.me.certificate if tree else b"",
        places=places.known(turn, queue.queue) if isinstance(wish, AddDevices) else [],
    )  # fmt: skip
    place = trees.encode_place(tree) if tree else b""
    return replace(step, handover=encode_handover(handover), tree=place)


def refresh_is_due(turn: Turn, conversation: Conversation) -> bool:
    """Tell whether this device should put fresh keys into the tree."""
    age = turn.now - conversation.refreshed_at
    often = conversation.sent_since >= turn.tuning.refresh_messages
    return conversation.refresh_due or often or age >= turn.tuning.refresh_age


def _must_see_off(turn: Turn, conversation: Conversation, group: Group) -> bool:
    """Tell whether it is this device's turn to commit to another's leaving: the lowest leaf first, then the next.

    Those who go themselves do it only when nobody stays.
    """
    going = {member.leaf for member in group.leaving}
    staying = {member.leaf for member in group.members} - going
    queue = turn.queue(conversation.queue)
    if not going - {group.own_leaf} or (staying and group.own_leaf in going) or queue is None or not queue.manage:
        return False
    before_me = sum(1 for leaf in staying or going if leaf < group.own_leaf)
    due = conversation.latest * 1000 + min(before_me, turn.tuning.patience) * turn.tuning.patience_step
    if turn.now < due:
        turn.emit(WakeAt(due))
    return turn.now >= due


def _refresh(turn: Turn, conversation: Conversation, group: Group) -> None:
    for step in (Step(), Step(proposed=False)):  # what somebody has proposed may leave the group without an owner
        with suppress(Unusable):
            commits.keep(turn, conversation, group, step)
            return
    # Too large for an entry: in a while others will have filled the tree, and the commit is smaller then.
    turn.put_conversation(replace(conversation, refresh_due=False, refreshed_at=turn.now))
