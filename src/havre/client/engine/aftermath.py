"""What follows when a commit has been adopted: Welcomes go out, faces see what has changed, new people get a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from havre.client.engine import acquaintance, applicants, chats, doors, history, notices, outbox, profile, sync, trees
from havre.client.engine.effects import PersonChanged
from havre.client.engine.groups import Changed, Group, Member
from havre.client.engine.members import names_of
from havre.client.engine.terms import GROUP, Terms, decode_terms
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import AddDevices, decode_wish, guests_of
from havre.client.vault.rows import PendingCommit, Person
from havre.wire.capability import inbox_write


def keep_promise(turn: Turn, pending: PendingCommit, group: Group) -> None:
    """A wish has come about: forget it, and lay the Welcome into the inboxes of those who were added.

    All in the transaction that adopts the commit: who dies before it finds the commit in the queue, and adopts it then.
    """
    wanted = turn.vault.wish(pending.fulfils) if pending.fulfils else None
    if wanted is None:
        return
    turn.vault.drop_wish(wanted.seq)
    wish = decode_wish(wanted.wish)
    after = trees.lay(turn, pending, group) if pending.tree else 0
    if isinstance(wish, AddDevices):
        me, packages = turn.me, [package for _, package in wish.devices]
        welcome = turn.groups.welcome_for(pending.welcome, packages)
        outbox.put_welcome(turn, pending.queue, after, me.relay, me.inbox, inbox_write(me.account_key), welcome)
        sync.tell(turn, sync.RECORD, b"", me.record)  # a device may come in that was there before the one that tells it
    for guest in guests_of(wish):
        write = inbox_write(guest.account_key)
        welcome = turn.groups.welcome_for(pending.welcome, guest.packages)
        outbox.put_welcome(turn, pending.queue, after, guest.relay, guest.inbox, write, welcome)
    outbox.let_newcomers_read(turn, pending.queue)


def follow(turn: Turn, queue: bytes, cursor: int, before: Terms, change: Changed) -> None:
    """Have the faces see what a commit has changed."""
    conversation = turn.conversation(queue)
    assert conversation is not None
    after = decode_terms(change.terms)
    acquaintance.note_added(turn, (*change.added, change.committer) if change.external else change.added)
    acquaintance.note_gone(turn, (removal.member for removal in change.removed))
    for removal in change.removed:
        if removal.member.account == turn.me.account:
            turn.session.taken_out[queue, removal.member.device] = turn.now
    show_terms(turn, conversation.chat, after)
    chat = turn.vault.chat(conversation.chat)
    if chat is not None and after != before:
        chats.show(turn, chat)  # rules, roles and bans stand in no row
    if after.kind == GROUP:
        meet(turn, (*change.added, change.committer))
        applicants.follow(turn, conversation, before, after, change)
        history.owe(turn, conversation, cursor, after, change)
        profile.greet(turn, conversation, change)
    if after.kind == GROUP or (after.timer, after.homes) != (before.timer, before.homes):
        notices.write(turn, conversation, cursor, notices.of_change(before, after, change))


def lay_state(turn: Turn, queue: bytes, group: Group, cursor: int) -> None:
    """Whoever commits lays the state that follows at the door, for those who come after."""
    conversation, row = turn.conversation(queue), turn.queue(queue)
    assert conversation is not None
    # Where the commit has moved the home, the first entry behind it is that of the new one.
    cursor = max(cursor, row.fence) if row is not None else cursor
    doors.lay_state(turn, conversation, group, cursor, names_of(turn, [member.account for member in group.members]))


def show_terms(turn: Turn, chat: bytes, terms: Terms) -> None:
    """Bring a chat's row up to the terms."""
    row = turn.vault.chat(chat)
    if row is not None:
        fresh = replace(row, title=terms.title, description=terms.description, picture=terms.picture, timer=terms.timer)
        chats.put(turn, fresh)


def meet(turn: Turn, members: Iterable[Member], names: dict[bytes, str] | None = None) -> None:
    """Note who is in a group with me, so that what they say can be shown under a name."""
    for account, member in {member.account: member for member in members}.items():
        if account != turn.me.account and turn.vault.person(account) is None:
            name = (names or {}).get(account, "")
            person = Person(account, member.account_key, 0, "", name, verified=False, added_at=turn.now)
            turn.vault.put_person(person)
            turn.tell(PersonChanged(person))
