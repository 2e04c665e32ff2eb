"""What a relay says, brought to the rule that asked for it."""

from __future__ import annotations

from havre.client.engine import (
    addresses,
    commits,
    conflicts,
    devices,
    entrances,
    homes,
    outbox,
    receipts,
    subscriptions,
)
from havre.client.engine.effects import RelayRefused, WakeAt
from havre.client.engine.session import (
    Asked,
    AskedDoor,
    AskedRead,
    AskedSubscribe,
    Link,
    SentCommit,
    SentCopy,
    SentDelete,
    SentItem,
    SentRotation,
    SentTrim,
)
from havre.client.engine.turn import Turn
from havre.wire import stream
from havre.wire.refusals import Code


def on_connected(turn: Turn, relay: str) -> None:
    """Begin anew: follow every queue that lives there, and send what is unacknowledged."""
    homes.on_connected(turn, relay)
    link = Link(relay, turn.now)
    turn.session.links[relay] = link
    queues = turn.vault.queues(relay)
    subscriptions.subscribe(turn, link, queues)
    for queue in queues:
        turn.touched[queue.queue] = None


def on_disconnected(turn: Turn, relay: str) -> None:
    """What was under way may or may not have arrived; the next connection asks again."""
    turn.session.links.pop(relay, None)
    turn.session.away.setdefault(relay, turn.now)


def on_event(turn: Turn, relay: str, event: stream.Event) -> None:
    """Deal with one event; one that answers nothing that was asked is passed over."""
    link = turn.session.links.get(relay)
    if link is None:
        return
    match event:
        case stream.Ready() | stream.Draining():
            pass
        case stream.Pushed() | stream.Ended():
            _on_word(turn, link, addresses.inward(turn, link, None, event))
        case _:
            asked = None if event.request is None else link.asked.pop(event.request, None)
            if not addresses.is_past(turn, link, asked):
                _on_answer(turn, link, asked, addresses.inward(turn, link, asked, event))


def _on_word(turn: Turn, link: Link, event: stream.Event) -> None:
    match event:
        case stream.Pushed():
            subscriptions.on_pushed(turn, link, event)
        case stream.Ended():
            subscriptions.on_ended(turn, link, event)
        case _:
            pass


def _on_answer(turn: Turn, link: Link, asked: Asked | None, event: stream.Event) -> None:
    match asked, event:
        case _, stream.Refused():
            _on_refused(turn, link, asked, event)
        case AskedSubscribe(), stream.Subscribed():
            subscriptions.on_subscribed(turn, link, asked, event)
        case AskedRead(), stream.Entries():
            subscriptions.on_entries(turn, link, asked, event)
        case AskedDoor(), stream.Entries():
            entrances.on_entries(turn, link, asked, event)
        case SentItem(), stream.Appended(cursor=cursor):
            outbox.on_appended(turn, asked, cursor)
        case SentItem(), stream.Done():
            outbox.on_created(turn, asked)
        case SentCopy(), stream.Appended(cursor=cursor):
            homes.on_copied(turn, asked, cursor)
        case SentCommit(), stream.Appended(cursor=cursor):
            commits.on_appended(turn, link, asked, cursor)
        case SentCommit(), stream.Conflict():
            # The queue itself will show which commit came first, perhaps this very one.
            conflicts.take(turn, link, asked, event)
        case SentRotation(), stream.Appended(cursor=cursor):
            devices.on_rotated(turn, asked, cursor)
        case SentRotation(), stream.Conflict():
            subscriptions.read_again(turn, link, turn.me.inbox)
        case SentTrim(), stream.Done():
            receipts.on_trimmed(turn, asked)
        case _:
            pass


def _on_refused(turn: Turn, link: Link, asked: Asked | None, event: stream.Refused) -> None:
    match asked:
        case SentItem():
            outbox.on_refused(turn, link, asked, event)
        case SentCopy():
            homes.on_refused(turn, link, asked, event)
        case SentCommit():
            commits.on_refused(turn, link, asked, event)
        case AskedDoor():
            entrances.on_refused(turn, asked, event)
        case AskedSubscribe() | AskedRead():
            _on_reading_refused(turn, link, asked, event)
        case SentRotation():
            devices.on_rotation_refused(turn, asked, event)
        case SentTrim() | SentDelete():
            pass
        case None if event.request is None:
            turn.tell(RelayRefused(link.relay, event.code, event.message))
        case None:
            pass


def _on_reading_refused(turn: Turn, link: Link, asked: AskedSubscribe | AskedRead, event: stream.Refused) -> None:
    queues = asked.queues if isinstance(asked, AskedSubscribe) else (asked.queue,)
    for queue in queues:
        link.following.pop(queue, None)
    if event.retry_after is not None:
        link.resume_at = turn.now + max(1, int(event.retry_after * 1000))
        turn.emit(WakeAt(link.resume_at))
    elif event.code is not Code.UNKNOWN:
        turn.tell(RelayRefused(link.relay, event.code, event.message))
