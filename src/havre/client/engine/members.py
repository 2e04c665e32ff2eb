"""Who is in a group, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence

from havre.client.engine.groups import Group, Member
from havre.client.engine.turn import Turn


def own_member(group: Group) -> Member:
    """Return this device's leaf."""
    return next(member for member in group.members if member.leaf == group.own_leaf)


def names_of(turn: Turn, accounts: Sequence[bytes]) -> list[tuple[bytes, str]]:
    """Return what accounts call themselves, as far as this device knows, so that a newcomer need not wait to hear."""
    known = {person.account: person.profile_name for person in turn.vault.people()} | {turn.me.account: turn.me.name}
    named = [(account, known[account][:64]) for account in dict.fromkeys(accounts) if known.get(account)]
    return named[: turn.tuning.names]
