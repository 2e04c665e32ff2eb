"""Groups that follow others: by ReInit, or branched off (RFC 9420 §11.2, §11.3)."""

from __future__ import annotations

from collections.abc import Sequence

from havre.mls.errors import StateError, ValidationError
from havre.mls.rules import Rule
from havre.mls.schedule.psk import APPLICATION_USAGE, REINIT_USAGE, PreSharedKeyId, ResumptionPskId
from havre.mls.state import GroupState, PublicState

__all__ = ["check_succession"]


def check_succession(psks: Sequence[PreSharedKeyId], public: PublicState, previous: GroupState | None) -> None:
    """Check that a group that claims to follow another one does (RFC 9420 §12.4.3.1).

    Raises `StateError` if it claims so and the previous group's state was not given.
    """
    links = [psk for psk in psks if isinstance(psk, ResumptionPskId) and psk.usage != APPLICATION_USAGE]
    for link in links:
        if previous is None or previous.public.context.group_id != link.group_id:
            raise StateError("the state of the group that this one follows is needed")
        if public.context.epoch != 1:
            raise ValidationError(Rule.SUCCESSOR_EPOCH)
        if link.usage == REINIT_USAGE:
            check_reinitialized(public, previous)
        else:
            check_branched(public, previous)


def check_reinitialized(public: PublicState, previous: GroupState) -> None:
    """Check a group against the ReInit that announced it (RFC 9420 §11.2)."""
    reinit = previous.reinit
    context = public.context
    if reinit is None or (reinit.group_id, reinit.cipher_suite, reinit.extensions) != (
        context.group_id,
        context.cipher_suite,
        context.extensions,
    ):
        raise ValidationError(Rule.REINIT_PARAMETERS)
    if _identities(previous.public) - _identities(public):
        raise ValidationError(Rule.REINIT_MEMBERS)


def check_branched(public: PublicState, previous: GroupState) -> None:
    """Check a group against the one it was branched off (RFC 9420 §11.3)."""
    if public.suite.id != previous.public.suite.id:
        raise ValidationError(Rule.BRANCH_PARAMETERS)
    if _identities(public) - _identities(previous.public):
        raise ValidationError(Rule.BRANCH_MEMBERS)


def _identities(public: PublicState) -> set[object]:
    """Give the members as their credentials name them, which is all there is to compare across groups."""
    return {leaf_node.credential for _, leaf_node in public.tree.leaves()}
