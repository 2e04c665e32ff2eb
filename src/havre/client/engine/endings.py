"""Leaving a group, and being out of one.

RFC 9420 forbids to commit one's own removal: who leaves proposes it, anew in every epoch until some member has
committed to it. A device that is out keeps what it has read, and no key.
"""

from __future__ import annotations

from dataclasses import replace

from havre.client.engine import applicants, chats, direct, homes, notices, outbox
from havre.client.engine.effects import Answer, Failed, WakeAt
from havre.client.engine.events import LeaveGroup
from havre.client.engine.groups import Changed, Group
from havre.client.engine.terms import Role, Terms, decode_terms
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import StepBack, encode_wish
from havre.client.sentences import said
from havre.client.vault.rows import ChatKind, Conversation, PendingWish, Purpose, QueueRole, Standing


def leave(turn: Turn, intent: LeaveGroup) -> None:
    """Leave a group: hand on what role this account has, then propose to be taken out."""
    chat = turn.vault.chat(intent.chat)
    if chat is None or chat.kind is not ChatKind.GROUP:
        turn.emit(Failed(intent.ticket, said("ChatUnknown", "There is no such group.")))
        return
    chat = replace(chat, standing=Standing.LEFT)
    chats.put(turn, chat)
    for conversation in turn.conversations(intent.chat):
        if turn.group(conversation.queue, conversation.epoch) is not None:
            turn.vault.add_wish(PendingWish(0, conversation.queue, encode_wish(StepBack())))
            turn.touched[conversation.queue] = None
    turn.emit(Answer(intent.ticket, chat))


def is_leaving(turn: Turn, conversation: Conversation) -> bool:
    """Tell whether this account wants to be out of the conversation."""
    chat = turn.vault.chat(conversation.chat)
    return chat is not None and chat.standing is Standing.LEFT


def give_role_back(turn: Turn, conversation: Conversation, group: Group) -> None:
    """Wish to be without a role that came while this device was about to go: who has one is not let go.

    After a while: whoever handed it on may be going as well, says so just now, and would hand it back for ever. At once
    when nobody else is left: the link that may be open leads to nobody any more, and is closed by it.
    """
    if not is_leaving(turn, conversation) or not _has_role(turn, group) or turn.vault.wishes(conversation.queue):
        return
    epoch, since = turn.session.promoted.get(conversation.queue, (0, 0))
    if epoch != group.epoch:
        since = turn.now
        turn.session.promoted[conversation.queue] = group.epoch, since
    due = since + turn.tuning.patience_step
    if turn.now < due and len(group.members) > 1:
        turn.emit(WakeAt(due))
    else:
        turn.vault.add_wish(PendingWish(0, conversation.queue, encode_wish(StepBack())))


def _has_role(turn: Turn, group: Group) -> bool:
    return decode_terms(group.terms).role(turn.me.account) is not Role.MEMBER


def say_goodbye(turn: Turn, conversation: Conversation, group: Group) -> None:
    """Propose to leave, unless this device has said so in this epoch; the last one just goes.

    An owner whom nobody is left to follow, since all others leave as well, sees them off first.
    """
    if turn.vault.waiting(conversation.queue, Purpose.PROPOSAL):
        return
    if len(group.members) == 1:
        end(turn, conversation)
    elif _has_role(turn, group):
        return
    elif all(member.leaf != group.own_leaf for member in group.leaving):
        after, message = turn.groups.leave(group)
        turn.put_proposals(conversation.queue, after)
        outbox.put_proposal(turn, conversation, message)


def removed(turn: Turn, conversation: Conversation, cursor: int, terms: Terms, change: Changed) -> None:
    """A commit has taken this device out."""
    notices.write(turn, conversation, cursor, notices.of_change(terms, terms, change))
    end(turn, conversation)
    chat = turn.vault.chat(conversation.chat)
    if chat is not None and chat.standing is not Standing.LEFT and not direct.alive(turn, conversation.chat):
        chats.put(turn, replace(chat, standing=Standing.REMOVED))


def end(turn: Turn, conversation: Conversation) -> None:
    """Follow the conversation no longer, and forget its keys; its messages stay."""
    queue = turn.queue(conversation.queue)
    assert queue is not None
    turn.put_queue(replace(queue, role=QueueRole.ENDED, read=b"", write=b"", manage=b""))
    applicants.attend_no_more(turn, conversation.chat)
    turn.vault.drop_pending(queue.queue)
    for wanted in turn.vault.wishes(queue.queue):
        turn.vault.drop_wish(wanted.seq)
    for item in turn.vault.lane(queue.queue):
        outbox.drop_content(turn, item)
    homes.forget(turn, queue.queue)
    for early in turn.vault.early_waiting(queue.queue):
        turn.vault.put_early(replace(early, body=b""))  # what stands there after the end is not for this device to lay
    turn.forget_group(queue.queue)
    for link in turn.session.links.values():
        link.following.pop(queue.queue, None)
