"""Other people's devices: a new one of somebody I know is told, loudly when I have made sure of that person.

The safety number is of account keys and does not change with devices: the account key has certified the new device.
But whoever holds that key, or has stolen it, can link one; so one that appears, or comes back after it was removed, is
news.
"""

from __future__ import annotations

from collections.abc import Iterable

from havre.client.engine.effects import DeviceAppeared
from havre.client.engine.groups import Member
from havre.client.engine.turn import Turn
from havre.client.vault.devices import SeenDevice


def note_members(turn: Turn, members: Iterable[Member]) -> None:
    """Note the devices in a conversation that I enter or begin; of a person already known, new ones are told."""
    by_account: dict[bytes, list[Member]] = {}
    for member in members:
        if member.account != turn.me.account:
            by_account.setdefault(member.account, []).append(member)
    for account, theirs in by_account.items():
        met_before = bool(turn.vault.seen(account))
        for member in theirs:
            _note(turn, member, told=met_before)


def note_added(turn: Turn, added: Iterable[Member]) -> None:
    """Note devices that a commit has brought in."""
    note_members(turn, added)


def note_gone(turn: Turn, removed: Iterable[Member]) -> None:
    """Note devices that a commit has taken out."""
    for member in removed:
        if member.account != turn.me.account:
            turn.vault.put_seen(SeenDevice(member.account, member.device, gone=True))


def _note(turn: Turn, member: Member, told: bool) -> None:
    known = next((row for row in turn.vault.seen(member.account) if row.device == member.device), None)
    if known is not None and not known.gone:
        return
    turn.vault.put_seen(SeenDevice(member.account, member.device, gone=False))
    person = turn.vault.person(member.account)
    if told and person is not None:
        turn.tell(DeviceAppeared(person, member.device, returned=known is not None))
