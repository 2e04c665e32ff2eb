"""Step 7 of a Commit: a member's state in the new epoch, without what the old one used up."""

from __future__ import annotations

from havre.mls.commit.advance import NextEpoch
from havre.mls.crypto.suite import SignatureKeyPair
from havre.mls.proposals import ReInit
from havre.mls.state import GroupState, PastEpoch
from havre.mls.tree.treekem import PrivateKeys

__all__ = ["enter_epoch"]


def enter_epoch(
    old: GroupState,
    epoch: NextEpoch,
    private_keys: PrivateKeys,
    signer: SignatureKeyPair,
    reinit: ReInit | None,
) -> GroupState:
    """Give the member's state in a new epoch; proposals of the old one are void (RFC 9420 §12.4)."""
    return GroupState(
        public=epoch.public,
        own_leaf=old.own_leaf,
        signer=signer,
        private_keys=private_keys,
        secrets=epoch.secrets,
        secret_tree=epoch.secret_tree,
        settings=old.settings,
        resumption_psks=_kept_resumption_psks(old),
        past=_kept_epochs(old),
        reinit=reinit,
    )


def _kept_epochs(old: GroupState) -> tuple[PastEpoch, ...]:
    kept = old.settings.past_epochs
    return (old.as_past(), *old.past)[:kept] if kept else ()


def _kept_resumption_psks(old: GroupState) -> dict[int, bytes]:
    epoch = old.public.context.epoch
    known = {**old.resumption_psks, epoch: old.secrets.resumption_psk}
    return {number: psk for number, psk in known.items() if number > epoch - old.settings.past_epochs}
