"""Which commits a conversation allows: one pure function, the same answer for every member."""

from __future__ import annotations

from havre.client.engine.groups import Changed, Reason, Unusable
from havre.client.engine.terms import DIRECT, Terms


def check_commit(terms: Terms, change: Changed) -> None:
    """Raise Unusable with FORBIDDEN unless the terms allow the change.

    Direct: fresh keys, and devices of the committer's own account that come or go. Other kinds allow nothing yet.
    """
    foreign = [member for member in (*change.added, *change.removed) if member.account != change.committer.account]
    if terms.kind != DIRECT or change.external or change.context_changed or foreign:
        raise Unusable(Reason.FORBIDDEN)


def rotates(removed: int) -> bool:
    """Tell whether a commit that removes so many leaves gives the queue new capabilities: always, if any leaves."""
    return removed > 0
