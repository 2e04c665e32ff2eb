"""One batch of events being handled: what the rules read, write and emit, inside one transaction of the vault.

Rows that change with every entry (queue, conversation, MLS keys) are written back once, by `flush`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from havre.client.engine.effects import Effect, EntrySkipped, Notify, Told, ToRelay
from havre.client.engine.groups import Group, Groups, Reason
from havre.client.engine.session import Asked, Link, Numbers, Session
from havre.client.vault.base import Vault
from havre.client.vault.rows import Conversation, Me, Queue
from havre.wire.stream import Command

PAST_EPOCHS: Final = 4
"""Epochs before the present one whose messages still decrypt."""


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
    tick: int = 3600 * 1000


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
        self._numbers = numbers
        self._queues: dict[bytes, Queue] = {}
        self._conversations: dict[bytes, Conversation] = {}
        self._changed_groups: dict[tuple[bytes, int], Group] = {}

    @cached_property
    def me(self) -> Me:
        """This device and its account."""
        return self.vault.me()

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

    def ask(self, link: Link, asked: Asked, command: Callable[[int], Command]) -> None:
        """Send a command under a fresh request id, and remember what its answer will be about."""
        request = self._numbers.next()
        link.asked[request] = asked
        self.effects.append(ToRelay(link.relay, command(request)))

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
        self.touched[queue.queue] = None
        self.adopt_group(queue.queue, group)

    def conversations(self, chat: bytes | None = None) -> list[Conversation]:
        """Return the conversations of a chat, or all, as of now."""
        return [self._conversations.get(row.queue, row) for row in self.vault.conversations(chat)]

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
        """Write back what has changed."""
        for queue in self._queues.values():
            self.vault.put_queue(queue)
        for conversation in self._conversations.values():
            self.vault.put_conversation(conversation)
        for (name, epoch), group in self._changed_groups.items():
            self.vault.put_keys(name, epoch, self.groups.dump_keys(group))
