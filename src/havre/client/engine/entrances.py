"""Entering a conversation from outside: by a link, or again after having been away for so long as to miss commits.

The device reads the newest state at the door, makes a commit from outside of it (RFC 9420 §12.4.3.2) and keeps that as
its pending commit, so that it goes through the relay's fence like any other. If another's comes first, the device looks
at the door again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from havre.client.engine import (
    aftermath,
    applicants,
    applying,
    calling,
    chats,
    direct,
    doors,
    history,
    homes,
    introductions,
    invitations,
    managing,
    moves,
    notices,
    outbox,
    parcels,
    places,
)
from havre.client.engine.effects import Answer, Connect, Failed, WakeAt
from havre.client.engine.events import JoinByLink
from havre.client.engine.groups import Group, Reason, State, Unusable
from havre.client.engine.members import names_of, own_member
from havre.client.engine.notices import Notice, What
from havre.client.engine.session import AskedDoor, Link
from havre.client.engine.terms import (
    DIRECT,
    GROUP,
    Door,
    Handover,
    Terms,
    decode_handover,
    decode_terms,
    door_capabilities,
)
from havre.client.engine.turn import Turn
from havre.client.sentences import said
from havre.client.vault.rows import (
    ChatKind,
    Conversation,
    Entrance,
    PendingCommit,
    Queue,
    QueueRole,
    Standing,
)
from havre.wire.sizes import DEDUPE_BYTES, MAX_CURSOR
from havre.wire.stream import Entries, Entry, Read, Refused

NEWEST: Final = 64
"""Entries of a door, the newest ones, in which a whole state is looked for."""
TRIES: Final = 8
"""Looks at the door after which a link is given up; who comes back never gives up."""
TRIES_FOR_WELCOME: Final = 4
"""Looks at the door by a link after which whoever stands in the group already comes in again: about a minute."""
TREE_TRIES: Final = 720
"""Looks for the tree of a Welcome after which nobody will lay it any more: a month of them."""
LONGEST_WAIT: Final = 3600 * 1000
CLOSED: Final = said(
    "LinkClosed", "The link does not let anybody in (any longer), or waits for somebody of the group to come by."
)


# --- wanting in -----------------------------------------------------------------------------------------------


def join(turn: Turn, intent: JoinByLink) -> None:
    """Enter a group by its link, as soon as the door shows its state."""
    try:
        calling.check_relay(turn, intent.relay)
    except Unusable:
        turn.emit(
            Failed(
                intent.ticket, said("AddressForbidden", "The link leads to an address that this device does not call.")
            )
        )
        return
    if direct.alive(turn, intent.chat):
        turn.emit(Failed(intent.ticket, said("InGroupAlready", "You are in this group already.")))
        return
    entrance = Entrance(
        intent.door, intent.relay, intent.chat, b"", 0, 0, secret=intent.secret, link=intent.link, asks=intent.asks
    )  # fmt: skip
    known = turn.vault.entrance(intent.door)
    # A commit that is to enter may be under way already, and its queue must be known when it comes back.
    turn.vault.put_entrance(replace(entrance, queue=known.queue) if known is not None else entrance)
    chat = chats.add(turn, intent.chat, ChatKind.GROUP)
    waiting = replace(chat, standing=Standing.WAITING, title=chat.title or intent.title)
    chats.put(turn, waiting)
    turn.emit(Connect(intent.relay))
    turn.emit(Answer(intent.ticket, waiting))


def lost(turn: Turn, conversation: Conversation) -> bool:
    """Commits were missed: have the device come back by the door; False if the conversation has none."""
    group, queue = turn.group(conversation.queue, conversation.epoch), turn.queue(conversation.queue)
    door = decode_terms(group.terms).door if group is not None else None
    if door is None or queue is None:
        return False
    if turn.vault.entrance(door.queue) is None:
        entrance = Entrance(door.queue, queue.relay, conversation.chat, queue.queue, 0, 0, secret=door.secret, link=b"")
        turn.vault.put_entrance(entrance)
    return True


def is_outside(turn: Turn, queue: bytes) -> bool:
    """Tell whether this device is about to enter a conversation, or to come back to it."""
    return _entrance_to(turn, queue) is not None


# --- looking at the door --------------------------------------------------------------------------------------


def look(turn: Turn, link: Link) -> None:
    """Look at every door of a relay that is due."""
    for entrance in turn.vault.entrances():
        under_way = any(isinstance(asked, AskedDoor) and asked.door == entrance.door for asked in link.asked.values())
        pending = turn.vault.pending(entrance.queue) if entrance.queue else None
        if entrance.relay != link.relay or under_way or pending is not None:
            continue
        if turn.now < entrance.next_at:
            turn.emit(WakeAt(entrance.next_at))
        else:
            _read(turn, link, entrance, MAX_CURSOR, AskedDoor(entrance.door, None, ()))


def _read(turn: Turn, link: Link, entrance: Entrance, after: int, asked: AskedDoor) -> None:
    read = door_capabilities(Door(entrance.door, entrance.secret), b"").read
    turn.ask(link, asked, lambda request: Read(request, entrance.door, read, after))


def on_entries(turn: Turn, link: Link, asked: AskedDoor, event: Entries) -> None:
    """The door has answered: with its last cursor, then with what lies there."""
    entrance = turn.vault.entrance(asked.door)
    if entrance is None:
        return
    entries = (*asked.entries, *event.entries)
    if asked.head is None:
        after = 0 if entrance.welcome else max(0, event.head - NEWEST)
        _read(turn, link, entrance, after, AskedDoor(entrance.door, event.head, ()))
    elif event.more and event.entries:
        _read(turn, link, entrance, event.entries[-1].cursor, replace(asked, entries=entries))
    elif not _use(turn, entrance, entries):
        put_off(turn, entrance)


def _use(turn: Turn, entrance: Entrance, entries: Sequence[Entry]) -> bool:
    if entrance.welcome:
        return invitations.follow(turn, entrance, doors.whole_states(entries))
    if entrance.asks:
        return applying.ask(turn, entrance, doors.keys_for_letters(entries))
    newest = _newest(turn, entrance, doors.whole_states(entries))
    return newest is not None and _try(turn, entrance, newest)


def _newest(turn: Turn, entrance: Entrance, states: Sequence[bytes]) -> _Opened | None:
    """Return the state of the latest commit of all that open: whoever is held up lays theirs after a newer one."""
    found = [_opened(turn, entrance, sealed) for sealed in states]
    return max(filter(None, found), key=lambda opened: opened.handover.after, default=None)


def on_refused(turn: Turn, asked: AskedDoor, event: Refused) -> None:
    """The door cannot be read now, or not at all."""
    entrance = turn.vault.entrance(asked.door)
    if entrance is not None:
        put_off(turn, entrance)


def put_off(turn: Turn, entrance: Entrance) -> None:
    """Look again later; a link that has led nowhere often enough is given up."""
    tries = entrance.tries + 1
    if entrance.welcome and tries >= TREE_TRIES:
        turn.vault.drop_entrance(entrance.door)
        return
    if entrance.link and tries >= TRIES:
        turn.vault.drop_entrance(entrance.door)
        chats.shut_out(turn, entrance.chat, CLOSED)
        return
    wait = min(turn.tuning.retry << min(tries, 12), LONGEST_WAIT)
    wait += int.from_bytes(turn.entropy(2), "big") * wait // (1 << 18)
    turn.vault.put_entrance(replace(entrance, tries=tries, next_at=turn.now + wait))
    turn.emit(WakeAt(turn.now + wait))


# --- making the commit ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Opened:
    """A state as it lay at the door, and what it hands over; `former`: the group as this device was a member of it."""

    state: State
    handover: Handover
    former: Group | None


def _opened(turn: Turn, entrance: Entrance, sealed: bytes) -> _Opened | None:
    """Open a state by the link, or as the member that this device was; a commit of its own may have been adopted."""
    conversation = None if entrance.link else turn.conversation(entrance.queue)
    former = turn.group(entrance.queue, conversation.epoch) if conversation else None
    with suppress(Unusable):
        back = turn.vault.way_back() if former is None and not entrance.link else b""
        state = turn.groups.open_state(sealed, entrance.link or None, former, back)
        return _Opened(state, decode_handover(state.handover), former)
    return None


def _try(turn: Turn, entrance: Entrance, opened: _Opened) -> bool:
    """Make the commit that enters, of a state; False when that is not of the present epoch, or nobody would accept."""
    row = turn.queue(entrance.queue) if entrance.queue else None
    if row is not None and opened.handover.after < row.fence:
        return False
    try:
        gone, again = _lost_devices(turn, entrance, opened), _may_come_again(entrance)
        group, message = turn.groups.enter(opened.state, entrance.link or None, gone, again)
        _check(turn, entrance, group, decode_terms(group.terms))
    except Unusable:
        return False
    _keep(turn, entrance, opened, group, message)
    return True


def _may_come_again(entrance: Entrance) -> bool:
    """Tell whether to enter though this device stands in the group: somebody is just bringing it in, and by their
    Welcome it can read what was said since; which is waited for, but not for long, since it may have been lost.
    """
    return not entrance.link or entrance.tries >= TRIES_FOR_WELCOME


def _lost_devices(turn: Turn, entrance: Entrance, opened: _Opened) -> frozenset[bytes]:
    """Return the devices of mine in whose place this one comes: of its backup, if it was restored of one."""
    restored = opened.former is None and not entrance.link
    return frozenset(row.device for row in turn.vault.seen(turn.me.account) if row.gone) if restored else frozenset()


def _check(turn: Turn, entrance: Entrance, group: Group, terms: Terms) -> None:
    """Raise Unusable unless the others will accept the commit, and it leads where it should."""
    home, own = terms.homes[0], own_member(group)
    invited = terms.invitation is not None and terms.invitation.secret == entrance.link
    barred = terms.invitation is None or terms.invitation.approval or own.account in terms.banned
    if terms.kind not in (DIRECT, GROUP) or home.relay != entrance.relay:
        raise Unusable(Reason.FORBIDDEN)
    if entrance.link and (not invited or barred or group.group_id != entrance.chat):
        raise Unusable(Reason.FORBIDDEN)
    if not entrance.link and terms.name != entrance.queue:
        raise Unusable(Reason.FORBIDDEN)


def _keep(turn: Turn, entrance: Entrance, opened: _Opened, group: Group, message: bytes) -> None:
    """Store the commit as the pending one of a conversation whose present epoch this device has not been in."""
    terms, handover = decode_terms(group.terms), opened.handover
    known = turn.conversation(terms.name)
    queue = _queue(turn, entrance, terms, opened)
    turn.put_queue(queue)
    if known is None or opened.former is None:
        _begin(turn, entrance, queue, group, opened.state.epoch)
        turn.forget_group(queue.queue)
    *parts, last = parcels.cut(turn, message)
    begun = turn.conversation(queue.queue)
    assert begun is not None
    outbox.drop_parts(turn, queue.queue)
    for part in parts:
        outbox.put_part(turn, begun, part)
    epoch_state, keys_state = turn.groups.dump(group)
    pending = PendingCommit(
        queue=queue.queue, dedupe=turn.entropy(DEDUPE_BYTES), fence=handover.after, digest=sha256(last).digest(),
        rotates=False, fulfils=0, welcome=b"", body=last, epoch_state=epoch_state, keys_state=keys_state,
    )  # fmt: skip
    turn.vault.put_pending(pending)
    homes.handed(turn, queue.queue, terms, handover)
    if terms.kind == GROUP:
        aftermath.meet(turn, group.members, dict(handover.names))
    turn.vault.put_entrance(replace(entrance, queue=queue.queue))
    turn.opened[queue.queue] = None


def _queue(turn: Turn, entrance: Entrance, terms: Terms, opened: _Opened) -> Queue:
    """Return the home queue as it is now: what was said up to the state's commit cannot be read."""
    handover = opened.handover
    queue = Queue(
        terms.name, entrance.relay, QueueRole.CONVERSATION, cursor=handover.after, fence=handover.after,
        read=handover.read, write=handover.write, manage=b"",
    )  # fmt: skip
    queue = moves.placed(queue, terms)
    return queue if opened.former is not None else places.resumed(turn, queue)


