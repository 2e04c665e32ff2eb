"""Inviting new members, and following an invitation (RFC 9420 §12.4.3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.commit.advance import NextEpoch
from havre.mls.commit.path import MadePath
from havre.mls.crypto.suite import CipherSuite, KeyPair, cipher_suite
from havre.mls.errors import ValidationError
from havre.mls.extensions import Extension, external_pub, find_extension
from havre.mls.grease import grease_extensions
from havre.mls.group_info import (
    EncryptedGroupSecrets,
    GroupInfo,
    GroupSecrets,
    Welcome,
    read_group_info,
    read_group_secrets,
    sign_group_info,
)
from havre.mls.key_package import KeyPackage, key_package_ref
from havre.mls.key_package_bundle import KeyPackageBundle
from havre.mls.rules import Rule
from havre.mls.schedule.key_schedule import (
    derive_epoch,
    external_key_pair,
    welcome_key_and_nonce,
    welcome_secret,
)
from havre.mls.schedule.psk import APPLICATION_USAGE, PreSharedKeyId, ResumptionPskId, psk_secret
from havre.mls.schedule.secret_tree import SecretTree
from havre.mls.schedule.transcript import interim_transcript_hash
from havre.mls.state import GroupSettings, GroupState, Psks, PublicState
from havre.mls.succession import check_succession
from havre.mls.tree import math
from havre.mls.tree.nodes import ParentNode
from havre.mls.tree.ratchet_tree import RatchetTree, decode_ratchet_tree
from havre.mls.tree.treekem import derive_path
from havre.mls.tree.validation import GroupRequirements, check_tree

__all__ = ["Joined", "join_by_welcome", "make_group_info", "make_welcome", "open_tree"]


# --- Inviting


def make_group_info(
    state: GroupState,
    extensions: Sequence[Extension],
    ratchet_tree: bool,
    external: bool = False,
) -> GroupInfo:
    """Sign a GroupInfo, with the tree and the external public key if asked to (RFC 9420 §12.4.3)."""
    public = state.public
    own = public.tree.leaf(state.own_leaf)
    assert own is not None, "a member signs"
    listed = [*extensions, *grease_extensions(public.suite, own.capabilities)]
    if ratchet_tree:
        listed.append(Extension(iana.RATCHET_TREE, public.tree.encode()))
    if external:
        listed.append(external_pub(external_key_pair(public.suite, state.secrets).public))
    return sign_group_info(
        public.suite,
        state.signer.private,
        public.context,
        tuple(listed),
        public.confirmation_tag,
        state.own_leaf,
    )


def make_welcome(
    suite: CipherSuite,
    epoch: NextEpoch,
    info: GroupInfo,
    added: Sequence[tuple[int, KeyPackage]],
    path: MadePath | None,
    own_leaf: int,
    psks: Sequence[tuple[PreSharedKeyId, bytes]],
) -> Welcome:
    """Encrypt the new epoch to all whom a Commit added."""
    secret = welcome_secret(suite, epoch.joiner_secret, psk_secret(suite, psks))
    key, nonce = welcome_key_and_nonce(suite, secret)
    sealed = suite.aead_seal(key, nonce, b"", info.encode())
    psk_ids = tuple(psk_id for psk_id, _ in psks)
    secrets = []
    for leaf, key_package in added:
        shared = math.common_ancestor(2 * leaf, 2 * own_leaf)
        path_secret = None if path is None else path.path_secret_at(shared)
        plain = GroupSecrets(epoch.joiner_secret, path_secret, psk_ids).encode()
        ciphertext = suite.encrypt_with_label(key_package.init_key, "Welcome", sealed, plain)
        secrets.append(EncryptedGroupSecrets(key_package_ref(key_package), ciphertext))
    return Welcome(suite.id, tuple(secrets), sealed)


# --- Joining


@dataclass(frozen=True, slots=True)
class Joined:
    """The newcomer's state, and the GroupInfo that came with the invitation."""

    state: GroupState
    group_info: GroupInfo


def join_by_welcome(
    welcome: Welcome,
    bundle: KeyPackageBundle,
    ratchet_tree: bytes | None,
    psks: Psks,
    previous: GroupState | None,
    settings: GroupSettings,
) -> Joined:
    """Follow a Welcome; raises `ValidationError` or `CryptoError` if it does not hold."""
    suite = cipher_suite(bundle.key_package.cipher_suite)
    secrets = open_group_secrets(suite, welcome, bundle)
    check_psks_of_welcome(suite, secrets)
    if previous is not None:
        psks = psks.with_resumption(previous.resumption_keys())
    psk = psk_secret(suite, [(psk_id, psks.find(psk_id)) for psk_id in secrets.psks])
    info = open_group_info(suite, welcome, secrets, psk)
    tree = open_tree(suite, info, ratchet_tree)
    own_leaf = check_own_leaf(tree, bundle, info)
    keys = find_private_keys(tree, bundle, info, own_leaf, secrets.path_secret)
    state = enter_group(suite, info, tree, own_leaf, keys, bundle, secrets, psk, settings)
    check_succession(secrets.psks, state.public, previous)
    return Joined(state, info)


