"""Key packages handed over inside conversations: the directory is asked for first contact, and for nothing after it.

Each of my devices gives every device of a contact a few key packages that are for it alone, since two that used the
same one would lock each other out. One that was used (its Welcome came) is made up for.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from havre.client.engine import outbox
from havre.client.engine.calling import check_relay
from havre.client.engine.direct import alive, choose
from havre.client.engine.effects import Answer
from havre.client.engine.events import DeviceKeys, Reachable, TakeKept
from havre.client.engine.groups import Group, Member
from havre.client.engine.key_packages import fresh
from havre.client.engine.terms import DIRECT, SELF
from havre.client.engine.turn import Turn
from havre.client.vault.kept import HandedPackage, KeptPackage, Reach
from havre.client.vault.rows import Conversation, Purpose
from havre.content import KeyPackages, encode, key_packages
from havre.content.model import SALT_BYTES

if TYPE_CHECKING:
    from havre.client.engine.contents import Received

VALID: Final = 60 * 24 * 3600 * 1000
"""Milliseconds for which a handed-over key package may be used; its private half is kept for longer."""
_HANDED_OUT_IN: Final = (DIRECT, SELF)
MOST: Final = 64
"""Key packages that are kept of one device."""


# --- mine, for others -----------------------------------------------------------------------------------------


def hand_out_if_due(turn: Turn, conversation: Conversation) -> None:
    """Give the other devices of a direct conversation fresh key packages when they have few left."""
    if not _is_handed_out_in(turn, conversation) or turn.vault.waiting(conversation.queue, Purpose.KEYS):
        return
    group = turn.group(conversation.queue, conversation.epoch)
    others = [member for member in group.members if member.leaf != group.own_leaf] if group else []
    pairs = [(member.device, package) for member in others for package in _made_for(turn, member)]
    if pairs:
        until = turn.now + VALID
        content = key_packages(turn.entropy(SALT_BYTES), turn.me.relay, turn.me.inbox, until, pairs)
        outbox.put_content(turn, conversation, Purpose.KEYS, encode(content))


def _is_handed_out_in(turn: Turn, conversation: Conversation) -> bool:
    if (
        conversation.kind not in _HANDED_OUT_IN
        or not conversation.met
        or turn.vault.refused(conversation.chat) is not None
    ):
        return False
    return choose(alive(turn, conversation.chat)) == conversation


def _made_for(turn: Turn, member: Member) -> list[bytes]:
    left = turn.vault.handed(member.account, member.device, turn.now - VALID)
    if left > turn.tuning.handed_low:
        return []
    made = [fresh(turn.groups, turn.now, last_resort=False) for _ in range(turn.tuning.handed - left)]
    for package in made:
        turn.vault.put_key_package(package)
        turn.vault.put_handed(HandedPackage(package.ref, member.account, member.device, turn.now))
    return [package.message for package in made]


def on_used(turn: Turn, ref: bytes) -> None:
    """A Welcome has used one of mine; look whether whoever had it needs more."""
    handed = turn.vault.take_handed(ref)
    for conversation in turn.conversations(handed.account) if handed else ():
        turn.touched[conversation.queue] = None


# --- others', for me ------------------------------------------------------------------------------------------


def take(turn: Turn, received: Received, signal: KeyPackages) -> None:
    """Keep what another device has for this one; raises Unusable for what is not its own."""
    sender = received.sender
    if received.conversation.kind not in _HANDED_OUT_IN:
        return
    check_relay(turn, signal.relay)
    for device, package in signal.packages:
        if device == turn.me.device:
            turn.groups.check_key_package(package, sender.account, sender.device, turn.seconds)
    if sender.account != turn.me.account:
        turn.vault.put_reach(Reach(sender.account, signal.relay, signal.inbox))
    until = min(signal.until, turn.now + VALID)
    for device, package in signal.packages:
        if device == turn.me.device:
            keep(turn, KeptPackage(sha256(package).digest(), sender.account, sender.device, until, package))
    if sender.account == turn.me.account:
        for conversation in turn.conversations():
            turn.touched[conversation.queue] = None  # a device of mine may have waited for one to come in there


def keep(turn: Turn, package: KeptPackage) -> None:
    """Keep a key package; those that ended make room, and then those that end first."""
    turn.vault.put_kept(package)
    kept = turn.vault.kept(package.account, package.device)
    over = len(kept) - MOST
    for place, row in enumerate(kept):
        if place < over or row.until <= turn.now:
            turn.vault.drop_kept(row.digest)


def take_one(turn: Turn, account: bytes, device: bytes) -> DeviceKeys | None:
    """Return a key package of a device, which is then used up whatever becomes of it."""
    for row in turn.vault.kept(account, device):
        turn.vault.drop_kept(row.digest)
        if row.until > turn.now:
            return DeviceKeys(account, device, row.message)
    return None


def count(turn: Turn, account: bytes, device: bytes) -> int:
    """Return how many key packages of a device can still be used."""
    return sum(1 for row in turn.vault.kept(account, device) if row.until > turn.now)


def take_kept(turn: Turn, intent: TakeKept) -> None:
    """Hand a key package of every device of a contact to whoever adds them; all or none."""
    conversation = choose(alive(turn, intent.account))
    group = turn.group(conversation.queue, conversation.epoch) if conversation else None
    reach = turn.vault.reach(intent.account)
    if group is None or reach is None:
        turn.emit(Answer(intent.ticket, None))
        return
    turn.emit(Answer(intent.ticket, _reachable(turn, group, reach)))


def _reachable(turn: Turn, group: Group, reach: Reach) -> Reachable | None:
    members = [member for member in group.members if member.account == reach.account]
    if not members or not all(_has_one(turn, member) for member in members):
        return None
    devices = [take_one(turn, member.account, member.device) for member in members]
    return Reachable(
        members[0].account_key, reach.relay, reach.inbox, tuple(keys for keys in devices if keys is not None)
    )  # fmt: skip


def _has_one(turn: Turn, member: Member) -> bool:
    return count(turn, member.account, member.device) > 0
