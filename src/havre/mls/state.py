"""A member's view of a group at one epoch, as a value.

`PublicState` is what anybody with the GroupInfo and the tree knows; `GroupState` adds the
member's secrets. Nothing here changes once made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from havre.mls.crypto.suite import CipherSuite, KeyPair, SignatureKeyPair
from havre.mls.errors import ValidationError
from havre.mls.framing.content import Sender
from havre.mls.proposals import Proposal, ReInit
from havre.mls.rules import Rule
from havre.mls.schedule.group_context import GroupContext
from havre.mls.schedule.key_schedule import EpochSecrets
from havre.mls.schedule.psk import ExternalPskId, PreSharedKeyId
from havre.mls.schedule.secret_tree import RatchetLimits, SecretTree
from havre.mls.tree.ratchet_tree import RatchetTree
from havre.mls.tree.treekem import PrivateKeys
from havre.mls.tree.validation import GroupRequirements

__all__ = [
    "GroupSettings",
    "GroupState",
    "OwnUpdate",
    "PastEpoch",
    "PendingProposal",
    "Psks",
    "PublicState",
]


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """What RFC 9420 leaves to the application.

    `past_epochs`: how many epochs back application messages still decrypt, and resumption keys
    are kept. `proposals`: how many uncommitted proposals an epoch holds. `send_over_proposals`:
    send application data while proposals wait, which §12.4 forbids. `received_lifetimes`: refuse
    what others add with a key package that is not valid now, as §7.3 recommends; but who reads
    late would then refuse what the others accepted, and be out of the group for it.
    """

    past_epochs: int = 4
    proposals: int = 1024
    ratchets: RatchetLimits = field(default_factory=RatchetLimits)
    send_over_proposals: bool = False
    received_lifetimes: bool = False


@dataclass(frozen=True, slots=True)
class Psks:
    """Pre-shared keys from outside of the group: by the application's id, and of other groups' epochs."""

    external: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    resumption: Mapping[tuple[bytes, int], bytes] = field(default_factory=dict, repr=False)

    def find(self, psk_id: PreSharedKeyId) -> bytes:
        """Give the key for an id; raises `ValidationError` without one (RFC 9420 §12.4.2)."""
        if isinstance(psk_id, ExternalPskId):
            psk = self.external.get(psk_id.psk_id)
        else:
            psk = self.resumption.get((psk_id.group_id, psk_id.epoch))
        if psk is None:
            raise ValidationError(Rule.PSK_UNKNOWN)
        return psk

    def with_resumption(self, keys: Mapping[tuple[bytes, int], bytes]) -> Psks:
        """Add the resumption keys of a group's own epochs."""
        return Psks(self.external, {**self.resumption, **keys})


@dataclass(frozen=True, slots=True)
class PublicState:
    """What an epoch's members and its joiners know alike."""

    suite: CipherSuite
    context: GroupContext
    tree: RatchetTree = field(repr=False)
    confirmation_tag: bytes
    interim_transcript_hash: bytes

    @property
    def requirements(self) -> GroupRequirements:
        """What the group's parameters ask of every leaf node."""
        return GroupRequirements.of(self.suite.id, self.context.extensions)


@dataclass(frozen=True, slots=True)
class PendingProposal:
    """A verified proposal that waits for a Commit to name it."""

    proposal: Proposal
    sender: Sender


@dataclass(frozen=True, slots=True)
class OwnUpdate:
    """The private halves of an Update proposal of ours that may yet be committed."""

    leaf_key: KeyPair
    signer: SignatureKeyPair


@dataclass(frozen=True, slots=True)
class PastEpoch:
    """What is left of an epoch to read its late application messages.

    `context` is the encoded GroupContext, `signature_keys` are by leaf index.
    """

    epoch: int
    context: bytes
    signature_keys: tuple[bytes | None, ...] = field(repr=False)
    sender_data_secret: bytes = field(repr=False)
    secret_tree: SecretTree = field(repr=False)

    def signature_key(self, leaf: int) -> bytes | None:
        """Give the signature key of the member that was at a leaf index."""
        return self.signature_keys[leaf] if leaf < len(self.signature_keys) else None


@dataclass(frozen=True, slots=True)
class GroupState:
    """One member's state of a group at one epoch."""

    public: PublicState
    own_leaf: int
    signer: SignatureKeyPair
    private_keys: PrivateKeys = field(repr=False)
    secrets: EpochSecrets
    secret_tree: SecretTree
    settings: GroupSettings
    proposals: Mapping[bytes, PendingProposal] = field(default_factory=dict)
    own_updates: Mapping[bytes, OwnUpdate] = field(default_factory=dict)
    resumption_psks: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    past: tuple[PastEpoch, ...] = ()
    reinit: ReInit | None = None

    @property
    def is_retired(self) -> bool:
        """Whether the epoch's own secrets are gone, so that nothing but late messages can be read."""
        return not self.secrets.init_secret

    def retired(self) -> GroupState:
        """Give what is left of an epoch once the next one is entered (RFC 9420 §9.2)."""
        return replace(
            self,
            private_keys={},
            secrets=self.secrets.retired(),
            proposals={},
            own_updates={},
            resumption_psks={},
            past=(),
        )

    def with_secret_tree(self, secret_tree: SecretTree) -> GroupState:
        """Give the state after a message key was taken."""
        # Written out, since this is done with every message and `replace` is slow.
        return GroupState(
            self.public,
            self.own_leaf,
            self.signer,
            self.private_keys,
            self.secrets,
            secret_tree,
            self.settings,
            self.proposals,
            self.own_updates,
            self.resumption_psks,
            self.past,
            self.reinit,
        )

    def resumption_keys(self) -> dict[tuple[bytes, int], bytes]:
        """Give the resumption keys of this epoch and those kept of earlier ones."""
        context = self.public.context
        keys = {(context.group_id, epoch): psk for epoch, psk in self.resumption_psks.items()}
        keys[context.group_id, context.epoch] = self.secrets.resumption_psk
        return keys

    def as_past(self) -> PastEpoch:
        """Keep of this epoch what its late messages need."""
        keys = self.public.tree.signature_keys_by_leaf()
        context = self.public.context
        return PastEpoch(context.epoch, context.encoded, keys, self.secrets.sender_data_secret, self.secret_tree)