def _begin(turn: Turn, entrance: Entrance, queue: Queue, group: Group, epoch: int) -> None:
    conversation = direct.new_conversation(turn, queue, entrance.chat, group, met=True, kind=GROUP)
    turn.vault.put_queue(queue)
    turn.vault.put_conversation(replace(conversation, epoch=epoch, refresh_due=False))
    turn.put_conversation(replace(conversation, epoch=epoch, refresh_due=False))


# --- having entered -------------------------------------------------------------------------------------------


def arrived(turn: Turn, pending: PendingCommit, cursor: int) -> None:
    """The commit from outside stands in the queue: this device is in."""
    conversation, queue = turn.conversation(pending.queue), turn.queue(pending.queue)
    entrance = _entrance_to(turn, pending.queue)
    assert conversation is not None
    assert queue is not None
    group = turn.groups.load(pending.epoch_state, pending.keys_state)
    terms = decode_terms(group.terms)
    turn.forget_group(queue.queue)
    turn.adopt_group(queue.queue, group)
    turn.put_conversation(
        replace(conversation, epoch=group.epoch, refresh_due=False, refreshed_at=turn.now, sent_since=0, gap=False)
    )
    if entrance is not None:
        turn.vault.drop_entrance(entrance.door)
    if all(row.link for row in turn.vault.entrances()):
        turn.vault.drop_way_back()
    _show(turn, conversation, entrance, terms, cursor)
    outbox.renew_lane(turn, queue.queue)
    managing.ask(turn, queue.queue)
    for link in turn.session.links.values():
        outbox.release_held(turn, link)
    names = names_of(turn, [member.account for member in group.members])
    doors.lay_state(turn, conversation, group, cursor, names)


