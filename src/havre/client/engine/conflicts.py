"""A commit that lost the race, or of which the relay says so.

Whoever won is in the queue, and is read before anything else is tried. A relay that claims a winner and never shows one
is asked a few times on each connection and no oftener.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from havre.client.engine import subscriptions
from havre.client.engine.session import Link, SentCommit
from havre.client.engine.turn import Turn
from havre.wire.stream import Conflict

ATTEMPTS: Final = 8


def take(turn: Turn, link: Link, sent: SentCommit, event: Conflict) -> None:
    """Read what came first; or name the right fence, if all up to the last commit has been read already."""
    queue, pending = turn.queue(sent.queue), turn.vault.pending(sent.queue)
    if queue is None or pending is None:
        return
    link.conflicts[sent.queue, queue.cursor] = link.conflicts.get((sent.queue, queue.cursor), 0) + 1
    if link.conflicts[sent.queue, queue.cursor] > ATTEMPTS:
        link.held_commits[sent.queue] = sent.write
    elif event.commit <= queue.cursor and event.commit != pending.fence:
        # The relay has forgotten commits that it had, or has shown some that never were.
        turn.put_queue(replace(queue, fence=event.commit))
        turn.vault.put_pending(replace(pending, fence=event.commit))
        turn.touched[sent.queue] = None
    else:
        subscriptions.read_again(turn, link, sent.queue)
