"""Direct conversations: beginning one, entering one, and choosing between two that were begun at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from havre.client.engine import acquaintance, chats, doors, introductions, messages, outbox, settings, sync, timers
from havre.client.engine.effects import Answer, Failed, MessageArrived, PersonChanged
from havre.client.engine.events import Begin, ChangePerson, MarkRead, Send
from havre.client.engine.groups import Group, Made, Reason, Step, Unusable
from havre.client.engine.policy import may_write
from havre.client.engine.terms import (
    DIRECT,
    VERSION,
    Handover,
    Home,
    Terms,
    capabilities,
    decode_terms,
    encode_handover,
    encode_terms,
)
from havre.client.engine.turn import Turn
from havre.client.sentences import said
from havre.client.vault.rows import (
    Chat,
    ChatKind,
    Conversation,
    Message,
    MessageState,
    Outgoing,
    Person,
    Purpose,
    Queue,
    QueueRole,
    Standing,
)
from havre.content import ContentError, encode, message_id, room_uri, sender_uri
from havre.content.model import SALT_BYTES
from havre.wire.capability import account_id, inbox_write
from havre.wire.sizes import QUEUE_BYTES

# --- beginning ------------------------------------------------------------------------------------------------


def begin(turn: Turn, intent: Begin) -> None:
    """Found a conversation with all devices of another account, and tell the other side by Welcome."""
    account = account_id(intent.account_key)
    if account == turn.me.account:
        turn.emit(Failed(intent.ticket, said("Oneself", "This contact link is your own; give it to somebody else.")))
        return
    try:
        _check_devices(turn, intent, account)
        if not alive(turn, account):
            _found(turn, intent, account)
    except Unusable as error:
        sentence = said(
            "KeysUnusable",
            f"The keys that the relay handed out for this person cannot be used ({error.reason}); nothing was sent.",
        )
        turn.emit(Failed(intent.ticket, sentence))
        return
    person = met(turn, intent.account_key, intent.nickname, intent.sequence, intent.hint)
    turn.emit(Answer(intent.ticket, person))


def _check_devices(turn: Turn, intent: Begin, account: bytes) -> None:
    if not any(keys.account == account for keys in intent.devices):
        raise Unusable(Reason.UNKNOWN_KEY_PACKAGE)
    for keys in intent.devices:
        if keys.account not in (account, turn.me.account):
            raise Unusable(Reason.STRANGER)
        turn.groups.check_key_package(keys.key_package, keys.account, keys.device, turn.seconds)


def _found(turn: Turn, intent: Begin, account: bytes) -> None:
    home = Home(turn.me.relay, turn.entropy(QUEUE_BYTES))
    timer, door = settings.default_timer(turn), doors.make(turn, home.relay)
    terms = encode_terms(Terms(VERSION, DIRECT, [home], timer=timer, door=door))
    alone = turn.groups.found(turn.entropy(QUEUE_BYTES), terms)
    opens = capabilities(alone)
    handover = encode_handover(Handover(opens.read, opens.write, opens.manage, after=0, name=turn.me.name))
    # Nobody else is in the group yet, so there is nothing to race with: the commit holds at once.
    step = Step(add=tuple(keys.key_package for keys in intent.devices), handover=handover)
    made = turn.groups.commit(alone, step, turn.seconds)
    queue = Queue(
        home.queue, home.relay, QueueRole.CONVERSATION, cursor=0, fence=0,
        read=opens.read, write=opens.write, manage=opens.manage,
    )  # fmt: skip
    conversation = new_conversation(turn, queue, account, made.group, met=False)
    turn.add_conversation(queue, conversation, made.group)
    chat = chats.revive(turn, chats.add(turn, account, ChatKind.DIRECT))
    chats.put(turn, replace(chat, timer=timer))
    acquaintance.note_members(turn, made.group.members)
    created = outbox.put_create(turn, queue)
    _send_welcomes(turn, intent, created, made)
    introductions.introduce(turn, conversation)


def _send_welcomes(turn: Turn, intent: Begin, created: Outgoing, made: Made) -> None:
    assert made.welcome is not None
    write = inbox_write(intent.account_key)
    outbox.put_welcome(turn, created.lane, created.seq, intent.relay, intent.inbox, write, made.welcome)
    if any(keys.account == turn.me.account for keys in intent.devices):
        write = inbox_write(turn.me.account_key)
        outbox.put_welcome(turn, created.lane, created.seq, turn.me.relay, turn.me.inbox, write, made.welcome)


def new_conversation(
    turn: Turn, queue: Queue, chat: bytes, group: Group, met: bool, kind: str = DIRECT
) -> Conversation:
    """Return the row of a conversation that has just begun for this device."""
    # Whoever came by Welcome sits on keys that another device chose for it, until its first commit. In a large group
    # the newcomers' commits would stand in each other's way: there, each waits for a time of its own.
    prompt = len(group.members) <= turn.tuning.prompt
    waited = 0 if prompt else int.from_bytes(turn.entropy(4), "big") % turn.tuning.refresh_age
    return Conversation(
        queue=queue.queue, chat=chat, kind=kind, epoch=group.epoch, met=met, refresh_due=met and prompt,
        refreshed_at=turn.now - waited, sent_since=0, latest=0, delivered=0, read=0, told_delivered=0, told_read=0,
        trimmed=0, skipped=0, began_at=turn.now,
    )  # fmt: skip


# --- people ---------------------------------------------------------------------------------------------------


def met(turn: Turn, account_key: bytes, nickname: str = "", sequence: int = 0, hint: str = "") -> Person:
    """Return the person, who is new here perhaps; a nickname of mine is kept, a hint only until they say their name."""
    account = account_id(account_key)
    known = turn.vault.person(account)
    if known is None:
        person = Person(account, account_key, sequence, nickname, hint, verified=False, added_at=turn.now)
    else:
        sequence = max(sequence, known.sequence)
        called = known.profile_name or hint
        person = replace(known, nickname=nickname or known.nickname, profile_name=called, sequence=sequence)
    if person != known:
        turn.vault.put_person(person)
        if nickname or hint:
            sync.tell_person(turn, person)
        turn.tell(PersonChanged(person))
    return person


# --- talking --------------------------------------------------------------------------------------------------


def choose(conversations: Iterable[Conversation]) -> Conversation | None:
    """Return the conversation to send in: of those in which both sides are, the one with the lowest queue id.

    Two people who add each other at once get two conversations; by this rule both end up sending in the same one.
    """
    return min(conversations, key=lambda row: (not row.met, row.queue), default=None)


def alive(turn: Turn, chat: bytes) -> list[Conversation]:
    """Return the conversations of a chat that this device is not out of."""
    return [row for row in turn.conversations(chat) if turn.group(row.queue, row.epoch) is not None]


def refusal(turn: Turn, name: bytes) -> str | None:
    """Return why nothing can be written in a chat, in one sentence; None: it can."""
    found = _written_in(turn, name)
    return found if isinstance(found, str) else None


def _written_in(turn: Turn, name: bytes) -> tuple[Chat, Conversation, Group] | str:
    """Return a chat, the conversation that carries what is written in it, and its group; else why there is none."""
    chat, conversation = turn.vault.chat(name), choose(alive(turn, name))
    if chat is None:
        return said("NoConversation", "There is no conversation with this person yet; add them by contact link.")
    if chat.standing is Standing.GONE:
        return said("AccountGone", "This account is deleted: nobody would read what you write.")
    group = turn.group(conversation.queue, conversation.epoch) if conversation else None
    if conversation is None or group is None or chat.standing is Standing.LEFT:
        return said("OutOfChat", "You are no longer in this chat.")
    if not may_write(decode_terms(group.terms), turn.me.account):
        return said("AdminsWrite", "Only admins may write in this group.")
    return chat, conversation, group


def send(turn: Turn, intent: Send) -> None:
    """Store a message and its ciphertext; it is sent when it can be, whatever happens until then."""
    found = _written_in(turn, intent.chat)
    if isinstance(found, str):
        turn.emit(Failed(intent.ticket, found))
        return
    chat, conversation, group = found
    expires = intent.content.expires or timers.with_timer(chat.timer)
    content = replace(intent.content, salt=turn.entropy(SALT_BYTES), expires=expires)
    try:
        encoded = encode(content)
    except ContentError as error:
        turn.emit(Failed(intent.ticket, said("Unsendable", f"This cannot be sent: {error}.")))
        return
    me = turn.me
    name = message_id(sender_uri(me.account), room_uri(group.group_id), encoded, content.salt)
    message = Message(
        seq=0, chat=intent.chat, queue=conversation.queue, id=name, sender=me.account, device=me.device, mine=True,
        cursor=0, placed=0, at=turn.now, state=MessageState.WAITING, seen=True, content=encoded,
    )  # fmt: skip
    stored = messages.add(turn, message, content)
    assert stored is not None
    outbox.put_content(turn, conversation, Purpose.MESSAGE, encoded, name, timers.entry_ttl(stored.timer))
    turn.vault.drop_upload(intent.uploaded)
    turn.put_conversation(replace(conversation, sent_since=conversation.sent_since + 1))
    turn.tell(MessageArrived(stored))
    turn.emit(Answer(intent.ticket, stored))


def mark_read(turn: Turn, intent: MarkRead) -> None:
    """Note what was read, and let the receipts follow."""
    through = turn.vault.message(*intent.through) if intent.through else None
    chat, read_in = turn.vault.chat(intent.chat), turn.vault.mark_seen(intent.chat, through)
    for queue in read_in:
        conversation = turn.conversation(queue)
        if conversation is not None:
            read = max(conversation.read, turn.vault.last_seen(queue))
            turn.put_conversation(replace(conversation, read=read, delivered=max(conversation.delivered, read)))
            sync.tell(turn, sync.READ, queue, read)
    timers.start_read(turn, intent.chat)
    if read_in and chat is not None:
        chats.show(turn, chat)
    turn.emit(Answer(intent.ticket, None))


def change_person(turn: Turn, intent: ChangePerson) -> None:
    """Name or vouch for a person."""
    person = turn.vault.person(intent.account)
    if person is None:
        turn.emit(Failed(intent.ticket, said("PersonUnknown", "There is no such person.")))
        return
    nickname = person.nickname if intent.nickname is None else intent.nickname
    verified = person.verified if intent.verified is None else intent.verified
    person = replace(person, nickname=nickname, verified=verified)
    turn.vault.put_person(person)
    sync.tell_person(turn, person)
    turn.tell(PersonChanged(person))
    turn.emit(Answer(intent.ticket, person))