def _show(turn: Turn, conversation: Conversation, entrance: Entrance | None, terms: Terms, cursor: int) -> None:
    aftermath.show_terms(turn, conversation.chat, terms)
    applicants.attend(turn, conversation, terms)
    chat = turn.vault.chat(conversation.chat)
    if chat is not None and chat.standing is Standing.WAITING:
        chats.put(turn, replace(chat, standing=Standing.ACCEPTED))
    came_by_link = entrance is not None and bool(entrance.link)
    notices.write(turn, conversation, cursor, _notice_of(turn, came_by_link))
    now = turn.conversation(conversation.queue)
    if came_by_link and now is not None:
        history.await_it(turn, now.queue)
        introductions.introduce(turn, now)


def _notice_of(turn: Turn, came_by_link: bool) -> Iterator[Notice]:
    yield Notice(What.JOINED if came_by_link else What.RETURNED, turn.me.account)


def overtaken(turn: Turn, queue: bytes) -> bool:
    """Another's commit came before the one that was to enter: look at the door again. False: it was none such."""
    entrance = _entrance_to(turn, queue)
    if entrance is not None:
        _take_back(turn, replace(entrance, tries=0))
    return entrance is not None


def led_nowhere(turn: Turn, queue: bytes) -> bool:
    """The state from which this device was to enter is over for the relay: look for a newer one. False: none such.

    Unlike a commit that came before, that is no sign that a newer one will come: it counts as a look in vain.
    """
    entrance = _entrance_to(turn, queue)
    if entrance is not None:
        _take_back(turn, entrance)
    return entrance is not None


def _entrance_to(turn: Turn, queue: bytes) -> Entrance | None:
    return next((row for row in turn.vault.entrances() if row.queue == queue), None)


def _take_back(turn: Turn, entrance: Entrance) -> None:
    turn.vault.drop_pending(entrance.queue)
    outbox.drop_parts(turn, entrance.queue)
    put_off(turn, entrance)
