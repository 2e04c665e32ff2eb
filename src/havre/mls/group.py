"""A group as one member holds it: every operation gives a new `Group`, and none changes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from havre.mls import registries as iana
from havre.mls.commit.check import check_proposal
from havre.mls.commit.create import CommitOptions, LeafChange, create_commit, proposals_of
from havre.mls.commit.process import ProcessedCommit, process_commit
from havre.mls.commit.protect import protect, sign_as_member
from havre.mls.commit.syntax import Commit
from havre.mls.crypto.suite import CipherSuite, SignatureKeyPair
from havre.mls.errors import StateError
from havre.mls.extensions import Extension
from havre.mls.framing.content import AuthenticatedContent, FromMember, Sender
from havre.mls.framing.message import encode_message
from havre.mls.framing.private import Padding, no_padding
from havre.mls.key_package import KeyPackage
from havre.mls.proposals import Add, Proposal, ReInit, Remove, Update
from havre.mls.receive import open_message
from havre.mls.results import (
    ApplicationMessage,
    CommitResult,
    Member,
    Received,
    ReceivedProposal,
    StagedCommit,
)
from havre.mls.schedule.key_schedule import exporter
from havre.mls.state import GroupSettings, GroupState, OwnUpdate, PendingProposal, Psks
from havre.mls.state_codec import decode_state, encode_epoch, encode_keys
from havre.mls.tree.nodes import FromUpdate, sign_leaf_node
from havre.mls.welcome import make_group_info

__all__ = ["Group"]

_PROPOSAL_LABEL = b"MLS 1.0 Proposal Reference"


class Group:
    """One member's view of a group at one epoch."""

    __slots__ = ("_state",)

    def __init__(self, state: GroupState) -> None:
        self._state = state

    def __repr__(self) -> str:
        context = self._state.public.context
        return f"Group({context.group_id.hex()}, epoch {context.epoch}, leaf {self._state.own_leaf})"

    # --- What it is

    @property
    def state(self) -> GroupState:
        """The state itself, for the package's other parts."""
        return self._state

    @property
    def suite(self) -> CipherSuite:
        """The group's cipher suite."""
        return self._state.public.suite

    @property
    def group_id(self) -> bytes:
        """The group's id."""
        return self._state.public.context.group_id

    @property
    def epoch(self) -> int:
        """The epoch's number."""
        return self._state.public.context.epoch

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The GroupContext's extensions."""
        return self._state.public.context.extensions

    @property
    def epoch_authenticator(self) -> bytes:
        """A value that is the same for two members only if they see the same history (RFC 9420 §8.7)."""
        return self._state.secrets.epoch_authenticator

    @property
    def own_leaf(self) -> int:
        """Our leaf index."""
        return self._state.own_leaf

    @property
    def signer(self) -> SignatureKeyPair:
        """Our signature key, which a Commit or an Update can change."""
        return self._state.signer

    @property
    def reinit(self) -> ReInit | None:
        """The ReInit that closed the group, if one did (RFC 9420 §11.2)."""
        return self._state.reinit

    @property
    def pending_proposals(self) -> tuple[tuple[bytes, Proposal, Sender], ...]:
        """The proposals that wait for a Commit, with their references and senders."""
        return tuple((ref, p.proposal, p.sender) for ref, p in self._state.proposals.items())

    def members(self) -> list[Member]:
        """List the members by leaf index."""
        return [
            Member(leaf, node.credential, node.signature_key, node) for leaf, node in self._state.public.tree.leaves()
        ]

    def member(self, leaf_index: int) -> Member | None:
        """Give the member at a leaf index."""
        node = self._state.public.tree.leaf(leaf_index)
        return None if node is None else Member(leaf_index, node.credential, node.signature_key, node)

    def export(self, label: str, context: bytes, length: int) -> bytes:
        """Derive a secret of `length` bytes for the application's own use (RFC 9420 §8.5)."""
        return exporter(self.suite, self._current_state().secrets, label, context, length)

    def ratchet_tree(self) -> bytes:
        """Encode the public tree, for those who get it apart from the Welcome (RFC 9420 §12.4.3.3)."""
        return self._state.public.tree.encode()

    def resumption_keys(self) -> dict[tuple[bytes, int], bytes]:
        """Give the resumption keys we hold, by group id and epoch (RFC 9420 §8.6). They are secret."""
        return self._state.resumption_keys()

    def group_info(
        self, extensions: Sequence[Extension] = (), ratchet_tree: bool = True, external_pub: bool = False
    ) -> bytes:
        """Encode a signed GroupInfo message; with `external_pub` one can join by it (RFC 9420 §12.4.3)."""
        info = make_group_info(self._current_state(), extensions, ratchet_tree, external_pub)
        return encode_message(info)

    # --- Sending

    def encrypt(
        self, data: bytes, authenticated_data: bytes = b"", padding: Padding | int | None = None
    ) -> tuple[Group, bytes]:
        """Encrypt application data: the group without the key it took, and the PrivateMessage.

        `padding` gives the padded size for a size, or is the block to pad to a multiple of.
        Raises `StateError` in a closed group and while proposals wait (RFC 9420 §12.4).
        """
        state = self._open_state()
        if state.proposals and not state.settings.send_over_proposals:
            raise StateError("proposals wait; they have to be committed first")
        content = sign_as_member(state, data, authenticated_data, iana.PRIVATE_MESSAGE)
        state, message = protect(state, content, _padding(padding))
        return Group(state), message

    def propose(
        self,
        proposal: Proposal,
        now: int | None = None,
        public: bool = False,
        authenticated_data: bytes = b"",
    ) -> tuple[Group, bytes]:
        """Send a proposal, which then waits for somebody's Commit: the group and the message."""
        check_proposal(self._state.public, proposal, FromMember(self.own_leaf), now)
        group, message, _ = self._propose(proposal, public, authenticated_data)
        return group, message

    def propose_add(self, key_package: KeyPackage, now: int | None = None) -> tuple[Group, bytes]:
        """Propose to add a client."""
        return self.propose(Add(key_package), now)

    def propose_remove(self, leaf_index: int) -> tuple[Group, bytes]:
        """Propose to remove a member; to leave, a member proposes its own removal."""
        return self.propose(Remove(leaf_index))

    def propose_update(self, change: LeafChange | None = None, public: bool = False) -> tuple[Group, bytes]:
        """Propose fresh keys for our leaf node, which somebody else has to commit."""
        state, change = self._state, change or LeafChange()
        own = state.public.tree.leaf(self.own_leaf)
        assert own is not None, "we are a member"
        signer = change.signer or state.signer
        leaf_key = self.suite.provider.generate_encryption_key()
        template = replace(
            change.apply(own),
            encryption_key=leaf_key.public,
            signature_key=signer.public,
            source=FromUpdate(),
        )
        leaf_node = sign_leaf_node(self.suite, template, signer.private, self.group_id, self.own_leaf)
        group, message, ref = self._propose(Update(leaf_node), public, b"")
        updates = {**group.state.own_updates, ref: OwnUpdate(leaf_key, signer)}
        return Group(replace(group.state, own_updates=updates)), message

    def _propose(self, proposal: Proposal, public: bool, authenticated_data: bytes) -> tuple[Group, bytes, bytes]:
        state = self._open_state()
        wire_format = iana.PUBLIC_MESSAGE if public else iana.PRIVATE_MESSAGE
        content = sign_as_member(state, proposal, authenticated_data, wire_format)
        state, message = protect(state, content, no_padding)
        state, ref = _remember(state, content, proposal)
        return Group(state), message, ref

    def commit(
        self,
        add: Sequence[KeyPackage] = (),
        remove: Sequence[int] = (),
        proposals: Sequence[Proposal] = (),
        *,
        now: int | None = None,
        path: bool = True,
        pending: bool = True,
        leaf: LeafChange | None = None,
        authenticated_data: bytes = b"",
        padding: Padding | int | None = None,
        public: bool = False,
        group_info_extensions: Sequence[Extension] = (),
        ratchet_tree: bool = True,
        psks: Psks | None = None,
    ) -> CommitResult:
        """Make a Commit of these proposals and, with `pending`, of those that wait.

        It has a path unless `path=False` and none is needed. `now`, in seconds since 1970, is
        what key packages' lifetimes are checked against. `leaf` changes our own leaf node.
        """
        options = CommitOptions(
            path=path or leaf is not None,
            pending=pending,
            leaf=leaf or LeafChange(),
            authenticated_data=authenticated_data,
            padding=_padding(padding),
            wire_format=iana.PUBLIC_MESSAGE if public else iana.PRIVATE_MESSAGE,
            group_info_extensions=tuple(group_info_extensions),
            ratchet_tree=ratchet_tree,
            psks=psks or Psks(),
        )
        return self.commit_with(proposals_of(add, remove, proposals), options, now)

    def commit_with(self, proposals: Sequence[Proposal], options: CommitOptions, now: int | None) -> CommitResult:
        """Make a Commit with all its options at hand."""
        made = create_commit(self._current_state(), proposals, options, now)
        welcome = None if made.welcome is None else encode_message(made.welcome)
        return CommitResult(made.message, welcome, Group(made.state), Group(made.current))

    def following(self, previous: Group) -> Group:
        """Give this group with what the previous epoch's state has learnt since this one was made.

        Messages that came while our Commit was on its way have used up keys of the old epoch.
        """
        state, old = self._state, previous._state
        if not state.past or state.past[0].epoch != old.public.context.epoch:
            return self
        kept = state.settings.past_epochs
        return Group(replace(state, past=(old.as_past(), *old.past)[:kept]))

    def retired(self) -> Group:
        """Give what a caller may keep of this epoch when it enters the next: enough to read late messages.

        For callers that keep past epochs themselves; `GroupSettings.past_epochs` does so inside a group.
        """
        return Group(self._state.retired())

    # --- Receiving

    def process(self, message: bytes, now: int | None = None, psks: Psks | None = None) -> Received:
        """Open a message to the group and say what it is; this group stays as it is.

        `now`, in seconds since 1970, is what added key packages' lifetimes are held against, if
        the settings say so. Raises `CodecError`, `CryptoError`, `ValidationError`, or
        `StateError`.
        """
        now = now if self._state.settings.received_lifetimes else None
        opened = open_message(self._state, message)
        content, framed = opened.content, opened.content.framed
        if isinstance(framed.content, bytes):
            assert isinstance(framed.sender, FromMember), "application data is from members"
            sender = framed.sender.leaf_index
            return ApplicationMessage(
                Group(opened.state), sender, framed.epoch, framed.content, framed.authenticated_data
            )
        self._open_state()
        if isinstance(framed.content, Commit):
            return _staged(process_commit(opened.state, content, psks or Psks(), now), content)
        check_proposal(opened.state.public, framed.content, framed.sender, now)
        state, ref = _remember(opened.state, content, framed.content)
        return ReceivedProposal(Group(state), framed.sender, framed.content, ref)

    def _current_state(self) -> GroupState:
        if self._state.is_retired:
            raise StateError("the epoch is over; only its late messages can be read")
        return self._state

    def _open_state(self) -> GroupState:
        if self._state.reinit is not None:
            raise StateError("the group was closed by a ReInit")
        return self._current_state()

    # --- Keeping

    def encode_epoch(self) -> bytes:
        """Encode what changes with a Commit or a proposal, for the caller's vault."""
        return encode_epoch(self._state)

    def encode_keys(self) -> bytes:
        """Encode what changes with a message: the message keys, for the caller's vault."""
        return encode_keys(self._state)

    def differs_in_keys_only(self, other: Group) -> bool:
        """Tell whether the epoch half of another state of this group serves for this one as well."""
        ours, theirs = self._state, other._state
        return (
            ours.public is theirs.public
            and ours.secrets is theirs.secrets
            and ours.proposals is theirs.proposals
            and ours.own_updates is theirs.own_updates
        )

    @staticmethod
    def decode(epoch: bytes, keys: bytes, signer: SignatureKeyPair, settings: GroupSettings | None = None) -> Group:
        """Decode a group of its two halves; raises `CodecError`."""
        return Group(decode_state(epoch, keys, signer, settings or GroupSettings()))


