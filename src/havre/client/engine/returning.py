"""Asked into a group again before this device has seen that it was taken out of it.

A Welcome proves nothing about the group that this device is in: anybody who knows a key package and the queue can make
one. So it waits until the queue itself shows the commit that takes the device out, or so many commits have been missed
that the device has to be let in anew anyway. Who only tries to come by a link is in no group: there a Welcome waits
until the commit that was to enter has led nowhere.
"""

from __future__ import annotations

from contextlib import suppress

from havre.client.engine import endings, requests
from havre.client.engine.groups import Joined, Unusable
from havre.client.engine.terms import GROUP, decode_terms
from havre.client.engine.turn import Turn
from havre.client.vault.requests import ParkedWelcome
from havre.client.vault.rows import Conversation, QueueRole


def park(turn: Turn, joined: Joined, welcome: bytes, bundle: bytes) -> bool:
    """Keep a Welcome into a group for later; False: it can lead nowhere, whatever comes."""
    queue = decode_terms(joined.group.terms).name
    conversation = turn.conversation(queue)
    if conversation is None or conversation.kind != GROUP or joined.group.group_id != conversation.chat:
        return False
    if not _comes_after(turn, joined.group.epoch, conversation):
        return False
    turn.vault.put_parked(ParkedWelcome(queue, joined.group.epoch, welcome, bundle))
    return True


def _comes_after(turn: Turn, epoch: int, conversation: Conversation) -> bool:
    """Tell whether there is room for a removal between this device's epoch and the one that a Welcome leads to."""
    return not _is_member(turn, conversation) or epoch > conversation.epoch + 1


def _is_member(turn: Turn, conversation: Conversation) -> bool:
    return turn.group(conversation.queue, conversation.epoch) is not None


def _is_free(turn: Turn, conversation: Conversation) -> bool:
    """Tell whether this device is no member, and has no commit under way that may be about to make it one."""
    return not _is_member(turn, conversation) and turn.vault.pending(conversation.queue) is None


def look(turn: Turn) -> None:
    """Take every Welcome that has waited long enough as if it came now; forget those that lead nowhere any more."""
    for parked in turn.vault.parked():
        conversation, queue = turn.conversation(parked.queue), turn.queue(parked.queue)
        if conversation is None or queue is None or not _comes_after(turn, parked.epoch, conversation):
            turn.vault.drop_parked(parked.queue)
        elif queue.role is QueueRole.ENDED:
            _take(turn, parked)
        elif _is_lost(turn, parked.queue) or _is_free(turn, conversation):
            endings.end(turn, conversation)
            _take(turn, parked)


def _is_lost(turn: Turn, queue: bytes) -> bool:
    """Tell whether this device looks for its way back: what has taken it out had perhaps expired before it was seen."""
    return any(row.queue == queue and not row.link for row in turn.vault.entrances())


def _take(turn: Turn, parked: ParkedWelcome) -> None:
    turn.vault.drop_parked(parked.queue)
    with suppress(Unusable):
        joined = turn.groups.join(parked.welcome, parked.bundle, turn.seconds)
        requests.receive(turn, joined, parked.welcome, parked.bundle)
