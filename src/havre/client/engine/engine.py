"""The engine: batches of events in, effects out; what it must remember is in the vault.

The driver opens a transaction, calls `handle`, commits, and only then carries the effects out. When the transaction
fails it calls `forget` and says `Connected` again for the connections that still stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from havre.client.engine import commits, connection, direct, inbox, key_packages, outbox, receipts, subscriptions
from havre.client.engine.effects import AskStock, Connect, Effect, WakeAt
from havre.client.engine.events import (
    Begin,
    ChangePerson,
    Connected,
    Disconnected,
    Event,
    FromRelay,
    MarkRead,
    Published,
    RemoveDevice,
    Send,
    Started,
    Stock,
    Tick,
)
from havre.client.engine.groups import Groups
from havre.client.engine.session import Numbers, Session
from havre.client.engine.turn import Tuning, Turn
from havre.client.vault.base import Vault
from havre.client.vault.rows import QueueRole


class Engine:
    """One device of one account."""

    def __init__(
        self, vault: Vault, groups: Groups, entropy: Callable[[int], bytes], tuning: Tuning | None = None
    ) -> None:
        """`entropy(n)` gives n random bytes."""
        self._vault, self._groups, self._entropy = vault, groups, entropy
        self._tuning = tuning or Tuning()
        self._session = Session()
        self._numbers = Numbers()

    def handle(self, events: Iterable[Event], now: int) -> list[Effect]:
        """Return what is to be done about `events`; call it inside a transaction. `now`: unix milliseconds."""
        turn = Turn(self._vault, self._groups, self._entropy, self._session, self._numbers, self._tuning, now)
        for event in events:
            _dispatch(turn, event)
        _finish(turn)
        turn.flush()
        return turn.effects

    def forget(self) -> None:
        """The transaction failed: forget all that is not in the vault."""
        self._session = Session()

    def quiet(self) -> bool:
        """Tell whether every queue of a connected relay is caught up, and nothing is under way there."""
        links = self._session.links.values()
        return all(not link.asked and not any(row.behind for row in link.following.values()) for link in links)


def _dispatch(turn: Turn, event: Event) -> None:
    match event:
        case FromRelay(relay, said):
            connection.on_event(turn, relay, said)
        case Send():
            direct.send(turn, event)
        case MarkRead():
            direct.mark_read(turn, event)
        case Begin():
            direct.begin(turn, event)
        case ChangePerson():
            direct.change_person(turn, event)
        case RemoveDevice():
            commits.remove_device(turn, event)
        case Connected(relay):
            connection.on_connected(turn, relay)
        case Disconnected(relay):
            connection.on_disconnected(turn, relay)
        case Stock(one_time):
            key_packages.on_stock(turn, one_time)
        case Published(refs):
            key_packages.on_published(turn, refs)
        case Started():
            _start(turn)
        case Tick():
            _tick(turn)


def _start(turn: Turn) -> None:
    relays = {row.relay: None for row in turn.vault.queues()} | dict.fromkeys(turn.vault.outgoing_relays())
    for relay in relays:
        turn.emit(Connect(relay))
    turn.emit(AskStock())
    turn.emit(WakeAt(turn.now + turn.tuning.tick))


def _tick(turn: Turn) -> None:
    for conversation in turn.conversations():
        turn.touched[conversation.queue] = None
    for link in turn.session.links.values():
        if link.resume_at and link.resume_at <= turn.now:
            link.resume_at = 0
            turn.opened.update(
                {row.queue: None for row in turn.vault.queues(link.relay) if row.queue not in link.following}
            )
    turn.emit(WakeAt(turn.now + turn.tuning.tick))


def _finish(turn: Turn) -> None:
    """Look once, after all events, at what has come due; then send."""
    for queue_id in turn.opened:
        queue = turn.queue(queue_id)
        link = turn.session.links.get(queue.relay) if queue else None
        if queue is not None and link is not None:
            subscriptions.subscribe(turn, link, [queue])
    for queue_id in list(turn.touched):
        _look_after(turn, queue_id)
    for link in turn.session.links.values():
        outbox.pump(turn, link)


def _look_after(turn: Turn, queue_id: bytes) -> None:
    conversation, queue = turn.conversation(queue_id), turn.queue(queue_id)
    link = turn.session.links.get(queue.relay) if queue else None
    if queue is not None and queue.role is QueueRole.INBOX and link is not None and queue.cursor:
        inbox.trim(turn, link, queue)
    if conversation is None or queue is None:
        return
    receipts.send_if_due(turn, conversation)
    following = link.following.get(queue_id) if link else None
    if link is None or following is None or following.behind:
        return
    # Only who has seen everything knows which commit is the last.
    commits.make_if_due(turn, conversation)
    commits.send_pending(turn, link, queue_id)
    receipts.trim_if_due(turn, link, conversation)
