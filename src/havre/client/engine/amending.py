"""What I do with messages that are there: to everybody's (react, edit ...), or for me alone (hide, star, view once)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from havre.client.engine import amendments, messages, outbox, sync, timers
from havre.client.engine.effects import Answer, Failed
from havre.client.engine.groups import Reason, Unusable
from havre.client.engine.message_intents import Amend, Clear, Hide, MessageName, Star, View
from havre.client.engine.policy import may_pin
from havre.client.engine.terms import decode_terms
from havre.client.engine.turn import Turn
from havre.client.sentences import said
from havre.client.vault import rows
from havre.client.vault.rows import Conversation, Message, MessageKind, Purpose
from havre.client.vault.standings import DELETE, EDIT, kind_of_act
from havre.content import Act, Content, ContentError, Pin, encode, message_id, read, room_uri, sender_uri
from havre.content.model import SALT_BYTES
from havre.content.standing import CHANGEABLE

SENTENCES: Final = {
    Reason.FORBIDDEN: said("AdminsPin", "Only admins may pin messages in this group."),
    Reason.NOT_YOURS: said("NotYours", "Only who wrote a message can do this."),
    Reason.TOO_LATE: said(
        "TooLate", "It is too late for this: messages can be changed for 24 hours, and polls until they are closed."
    ),
    Reason.UNFIT: said("NotThatKind", "This cannot be done to a message of this kind."),
    Reason.TOO_OFTEN: said("TooOften", "This was done to the message too often."),
}
GONE: Final = said("MessageUnknown", "There is no such message here (any longer).")


def amend(turn: Turn, intent: Amend) -> None:
    """Do something to a message, for everybody in the chat to see."""
    target = _found(turn, intent.message)
    conversation = turn.conversation(intent.message[0])
    if target is None or conversation is None:
        turn.emit(Failed(intent.ticket, GONE))
        return
    try:
        _do(turn, conversation, target, intent.content)
    except Unusable as error:
        turn.emit(Failed(intent.ticket, SENTENCES.get(error.reason, GONE)))
    except ContentError as error:
        turn.emit(Failed(intent.ticket, said("Unsendable", f"This cannot be sent: {error}.")))
    else:
        turn.emit(Answer(intent.ticket, _found(turn, intent.message)))


def _do(turn: Turn, conversation: Conversation, target: Message, content: Content) -> None:
    content = replace(content, salt=turn.entropy(SALT_BYTES))
    act, encoded = read(content), encode(content)
    group = turn.group(conversation.queue, conversation.epoch)
    if not isinstance(act, Act) or group is None:
        raise Unusable(Reason.UNFIT)
    if isinstance(act, Pin) and not may_pin(decode_terms(group.terms), turn.me.account):
        raise Unusable(Reason.FORBIDDEN)
    name = message_id(sender_uri(turn.me.account), room_uri(group.group_id), encoded, content.salt)
    amendment = rows.Amendment(
        seq=0, chat=target.chat, queue=target.queue, id=name, target=target.id, kind=kind_of_act(act),
        sender=turn.me.account, mine=True, cursor=0, placed=0, at=turn.now,
        privileged=amendments.is_privileged(turn, conversation, turn.me.account), orphan=False, content=encoded,
    )  # fmt: skip
    _check_time(turn, target, amendment)
    amendments.take(turn, amendment)
    ttl = timers.entry_ttl(target.timer)
    outbox.put_content(turn, conversation, Purpose.AMENDMENT, encoded, name, ttl)
    turn.put_conversation(replace(conversation, sent_since=conversation.sent_since + 1))


def _check_time(turn: Turn, target: Message, amendment: rows.Amendment) -> None:
    # The others go by when the relay takes it; this device knows only its own clock.
    late = bool(target.placed) and turn.seconds - target.placed > CHANGEABLE
    if late and amendment.kind in (EDIT, DELETE) and not (amendment.kind == DELETE and amendment.privileged):
        raise Unusable(Reason.TOO_LATE)


def hide(turn: Turn, intent: Hide) -> None:
    """Delete a message for me; its name is kept, so that it does not come back."""
    target = _found(turn, intent.message)
    if target is not None:
        _hide(turn, target)
    turn.emit(Answer(intent.ticket, None))


def clear(turn: Turn, intent: Clear) -> None:
    """Delete the first messages of a chat for me."""
    for target in turn.vault.messages(intent.chat, limit=intent.limit):
        _hide(turn, target)
    turn.emit(Answer(intent.ticket, None))


def _hide(turn: Turn, target: Message) -> None:
    hidden = messages.erase(turn, target, MessageKind.HIDDEN)
    turn.vault.put_message(replace(hidden, seen=True, timer=0, expires_at=0))
    turn.tell_gone(target)


def view(turn: Turn, intent: View) -> None:
    """Show a message that is shown once, and take it out of the vault in the same step."""
    target = _found(turn, intent.message)
    if target is None or target.kind is not MessageKind.ONCE or target.mine:
        turn.emit(
            Failed(
                intent.ticket, said("NotOnce", "This is no message that can be viewed once, or it was viewed already.")
            )
        )
        return
    messages.erase(turn, target, MessageKind.VIEWED)
    turn.alter(target)
    turn.emit(Answer(intent.ticket, target))


def star(turn: Turn, intent: Star) -> None:
    """Star a message, or no longer: only I see it."""
    target = _found(turn, intent.message)
    if target is None:
        turn.emit(Failed(intent.ticket, GONE))
        return
    if intent.starred:
        turn.vault.put_star(target.seq, turn.now)
    else:
        turn.vault.drop_star(target.seq)
    sync.tell(turn, sync.STAR, target.queue + target.id, turn.now if intent.starred else 0)
    turn.alter(target)
    turn.emit(Answer(intent.ticket, target))


def _found(turn: Turn, name: MessageName) -> Message | None:
    message = turn.vault.message(*name)
    return None if message is None or message.kind is MessageKind.HIDDEN else message
