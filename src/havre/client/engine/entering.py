"""Entering a conversation by Welcome: where it lives, who is in it, and whether this device would enter it at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from havre.client.engine import (
    acquaintance,
    aftermath,
    applicants,
    calling,
    chats,
    direct,
    endings,
    history,
    homes,
    introductions,
    managing,
    moves,
    notices,
    places,
)
from havre.client.engine.effects import Connect
from havre.client.engine.groups import Joined, Member, Reason, Unusable
from havre.client.engine.notices import Notice, What
from havre.client.engine.terms import (
    DIRECT,
    GROUP,
    SELF,
    VERSION,
    Handover,
    Home,
    Terms,
    decode_handover,
    decode_terms,
)
from havre.client.engine.turn import Turn
from havre.client.vault.rows import ChatKind, Queue, QueueRole, Standing


def enter(turn: Turn, joined: Joined) -> None:
    """Take part in the conversation that a Welcome led into; raises Unusable when it is none that I would enter."""
    home, terms, handover = (
        check_enterable(turn, joined),
        decode_terms(joined.group.terms),
        decode_handover(joined.handover),
    )
    queue = Queue(
        terms.name, home.relay, QueueRole.CONVERSATION, cursor=handover.after, fence=0,
        read=handover.read, write=handover.write, manage=handover.manage or b"",
    )  # fmt: skip
    queue = places.resumed(turn, moves.placed(queue, terms))
    if terms.kind == DIRECT:
        _enter_direct(turn, joined, queue)
    elif terms.kind == SELF:
        _enter_own(turn, joined, queue)
    else:
        enter_group(turn, joined, queue, terms, handover)
    acquaintance.note_members(turn, joined.group.members)
    homes.handed(turn, queue.queue, terms, handover)
    if joined.welcomer.account == turn.me.account:
        places.take(turn, queue.queue, handover.places)
    managing.ask(turn, queue.queue)
    turn.emit(Connect(home.relay))
    turn.opened[queue.queue] = None


def _enter_direct(turn: Turn, joined: Joined, queue: Queue) -> None:
    peer = _peer(turn, joined.group.members)
    _end_deserted(turn, joined, peer.account)
    conversation = direct.new_conversation(turn, queue, peer.account, joined.group, met=True)
    turn.add_conversation(queue, conversation, joined.group)
    direct.met(turn, peer.account_key)
    chats.revive(turn, chats.add(turn, peer.account, ChatKind.DIRECT))
    aftermath.show_terms(turn, peer.account, decode_terms(joined.group.terms))
    introductions.introduce(turn, conversation)


def _end_deserted(turn: Turn, joined: Joined, account: bytes) -> None:
    """Whoever begins anew with none of the devices that they had before has lost these: nobody reads there any more."""
    now = {member.device for member in joined.group.members if member.account == account}
    for conversation in direct.alive(turn, account):
        group = turn.group(conversation.queue, conversation.epoch)
        before = {member.device for member in group.members if member.account == account} if group else now
        if not before & now and joined.welcomer.account == account:
            endings.end(turn, conversation)


def _enter_own(turn: Turn, joined: Joined, queue: Queue) -> None:
    account = turn.me.account
    conversation = direct.new_conversation(turn, queue, account, joined.group, met=True, kind=SELF)
    turn.add_conversation(queue, conversation, joined.group)
    chats.add(turn, account, ChatKind.SELF)
    introductions.introduce(turn, conversation)


def enter_group(turn: Turn, joined: Joined, queue: Queue, terms: Terms, handover: Handover) -> None:
    """Take part in a group, for the first time or again."""
    group = joined.group
    conversation = direct.new_conversation(turn, queue, group.group_id, group, met=True, kind=GROUP)
    turn.forget_group(queue.queue)
    turn.add_conversation(queue, conversation, group)
    chat = chats.add(turn, group.group_id, ChatKind.GROUP)
    chats.put(turn, replace(chat, standing=Standing.ACCEPTED))
    turn.vault.drop_applied(group.group_id)
    history.await_it(turn, queue.queue)
    _forget_other_ways(turn, group.group_id)
    aftermath.show_terms(turn, group.group_id, terms)
    applicants.attend(turn, conversation, terms)
    aftermath.meet(turn, group.members, dict(handover.names))
    notice = Notice(What.ADDED, joined.welcomer.account, [turn.me.account])
    notices.write(turn, replace(conversation, latest=turn.seconds), handover.after, iter([notice]))
    introductions.introduce(turn, conversation)


def _forget_other_ways(turn: Turn, chat: bytes) -> None:
    """Who is in already need not come in by a link as well, which would cost the keys of this membership."""
    for entrance in turn.vault.entrances():
        if entrance.chat == chat:
            turn.vault.drop_entrance(entrance.door)


def check_enterable(turn: Turn, joined: Joined) -> Home:
    """Return where a conversation lives; raises Unusable when it is none that I would enter."""
    terms = decode_terms(joined.group.terms)
    home = terms.homes[0]
    if terms.version != VERSION or terms.kind not in (DIRECT, GROUP, SELF):
        raise Unusable(Reason.FORBIDDEN)
    known = turn.queue(terms.name)
    taken = terms.moved is not None and moves.is_taken(turn, home)
    if taken or (known is not None and known.role is not QueueRole.ENDED) or _is_past(turn, joined, terms):
        raise Unusable(Reason.REPEATED)
    calling.check_relay(turn, home.relay)
    if terms.kind == DIRECT:
        _peer(turn, joined.group.members)
    if terms.kind == SELF and any(member.account != turn.me.account for member in joined.group.members):
        raise Unusable(Reason.FORBIDDEN)
    return home


def _is_past(turn: Turn, joined: Joined, terms: Terms) -> bool:
    """Tell whether a Welcome, late on its way, leads back to where this device has been, and was taken out since."""
    known, chat = turn.conversation(terms.name), turn.vault.chat(joined.group.group_id)
    if known is None or chat is None or chat.standing not in (Standing.REMOVED, Standing.LEFT):
        return False
    return joined.group.epoch <= known.epoch


def _peer(turn: Turn, members: Sequence[Member]) -> Member:
    others = {member.account: member for member in members if member.account != turn.me.account}
    if len(others) != 1:
        raise Unusable(Reason.FORBIDDEN)
    return others.popitem()[1]