def open_group_secrets(suite: CipherSuite, welcome: Welcome, bundle: KeyPackageBundle) -> GroupSecrets:
    """Find and decrypt what is for our key package."""
    if welcome.cipher_suite != suite.id:
        raise ValidationError(Rule.WELCOME_SUITE)
    reference = key_package_ref(bundle.key_package)
    found = next((entry for entry in welcome.secrets if entry.new_member == reference), None)
    if found is None:
        raise ValidationError(Rule.WELCOME_KEY_PACKAGE)
    plain = suite.decrypt_with_label(
        bundle.init_private, "Welcome", welcome.encrypted_group_info, found.encrypted_group_secrets
    )
    return codec.decode_all(plain, read_group_secrets)


def check_psks_of_welcome(suite: CipherSuite, secrets: GroupSecrets) -> None:
    """Check the pre-shared keys that an invitation names (RFC 9420 §12.4.3.1)."""
    linking = [psk for psk in secrets.psks if isinstance(psk, ResumptionPskId) and psk.usage != APPLICATION_USAGE]
    if len(linking) > 1:
        raise ValidationError(Rule.WELCOME_PSK_LINKS)
    if len(set(secrets.psks)) < len(secrets.psks):
        raise ValidationError(Rule.WELCOME_PSK_TWICE)
    if any(len(psk.nonce) != suite.hash_length for psk in secrets.psks):
        raise ValidationError(Rule.WELCOME_PSK_NONCE)


def open_group_info(suite: CipherSuite, welcome: Welcome, secrets: GroupSecrets, psk: bytes) -> GroupInfo:
    """Decrypt the GroupInfo of a Welcome."""
    secret = welcome_secret(suite, secrets.joiner_secret, psk)
    key, nonce = welcome_key_and_nonce(suite, secret)
    plain = suite.aead_open(key, nonce, b"", welcome.encrypted_group_info)
    return codec.decode_all(plain, read_group_info)


def open_tree(suite: CipherSuite, info: GroupInfo, ratchet_tree: bytes | None) -> RatchetTree:
    """Give a GroupInfo's tree, checked in full, and check the GroupInfo's signature with it."""
    if info.group_context.cipher_suite != suite.id:
        raise ValidationError(Rule.GROUP_INFO_SUITE)
    encoded = ratchet_tree or find_extension(info.extensions, iana.RATCHET_TREE)
    if encoded is None:
        raise ValidationError(Rule.WELCOME_TREE_MISSING)
    tree = decode_ratchet_tree(suite, encoded)
    check_group_info(tree, info)
    if tree.tree_hash() != info.group_context.tree_hash:
        raise ValidationError(Rule.TREE_HASH)
    requirements = GroupRequirements.of(suite.id, info.group_context.extensions)
    check_tree(tree, info.group_context.group_id, requirements)
    return tree


def check_group_info(tree: RatchetTree, info: GroupInfo) -> None:
    """Check that a member signed the GroupInfo."""
    signer = tree.leaf(info.signer)
    if signer is None:
        raise ValidationError(Rule.GROUP_INFO_SIGNER)
    if not info.is_signed(tree.suite, signer.signature_key):
        raise ValidationError(Rule.GROUP_INFO_SIGNATURE)


def check_own_leaf(tree: RatchetTree, bundle: KeyPackageBundle, info: GroupInfo) -> int:
    """Find our leaf, which has to be as in our key package."""
    own_leaf = tree.find(bundle.key_package.leaf_node)
    if own_leaf is None or own_leaf == info.signer:
        raise ValidationError(Rule.WELCOME_LEAF)
    return own_leaf


def find_private_keys(
    tree: RatchetTree, bundle: KeyPackageBundle, info: GroupInfo, own_leaf: int, path_secret: bytes | None
) -> dict[int, KeyPair]:
    """Derive our private keys from the committer's path, from the common ancestor up."""
    leaf_node = bundle.key_package.leaf_node
    keys = {2 * own_leaf: KeyPair(bundle.leaf_private, leaf_node.encryption_key)}
    if path_secret is None:
        return keys
    lowest = math.common_ancestor(2 * own_leaf, 2 * info.signer)
    above = [lowest, *math.direct_path(lowest, tree.leaf_count)]
    shared = [(node, parent) for node in above if isinstance(parent := tree.node(node), ParentNode)]
    derived = derive_path(tree.suite, path_secret, len(shared)).keys
    if (
        not shared
        or shared[0][0] != lowest
        or any(parent.encryption_key != key.public for (_, parent), key in zip(shared, derived, strict=True))
    ):
        raise ValidationError(Rule.WELCOME_PATH_KEYS)
    return keys | {node: key for (node, _), key in zip(shared, derived, strict=True)}


def enter_group(
    suite: CipherSuite,
    info: GroupInfo,
    tree: RatchetTree,
    own_leaf: int,
    keys: dict[int, KeyPair],
    bundle: KeyPackageBundle,
    secrets: GroupSecrets,
    psk: bytes,
    settings: GroupSettings,
) -> GroupState:
    """Derive the epoch's secrets and check that they are the committer's."""
    context = info.group_context
    epoch_secrets, encryption_secret = derive_epoch(suite, secrets.joiner_secret, psk, context.encoded)
    tag = suite.mac(epoch_secrets.confirmation_key, context.confirmed_transcript_hash)
    if not suite.equal(tag, info.confirmation_tag):
        raise ValidationError(Rule.GROUP_INFO_CONFIRMATION_TAG)
    interim = interim_transcript_hash(suite, context.confirmed_transcript_hash, tag)
    public = PublicState(suite, context, tree, tag, interim)
    secret_tree = SecretTree(suite, tree.leaf_count, encryption_secret)
    return GroupState(public, own_leaf, bundle.signer, keys, epoch_secrets, secret_tree, settings)
