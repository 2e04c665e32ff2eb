"""The engine: batches of events in, effects out; what it must remember is in the vault.

The driver opens a transaction, calls `handle`, commits, and only then carries the effects out. When the transaction
fails it calls `forget` and says `Connected` again for the connections that still stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from havre.client.engine import (
    changes,
    commits,
    connection,
    deciding,
    devices,
    direct,
    early,
    endings,
    entrances,
    farewell,
    group_chats,
    history,
    homes,
    inbound,
    inbox,
    kept_keys,
    key_packages,
    later,
    managing,
    messaging,
    outbox,
    profile,
    receipts,
    requests,
    returning,
    shared_state,
    subscriptions,
    timers,
)
from havre.client.engine.effects import Answer, AskStock, Connect, Effect, WakeAt
from havre.client.engine.events import (
    AcceptRequest,
    Begin,
    Block,
    ChangeChat,
    ChangePerson,
    ChangeSetting,
    Connected,
    CreateGroup,
    DeclineRequest,
    Disconnected,
    DropQueues,
    Event,
    FromRelay,
    InvitePeople,
    JoinByLink,
    LeaveGroup,
    MarkRead,
    Published,
    RemoveDevice,
    Send,
    Started,
    Stock,
    TakeKept,
    Tick,
    Unblock,
)
from havre.client.engine.groups import Groups
from havre.client.engine.session import Numbers, Session
from havre.client.engine.terms import SELF
from havre.client.engine.turn import Tuning, Turn
from havre.client.vault.base import Vault
from havre.client.vault.rows import Purpose, Queue, QueueRole


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

    def is_behind(self, queue: Queue) -> bool:
        """Tell whether a queue on a relay that is connected has not been read to its end."""
        link = self._session.links.get(queue.relay)
        following = link.following.get(queue.queue) if link else None
        return link is None or (following is not None and following.behind)

    def does_without(self, relay: str, now: int) -> bool:
        """Tell whether a relay has been away for a while, and other homes do for it."""
        since = self._session.away.get(relay)
        if since is None or now < since + self._tuning.away:
            return False
        return homes.stands_in(self._vault, self._session, relay)


def _dispatch(turn: Turn, event: Event) -> None:
    rule = messaging.RULES.get(type(event)) or devices.RULES.get(type(event)) or deciding.RULES.get(type(event))
    rule = rule or profile.RULES.get(type(event))
    if rule is not None:
        rule(turn, event)
        return
    match event:
        case FromRelay(relay, said):
            connection.on_event(turn, relay, said)
        case Send():
            direct.send(turn, event)
        case MarkRead():
            direct.mark_read(turn, event)
        case Begin():
            requests.begin(turn, event)
        case ChangePerson():
            direct.change_person(turn, event)
        case RemoveDevice():
            changes.remove_device(turn, event)
        case ChangeChat():
            changes.want(turn, event)
        case CreateGroup():
            group_chats.create(turn, event)
        case InvitePeople():
            group_chats.invite(turn, event)
        case JoinByLink():
            entrances.join(turn, event)
        case LeaveGroup():
            endings.leave(turn, event)
        case AcceptRequest():
            requests.accept(turn, event)
        case DeclineRequest():
            requests.decline(turn, event)
        case Block():
            requests.block(turn, event)
        case ChangeSetting(ticket, name, value):
            shared_state.change_setting(turn, name, value)
            turn.emit(Answer(ticket, None))
        case DropQueues():
            farewell.drop_queues(turn, event)
        case TakeKept():
            kept_keys.take_kept(turn, event)
        case Unblock():
            requests.unblock(turn, event)
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
    relays |= {row.relay: None for row in turn.vault.entrances()}
    for relay in relays:
        turn.emit(Connect(relay))
        if relay not in turn.session.links:
            turn.session.away.setdefault(relay, turn.now)
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
    turn.vault.forget_early(turn.now - early.REMEMBERED)
    turn.emit(WakeAt(turn.now + turn.tuning.tick))


def _finish(turn: Turn) -> None:
    """Look once, after all events, at what has come due; then send."""
    later.look(turn)
    returning.look(turn)
    timers.look(turn)
    for queue_id in turn.opened:
        queue = turn.queue(queue_id)
        link = turn.session.links.get(queue.relay) if queue else None
        if queue is not None and link is not None and queue.role not in (QueueRole.DOOR, QueueRole.ENDED):
            subscriptions.subscribe(turn, link, [queue])
    for queue_id in list(turn.touched):
        _look_after(turn, queue_id)
    homes.look(turn)
    for link in turn.session.links.values():
        entrances.look(turn, link)
        outbox.pump(turn, link)
        homes.pump(turn, link)


def _look_after(turn: Turn, queue_id: bytes) -> None:
    conversation, queue = turn.conversation(queue_id), turn.queue(queue_id)
    link = turn.session.links.get(queue.relay) if queue else None
    if queue is not None and queue.role is QueueRole.INBOX and link is not None and queue.cursor:
        inbox.trim(turn, link, queue)
    if queue is not None and queue.queue == turn.me.inbox:
        _look_after_own_inbox(turn)
    if conversation is None or queue is None:
        return
    inbound.note_missing(turn, queue, queue.cursor)
    receipts.send_if_due(turn, conversation)
    following = link.following.get(queue_id) if link else None
    if link is None or following is None or following.behind:
        if turn.vault.waiting(queue_id, Purpose.CREATE):
            devices.bring_into_line(turn, conversation)  # nobody else can have done it, nor reads what is said before
        return
    kept_keys.hand_out_if_due(turn, conversation)
    devices.bring_into_line(turn, conversation)
    history.send_if_due(turn, conversation)
    managing.answer_if_due(turn, conversation)
    # Only who has seen everything knows which commit is the last.
    changes.make_if_due(turn, conversation)
    commits.send_pending(turn, link, queue_id)
    receipts.trim_if_due(turn, link, conversation)
    early.hand_in_if_due(turn, link, conversation)
    if conversation.kind == SELF:
        devices.tell_rotation(turn)
        _look_after_own_inbox(turn)


def _look_after_own_inbox(turn: Turn) -> None:
    queue = turn.queue(turn.me.inbox)
    link = turn.session.links.get(queue.relay) if queue else None
    if queue is None or link is None:
        return
    following = link.following.get(queue.queue)
    caught_up = following is not None and not following.behind
    # When the answer was lost the inbox is rotated already, and what opened it does so no longer.
    if caught_up or queue.queue in link.left:
        devices.rotate_inbox(turn, link, queue)