def _padding(padding: Padding | int | None) -> Padding:
    if padding is None:
        return no_padding
    if isinstance(padding, int):
        return _block(padding)
    return padding


def _block(size: int) -> Callable[[int], int]:
    return lambda length: -(-length // size) * size


def _remember(state: GroupState, content: AuthenticatedContent, proposal: Proposal) -> tuple[GroupState, bytes]:
    """Keep a proposal under its reference (RFC 9420 §12.1)."""
    if len(state.proposals) >= state.settings.proposals:
        raise StateError("too many proposals wait")
    ref = state.public.suite.ref_hash(_PROPOSAL_LABEL, content.encode())
    proposals = {**state.proposals, ref: PendingProposal(proposal, content.framed.sender)}
    return replace(state, proposals=proposals), ref


def _staged(processed: ProcessedCommit, content: AuthenticatedContent) -> StagedCommit:
    applied = processed.applied
    commit = content.framed.content
    assert isinstance(commit, Commit)
    updated = (*applied.updated, processed.committer) if commit.path else applied.updated
    return StagedCommit(
        group=None if processed.state is None else Group(processed.state),
        sender=processed.committer,
        epoch=content.framed.epoch + 1,
        added=tuple(leaf for leaf, _ in applied.added),
        removed=applied.removed,
        updated=updated,
        proposals=tuple(item.proposal for item in processed.proposals.items),
        joined_externally=not isinstance(content.framed.sender, FromMember),
        authenticated_data=content.framed.authenticated_data,
        proposers=tuple(item.sender for item in processed.proposals.items),
        leaf_node=commit.path.leaf_node if commit.path else None,
    )
