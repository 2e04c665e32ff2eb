"""How one comes to hold a group: creating it, a Welcome, an external Commit (RFC 9420 §11, §12.4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from havre.mls.credentials import Credential
from havre.mls.crypto.suite import CipherSuite, KeyPair, SignatureKeyPair
from havre.mls.errors import CodecError
from havre.mls.extensions import Extension, check_extensions_unique
from havre.mls.external import Joiner, join_by_commit
from havre.mls.framing.message import decode_message
from havre.mls.group import Group
from havre.mls.group_info import GroupInfo, Welcome
from havre.mls.key_package_bundle import KeyPackageBundle, default_capabilities, make_leaf_node
from havre.mls.registries import DEFAULT_EXTENSIONS
from havre.mls.schedule.group_context import GroupContext
from havre.mls.schedule.key_schedule import derive_from_epoch_secret
from havre.mls.schedule.psk import PreSharedKeyId
from havre.mls.schedule.secret_tree import SecretTree
from havre.mls.schedule.transcript import interim_transcript_hash
from havre.mls.state import GroupSettings, GroupState, Psks, PublicState
from havre.mls.tree.nodes import Capabilities, Lifetime
from havre.mls.tree.ratchet_tree import RatchetTree
from havre.mls.tree.validation import check_leaf_node
from havre.mls.welcome import join_by_welcome

__all__ = ["JoinedGroup", "create_group", "join", "join_external"]

# A creator's leaf node comes with no key package, but RFC 9420 §7.2 has no source of its own for it.
_ALWAYS = Lifetime(0, (1 << 64) - 1)


@dataclass(frozen=True, slots=True)
class JoinedGroup:
    """A group one has joined; `sender` is the leaf index of the member who signed `group_info`."""

    group: Group
    group_info: GroupInfo
    sender: int


def create_group(
    suite: CipherSuite,
    group_id: bytes,
    credential: Credential,
    signer: SignatureKeyPair,
    extensions: Sequence[Extension] = (),
    leaf_extensions: Sequence[Extension] = (),
    capabilities: Capabilities | None = None,
    lifetime: Lifetime = _ALWAYS,
    settings: GroupSettings | None = None,
) -> Group:
    """Create a group of one (RFC 9420 §11); `extensions` go into its GroupContext.

    `capabilities` default to what this package supports and the extensions given here. Raises
    `ValidationError` if the creator's own leaf node would not be valid in the group.
    """
    check_extensions_unique(tuple(extensions))
    used = [extension.type for extension in (*extensions, *leaf_extensions)]
    capabilities = capabilities or default_capabilities(suite, [t for t in used if t not in DEFAULT_EXTENSIONS])
    leaf_key = suite.provider.generate_encryption_key()
    leaf_node = make_leaf_node(suite, credential, signer, leaf_key.public, lifetime, capabilities, leaf_extensions)
    tree = RatchetTree.of(suite, [leaf_node])
    context = GroupContext(suite.id, group_id, 0, tree.tree_hash(), b"", tuple(extensions))
    return Group(_first_epoch(tree, context, signer, leaf_key, settings or GroupSettings()))


def _first_epoch(
    tree: RatchetTree,
    context: GroupContext,
    signer: SignatureKeyPair,
    leaf_key: KeyPair,
    settings: GroupSettings,
) -> GroupState:
    suite = tree.suite
    secrets, encryption_secret = derive_from_epoch_secret(suite, suite.random(suite.hash_length))
    tag = suite.mac(secrets.confirmation_key, b"")
    public = PublicState(suite, context, tree, tag, interim_transcript_hash(suite, b"", tag))
    own = tree.leaf(0)
    assert own is not None, "the creator"
    check_leaf_node(tree, own, public.requirements)
    secret_tree = SecretTree(suite, 1, encryption_secret)
    return GroupState(public, 0, signer, {0: leaf_key}, secrets, secret_tree, settings)


def join(
    welcome: bytes,
    bundle: KeyPackageBundle,
    now: int | None = None,
    ratchet_tree: bytes | None = None,
    *,
    psks: Psks | None = None,
    previous: Group | None = None,
    settings: GroupSettings | None = None,
) -> JoinedGroup:
    """Join by a Welcome message (RFC 9420 §12.4.3.1).

    `ratchet_tree` is needed if the Welcome does not have it, `previous` if the group follows
    another by ReInit or branching. `now` is not held against anything yet: members' key
    packages may have run out since they joined, and RFC 9420 §7.3 leaves it open. Raises any
    `MlsError`.
    """
    message = decode_message(welcome)
    if not isinstance(message, Welcome):
        raise CodecError("not a Welcome")
    previous_state = None if previous is None else previous.state
    joined = join_by_welcome(message, bundle, ratchet_tree, psks or Psks(), previous_state, settings or GroupSettings())
    return JoinedGroup(Group(joined.state), joined.group_info, joined.group_info.signer)


def join_external(
    group_info: bytes,
    joiner: Joiner,
    ratchet_tree: bytes | None = None,
    *,
    psk_ids: Sequence[PreSharedKeyId] = (),
    psks: Psks | None = None,
    resync: bool = False,
    settings: GroupSettings | None = None,
) -> tuple[Group, bytes]:
    """Join by an external Commit (RFC 9420 §12.4.3.2): the group once accepted, and the Commit.

    With `resync` the Commit removes our former leaf: of our signature key, or which `joiner` says it replaces; without,
    a member is refused with `ValidationError`.
    """
    info = decode_message(group_info)
    if not isinstance(info, GroupInfo):
        raise CodecError("not a GroupInfo")
    made = join_by_commit(info, joiner, ratchet_tree, psk_ids, psks or Psks(), settings or GroupSettings(), resync)
    return Group(made.state), made.message
