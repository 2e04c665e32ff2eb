"""One batch of events being handled: what the rules read, write and emit, inside one transaction of the vault.

Rows that change with every entry (queue, conversation, MLS keys) are written back once, by `flush`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from havre.client.engine import addresses
from havre.client.engine.effects import Effect, EntrySkipped, MessageChanged, MessageGone, Notify, Told, ToRelay
from havre.client.engine.groups import Group, Groups, Reason
from havre.client.engine.session import Asked, Link, Numbers, Session
from havre.client.vault.base import Vault
from havre.client.vault.rows import Conversation, Me, Message, Queue
from havre.wire.stream import Command

PAST_EPOCHS: Final = 4
"""Epochs before the present one whose messages still decrypt."""
_TRACES: Final = 256
"""Own items of a queue that a turn keeps in mind; with more of them each entry is looked up."""
_LAST_EPOCH: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Tuning:
    """Figures that tests make smaller."""

    window: int = 64
    """Items of the outbox under way at once, for each relay."""
    read_limit: int = 200
    """Entries that one read asks for: about what one transaction should hold."""
    refresh_messages: int = 100
    refresh_age: int = 7 * 24 * 3600 * 1000
    """Milliseconds after which a device puts fresh keys into the tree."""
    trim_step: int = 32
    """Entries that must be there to be forgotten before a `Trim` is worth its while."""
    key_packages: int = 20
    key_packages_low: int = 10
    handed: int = 4
    """Key packages that each device of a contact has of this one at most."""
    handed_low: int = 1
    tick: int = 3600 * 1000
    patience: int = 300
    """How many members with lower leaves a device waits for, at most, before it does what any of them could do."""
    patience_step: int = 10 * 1000
    """Milliseconds that it waits for each of them."""
    entry_bytes: int = 255 * 1024
    """Bytes that every relay takes in one entry."""
    guests: int = 500
    """Devices that one commit brings in: 1.5 MB of key packages."""
    whole: int = 40
    """Devices up to which a Welcome has the tree with it, and fits into an entry; in larger groups it lies apart."""
    names: int = 500
    """Members whose names a newcomer is told."""
    portraits: int = 16
    """People in a group up to which everybody who has a picture shows it to who comes in: 16 KiB of each."""
    returning: int = 1000
    """Devices up to which the state is sealed for each member that may have been away for too long: 3 MB a commit."""
    retry: int = 2000
    """Milliseconds after which a device that comes from outside looks at the door again, at first."""
    away: int = 4 * 1000
    """Milliseconds after which a message that the first home has not taken goes over the second."""
    merge: int = 10 * 1000
    """Milliseconds for which, once the first home is back, what was said earlier over the second goes first."""
    hand_in: int = 60 * 1000
    """Milliseconds after which others lay into the first home what a sender does not."""
    prompt: int = 8
    """Devices up to which a newcomer renews its keys at once; in larger groups they take their time."""


class Turn:
    """What the rules work on. Nothing here outlives the batch but what `flush` writes and what `session` may lose."""

    def __init__(
        self,
        vault: Vault,
        groups: Groups,
        entropy: Callable[[int], bytes],
        session: Session,
        numbers: Numbers,
        tuning: Tuning,
        now: int,
    ) -> None:
        self.vault, self.groups, self.entropy = vault, groups, entropy
        self.session, self.tuning, self.now = session, tuning, now
        self.effects: list[Effect] = []
        self.touched: dict[bytes, None] = {}
        """Conversations in which receipts, commits or trims may have come due."""
        self.opened: dict[bytes, None] = {}
        """Queues to subscribe anew: just entered, just made, or with other capabilities than before."""
        self.altered: dict[tuple[bytes, bytes], None] = {}
        """Queue and id of messages that stand otherwise than before."""
        self.orphans: dict[bytes, bool] = {}
        """Whether anything waits for its target, by chat, as far as it was asked in this turn."""
        self._expected: dict[bytes, frozenset[int | bytes] | None] = {}
        self._numbers = numbers
        self._queues: dict[bytes, Queue] = {}
        self._conversations: dict[bytes, Conversation] = {}
        self._changed_groups: dict[tuple[bytes, int], Group] = {}

    @cached_property
    def me(self) -> Me:
        """This device and its account."""
        return self.vault.me()

    def put_me(self, me: Me) -> None:
        """Change this device's row."""
        self.vault.put_me(me)
        self.__dict__["me"] = me

    @property
    def seconds(self) -> int:
        """Unix time in whole seconds, as MLS counts it."""
        return self.now // 1000

    # --- effects ----------------------------------------------------------------------------------------------

    def emit(self, effect: Effect) -> None:
        """Have something done after the transaction."""
        self.effects.append(effect)

    def tell(self, told: Told) -> None:
        """Tell the faces after the transaction."""
        self.effects.append(Notify(told))

    def alter(self, message: Message) -> None:
        """Have the faces told, once and at the end, that a message stands otherwise than before."""
        self.altered[message.queue, message.id] = None

    def tell_gone(self, message: Message) -> None:
        """Tell the faces that a message is no longer here."""
        self.tell(MessageGone(message.chat, message.id))

    def ask(self, link: Link, asked: Asked, command: Callable[[int], Command]) -> int:
        """Send a command under a fresh request id, remember what its answer will be about, and return the id."""
        request = self._numbers.next()
        link.asked[request] = asked
        self.effects.append(ToRelay(link.relay, addresses.outward(command(request), self.queue)))
        return request

    def skip(self, queue: bytes, cursor: int, reason: Reason) -> None:
        """Note an entry that could not be used."""
        self.tell(EntrySkipped(queue, cursor, reason))
        conversation = self.conversation(queue)
        if conversation is not None:
            self.put_conversation(replace(conversation, skipped=conversation.skipped + 1))

    # --- rows -------------------------------------------------------------------------------------------------

    def queue(self, queue: bytes) -> Queue | None:
        """Return the queue's row, as of now."""
        row = self._queues.get(queue)
        return row if row is not None else self.vault.queue(queue)

    def put_queue(self, row: Queue) -> None:
        """Change a queue's row."""
        self._queues[row.queue] = row

    def forget_queue(self, queue: bytes) -> None:
        """Write a queue's row back no more: it goes."""
        self._queues.pop(queue, None)
        self.opened.pop(queue, None)

    def conversation(self, queue: bytes) -> Conversation | None:
        """Return the conversation's row, as of now."""
        row = self._conversations.get(queue)
        return row if row is not None else self.vault.conversation(queue)

    def put_conversation(self, row: Conversation) -> None:
        """Change a conversation's row, and look at the end of the turn at what has come due in it."""
        self._conversations[row.queue] = row
        self.touched[row.queue] = None

    def add_conversation(self, queue: Queue, conversation: Conversation, group: Group) -> None:
        """Store a new conversation at once: other rows refer to it."""
        self.vault.put_queue(queue)
        self.vault.put_conversation(conversation)
        # Whoever comes back may have been taken out in this very batch.
        self._queues.pop(queue.queue, None)
        self._conversations.pop(queue.queue, None)
        self.touched[queue.queue] = None
        self.adopt_group(queue.queue, group)

    def conversations(self, chat: bytes | None = None) -> list[Conversation]:
        """Return the conversations of a chat, or all, as of now."""
        return [self._conversations.get(row.queue, row) for row in self.vault.conversations(chat)]

    def has_orphans(self, chat: bytes) -> bool:
        """Tell whether anything that was done to a message of this chat waits for the message; asked once a turn."""
        if chat not in self.orphans:
            self.orphans[chat] = self.vault.has_orphans(chat)
        return self.orphans[chat]

    def expects_own(self, queue: bytes, cursor: int, digest: bytes) -> bool:
        """Tell whether an entry may be my own come back; the vault is asked once a turn.

        What is only added in this turn leaves after it, and cannot have come back yet.
        """
        if queue not in self._expected:
            traces = self.vault.own_traces(queue, _TRACES + 1)
            many = len(traces) > _TRACES
            self._expected[queue] = None if many else frozenset(mark for trace in traces for mark in trace)
        expected = self._expected[queue]
        return expected is None or cursor in expected or digest in expected

    # --- groups -----------------------------------------------------------------------------------------------

    def group(self, queue: bytes, epoch: int) -> Group | None:
        """Return the group in an epoch, unless that is gone."""
        found = self._changed_groups.get((queue, epoch)) or self.session.groups.get((queue, epoch))
        if found is None:
            states = self.vault.epoch(queue, epoch)
            found = self.groups.load(*states) if states else None
            if found is not None:
                self.session.keep_group(queue, found)
        return found

    def put_group(self, queue: bytes, group: Group) -> None:
        """Keep what a message has changed in a group."""
        self._changed_groups[queue, group.epoch] = group
        self.session.keep_group(queue, group)

    def put_proposals(self, queue: bytes, group: Group) -> None:
        """Keep a group that remembers what somebody has proposed: more than its keys has changed."""
        self.vault.put_epoch(queue, group.epoch, *self.groups.dump(group))
        self.put_group(queue, group)

    def forget_group(self, queue: bytes) -> None:
        """Delete every key of a conversation."""
        self.vault.forget_epochs_before(queue, _LAST_EPOCH)
        for kept in (self.session.groups, self._changed_groups):
            for key in [key for key in kept if key[0] == queue]:
                del kept[key]

    def adopt_group(self, queue: bytes, group: Group) -> None:
        """Store a new epoch, keep of the one before only what late messages need, and forget those that are too old."""
        self._retire(queue, group.epoch - 1)
        self.vault.put_epoch(queue, group.epoch, *self.groups.dump(group))
        oldest = group.epoch - PAST_EPOCHS
        self.vault.forget_epochs_before(queue, oldest)
        for key in [key for key in self.session.groups if key[0] == queue and key[1] < oldest]:
            del self.session.groups[key]
            self._changed_groups.pop(key, None)
        self.session.keep_group(queue, group)

    def _retire(self, queue: bytes, epoch: int) -> None:
        # RFC 9420 §9.2: whoever opens the vault later must not be able to walk from old secrets to new ones.
        before = self.group(queue, epoch)
        if before is not None:
            before = self.groups.retire(before)
            self.vault.put_epoch(queue, epoch, *self.groups.dump(before))
            self.put_group(queue, before)

    def flush(self) -> None:
        """Write back what has changed, and tell of messages that stand otherwise."""
        for queue_id, message_id in self.altered:
            message = self.vault.message(queue_id, message_id)
            if message is not None:
                self.tell(MessageChanged(message))
        for queue in self._queues.values():
            self.vault.put_queue(queue)
        for conversation in self._conversations.values():
            self.vault.put_conversation(conversation)
        for (name, epoch), group in self._changed_groups.items():
            self.vault.put_keys(name, epoch, self.groups.dump_keys(group))
