"""Direct conversations: beginning one, entering one, and choosing between two that were begun at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from havre.client.engine import outbox
from havre.client.engine.effects import Answer, Connect, Failed, MessageArrived, PersonChanged
from havre.client.engine.events import Begin, ChangePerson, MarkRead, Send
from havre.client.engine.groups import Group, Joined, Made, Member, Reason, Unusable
from havre.client.engine.terms import (
    DIRECT,
    VERSION,
    Handover,
    Home,
    Terms,
    capabilities,
    decode_handover,
    decode_terms,
    encode_handover,
    encode_terms,
)
from havre.client.engine.turn import Turn
from havre.client.identity.address import RelayAddress
from havre.client.vault.rows import Conversation, Message, MessageState, Outgoing, Person, Purpose, Queue, QueueRole
from havre.content import ContentError, encode, message_id, profile, room_uri, sender_uri
from havre.content.model import SALT_BYTES
from havre.wire.capability import account_id, inbox_write
from havre.wire.sizes import QUEUE_BYTES

# --- beginning ------------------------------------------------------------------------------------------------


def begin(turn: Turn, intent: Begin) -> None:
    """Found a conversation with all devices of another account, and tell the other side by Welcome."""
    account = account_id(intent.account_key)
    if account == turn.me.account:
        turn.emit(Failed(intent.ticket, "This contact link is your own; give it to somebody else."))
        return
    try:
        _check_devices(turn, intent, account)
        if not turn.conversations(account):
            _found(turn, intent, account)
    except Unusable as error:
        sentence = (
            f"The keys that the relay handed out for this person cannot be used ({error.reason}); nothing was sent."
        )
        turn.emit(Failed(intent.ticket, sentence))
        return
    person = _met(turn, intent.account_key, intent.nickname, intent.sequence)
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
    terms = encode_terms(Terms(VERSION, DIRECT, [home]))
    alone = turn.groups.found(turn.entropy(QUEUE_BYTES), terms)
    opens = capabilities(alone)
    handover = encode_handover(Handover(opens.read, opens.write, opens.manage, after=0))
    # Nobody else is in the group yet, so there is nothing to race with: the commit holds at once.
    made = turn.groups.add(alone, [keys.key_package for keys in intent.devices], handover, turn.seconds)
    queue = Queue(
        home.queue, home.relay, QueueRole.CONVERSATION, cursor=0, fence=0,
        read=opens.read, write=opens.write, manage=opens.manage,
    )  # fmt: skip
    conversation = _conversation(turn, queue, account, made.group, met=False)
    turn.add_conversation(queue, conversation, made.group)
    created = outbox.put_create(turn, queue)
    _send_welcomes(turn, intent, created, made)
    _introduce(turn, conversation)


def _send_welcomes(turn: Turn, intent: Begin, created: Outgoing, made: Made) -> None:
    assert made.welcome is not None
    write = inbox_write(intent.account_key)
    outbox.put_welcome(turn, created.lane, created.seq, intent.relay, intent.inbox, write, made.welcome)
    if any(keys.account == turn.me.account for keys in intent.devices):
        write = inbox_write(turn.me.account_key)
        outbox.put_welcome(turn, created.lane, created.seq, turn.me.relay, turn.me.inbox, write, made.welcome)


def _conversation(turn: Turn, queue: Queue, chat: bytes, group: Group, met: bool) -> Conversation:
    # Whoever came by Welcome sits on keys that another device chose for it, until its first commit.
    return Conversation(
        queue=queue.queue, chat=chat, kind=DIRECT, epoch=group.epoch, met=met, refresh_due=met,
        refreshed_at=turn.now, sent_since=0, latest=0, delivered=0, read=0, told_delivered=0, told_read=0,
        trimmed=0, skipped=0, began_at=turn.now,
    )  # fmt: skip


def _introduce(turn: Turn, conversation: Conversation) -> None:
    """Say what I am called: the first message of each side."""
    if turn.me.name:
        content = profile(turn.entropy(SALT_BYTES), turn.me.name)
        outbox.put_content(turn, conversation, Purpose.PROFILE, encode(content))


# --- entering -------------------------------------------------------------------------------------------------


def enter(turn: Turn, joined: Joined) -> None:
    """Take part in the conversation that a Welcome led into; raises Unusable when it is none that I would enter."""
    terms, handover = decode_terms(joined.group.terms), decode_handover(joined.handover)
    home = terms.homes[0]
    _check_home(turn, terms, home)
    peer = _peer(turn, joined.group.members)
    queue = Queue(
        home.queue, home.relay, QueueRole.CONVERSATION, cursor=handover.after, fence=0,
        read=handover.read, write=handover.write, manage=handover.manage or b"",
    )  # fmt: skip
    conversation = _conversation(turn, queue, peer.account, joined.group, met=True)
    turn.add_conversation(queue, conversation, joined.group)
    _met(turn, peer.account_key)
    _introduce(turn, conversation)
    turn.emit(Connect(home.relay))
    turn.opened[queue.queue] = None


def _check_home(turn: Turn, terms: Terms, home: Home) -> None:
    if (terms.version, terms.kind) != (VERSION, DIRECT):
        raise Unusable(Reason.FORBIDDEN)
    if turn.queue(home.queue) is not None:
        raise Unusable(Reason.REPEATED)
    try:
        address = RelayAddress.parse(home.relay)
    except ValueError:
        raise Unusable(Reason.MALFORMED) from None
    if address.url != home.relay:
        raise Unusable(Reason.MALFORMED)
    if address.loopback and not RelayAddress.parse(turn.me.relay).loopback:
        # A stranger must not have this device knock at the doors of its own machine.
        raise Unusable(Reason.FORBIDDEN)


def _peer(turn: Turn, members: Sequence[Member]) -> Member:
    others = {member.account: member for member in members if member.account != turn.me.account}
    if len(others) != 1:
        raise Unusable(Reason.FORBIDDEN)
    return others.popitem()[1]


def _met(turn: Turn, account_key: bytes, nickname: str = "", sequence: int = 0) -> Person:
    """Return the person, who is new here perhaps; a nickname of mine is kept."""
    account = account_id(account_key)
    known = turn.vault.person(account)
    if known is None:
        person = Person(account, account_key, sequence, nickname, "", verified=False, added_at=turn.now)
    else:
        sequence = max(sequence, known.sequence)
        person = replace(known, nickname=nickname or known.nickname, sequence=sequence)
    if person != known:
        turn.vault.put_person(person)
        turn.tell(PersonChanged(person))
    return person


# --- talking --------------------------------------------------------------------------------------------------


def choose(conversations: Iterable[Conversation]) -> Conversation | None:
    """Return the conversation to send in: of those in which both sides are, the one with the lowest queue id.

    Two people who add each other at once get two conversations; by this rule both end up sending in the same one.
    """
    return min(conversations, key=lambda row: (not row.met, row.queue), default=None)


def send(turn: Turn, intent: Send) -> None:
    """Store a message and its ciphertext; it is sent when it can be, whatever happens until then."""
    conversation = choose(turn.conversations(intent.chat))
    group = turn.group(conversation.queue, conversation.epoch) if conversation else None
    if conversation is None or group is None:
        turn.emit(Failed(intent.ticket, "There is no conversation with this person yet; add them by contact link."))
        return
    content = replace(intent.content, salt=turn.entropy(SALT_BYTES))
    try:
        encoded = encode(content)
    except ContentError as error:
        turn.emit(Failed(intent.ticket, f"This cannot be sent: {error}."))
        return
    me = turn.me
    name = message_id(sender_uri(me.account), room_uri(group.group_id), encoded, content.salt)
    message = Message(
        seq=0, chat=intent.chat, queue=conversation.queue, id=name, sender=me.account, device=me.device, mine=True,
        cursor=0, placed=0, at=turn.now, state=MessageState.WAITING, seen=True, content=encoded,
    )  # fmt: skip
    stored = turn.vault.add_message(message)
    assert stored is not None
    outbox.put_content(turn, conversation, Purpose.MESSAGE, encoded, name)
    turn.put_conversation(replace(conversation, sent_since=conversation.sent_since + 1))
    turn.tell(MessageArrived(stored))
    turn.emit(Answer(intent.ticket, stored))


def mark_read(turn: Turn, intent: MarkRead) -> None:
    """Note what was read, and let the receipts follow."""
    through = turn.vault.message(*intent.through) if intent.through else None
    for queue in turn.vault.mark_seen(intent.chat, through):
        conversation = turn.conversation(queue)
        if conversation is not None:
            read = max(conversation.read, turn.vault.last_seen(queue))
            turn.put_conversation(replace(conversation, read=read, delivered=max(conversation.delivered, read)))
    turn.emit(Answer(intent.ticket, None))


def change_person(turn: Turn, intent: ChangePerson) -> None:
    """Name or vouch for a person."""
    person = turn.vault.person(intent.account)
    if person is None:
        turn.emit(Failed(intent.ticket, "There is no such person."))
        return
    nickname = person.nickname if intent.nickname is None else intent.nickname
    verified = person.verified if intent.verified is None else intent.verified
    person = replace(person, nickname=nickname, verified=verified)
    turn.vault.put_person(person)
    turn.tell(PersonChanged(person))
    turn.emit(Answer(intent.ticket, person))
