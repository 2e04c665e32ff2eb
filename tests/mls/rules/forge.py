"""Tools of a hostile member, who has real keys and leaves out the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from havre import mls
from havre.mls import codec
from havre.mls import registries as iana
from havre.mls.codec import vector
from havre.mls.commit.protect import protect
from havre.mls.crypto.suite import HpkeCiphertext
from havre.mls.framing.content import AuthenticatedContent, Content, FromMember, frame, sign_content
from havre.mls.framing.message import encode_message
from havre.mls.framing.private import no_padding
from havre.mls.framing.public import PublicMessage
from havre.mls.group_info import GroupInfo, GroupSecrets
from havre.mls.key_package import sign_key_package
from havre.mls.rules import Rule
from havre.mls.tree.nodes import FromKeyPackage, LeafNodeSource, sign_leaf_node
from tests.mls.people import LIFETIME, NOW, Client

CREATE = "havre.mls.commit.create"


@contextmanager
def refused(rule: Rule) -> Iterator[None]:
    """Expect exactly this rule."""
    with pytest.raises(mls.ValidationError) as caught:
        yield
    assert caught.value.rule is rule


@contextmanager
def replaced(**functions: Callable[..., Any]) -> Iterator[None]:
    """Put other functions in place of some that making a Commit calls."""
    with ExitStack() as stack:
        for name, function in functions.items():
            stack.enter_context(patch(f"{CREATE}.{name}", function))
        yield


def _nothing(*_: object) -> None:
    pass


@contextmanager
def unchecked() -> Iterator[None]:
    """Leave out what an honest member checks before it commits."""
    with ExitStack() as stack:
        for name in ("check_own", "check_member_list"):
            stack.enter_context(patch(f"{CREATE}.{name}", _nothing))
        for name in ("check_new_leaves", "check_group_extensions"):
            stack.enter_context(patch(f"havre.mls.commit.apply.{name}", _nothing))
        yield


@contextmanager
def encrypting_to_anything() -> Iterator[None]:
    """Give garbage where nobody can encrypt to a key, instead of failing."""
    seal = mls.CipherSuite.encrypt_with_label

    def seal_or_not(*arguments: Any) -> HpkeCiphertext:
        try:
            return seal(*arguments)
        except mls.CryptoError:
            return HpkeCiphertext(bytes(32), bytes(48))

    with patch.object(mls.CipherSuite, "encrypt_with_label", seal_or_not):
        yield


def commit(group: mls.Group, *proposals: mls.Proposal, **options: Any) -> bytes:
    """Commit to proposals, valid or not, as far as that can be carried out."""
    with unchecked(), encrypting_to_anything():
        return group.commit(proposals=proposals, **options).message


def signed(
    group: mls.Group,
    content: Content,
    sender: mls.Sender | None = None,
    signer: mls.SignatureKeyPair | None = None,
    wire_format: int = iana.PUBLIC_MESSAGE,
    tag: bytes | None = None,
) -> AuthenticatedContent:
    """Sign any content as anybody."""
    public = group.state.public
    context = public.context
    framed = frame(context.group_id, context.epoch, sender or FromMember(group.own_leaf), b"", content)
    private = (signer or group.signer).private
    signature = sign_content(public.suite, private, wire_format, framed, context.encoded)
    return AuthenticatedContent(wire_format, framed, signature, tag)


def in_public(group: mls.Group, content: AuthenticatedContent, membership_key: bytes | None = None) -> bytes:
    """Send a content as a PublicMessage, whatever it is."""
    state = group.state
    tag = None
    if isinstance(content.framed.sender, FromMember):
        key = membership_key or state.secrets.membership_key
        tag = state.public.suite.mac(key, content.to_be_maced(state.public.context.encoded))
    return encode_message(PublicMessage(content, tag))


def in_private(group: mls.Group, content: AuthenticatedContent) -> bytes:
    """Send a content as a PrivateMessage."""
    return protect(group.state, content, no_padding)[1]


def key_package(
    client: Client,
    *,
    init_key: bytes | None = None,
    encryption_key: bytes | None = None,
    source: LeafNodeSource | None = None,
    capabilities: mls.Capabilities | None = None,
    credential: mls.Credential | None = None,
    extensions: Sequence[mls.Extension] = (),
    lifetime: mls.Lifetime = LIFETIME,
    spoil: Callable[[mls.LeafNode], mls.LeafNode] = lambda leaf_node: leaf_node,
) -> mls.KeyPackage:
    """Make a key package that is sound but for what is given here."""
    suite = client.suite
    unsigned = mls.LeafNode(
        encryption_key or suite.provider.generate_encryption_key().public,
        client.signer.public,
        credential or client.credential,
        capabilities or client.capabilities,
        source or FromKeyPackage(lifetime),
        tuple(extensions),
        b"",
        b"",
    )
    leaf_node = spoil(sign_leaf_node(suite, unsigned, client.signer.private, b"", 0))
    init_key = init_key or suite.provider.generate_encryption_key().public
    return sign_key_package(suite, client.signer.private, init_key, leaf_node, ())


def with_wrong_signature(leaf_node: mls.LeafNode) -> mls.LeafNode:
    """Change the last bit of a leaf node's signature."""
    return replace(leaf_node, signature=flip(leaf_node.signature), encoded=flip(leaf_node.encoded))


def flip(data: bytes) -> bytes:
    """Change the last bit."""
    return data[:-1] + bytes([data[-1] ^ 1])


def leaf_node(
    group: mls.Group,
    source: LeafNodeSource,
    signer: mls.SignatureKeyPair | None = None,
    encryption_key: bytes | None = None,
    spoil: Callable[[mls.LeafNode], mls.LeafNode] = lambda leaf_node: leaf_node,
    **changes: Any,
) -> mls.LeafNode:
    """Make a leaf node for a member's own place, from its present one."""
    member = group.member(group.own_leaf)
    assert member is not None
    signer = signer or group.signer
    key = encryption_key or group.suite.provider.generate_encryption_key().public
    template = replace(member.leaf_node, source=source, encryption_key=key, signature_key=signer.public, **changes)
    return spoil(sign_leaf_node(group.suite, template, signer.private, group.group_id, group.own_leaf))


def proposed(group: mls.Group, proposal: mls.Proposal) -> bytes:
    """Send a proposal without looking at it."""
    return in_private(group, signed(group, proposal, wire_format=iana.PRIVATE_MESSAGE))


def psk(group: mls.Group, name: bytes = b"key", nonce: bytes | None = None) -> mls.PreSharedKey:
    """Propose an external pre-shared key."""
    nonce = nonce if nonce is not None else group.suite.random(group.suite.hash_length)
    return mls.PreSharedKey(mls.ExternalPskId(name, nonce))


def welcomed(
    group: mls.Group,
    bundle: mls.KeyPackageBundle,
    info: Callable[[GroupInfo], GroupInfo] = lambda info: info,
    secrets: Callable[[GroupSecrets], GroupSecrets] = lambda secrets: secrets,
    **options: Any,
) -> bytes:
    """Welcome somebody with a changed GroupInfo or changed GroupSecrets."""
    from havre.mls import welcome as module

    original = GroupSecrets.encode

    def make_group_info(*arguments: Any) -> GroupInfo:
        return info(module.make_group_info(*arguments))

    with (
        unchecked(),
        replaced(make_group_info=make_group_info),
        patch.object(GroupSecrets, "encode", lambda self: original(secrets(self))),
    ):
        result = group.commit([bundle.key_package], now=NOW, **options)
    assert result.welcome is not None
    return result.welcome


def resigned(group: mls.Group, info: GroupInfo, **changes: Any) -> GroupInfo:
    """Change a GroupInfo and sign it anew."""
    changed = replace(info, **changes)
    signature = group.suite.sign(group.signer.private, "GroupInfoTBS", changed.to_be_signed())
    return replace(changed, signature=signature)


def tree_extension(nodes: Sequence[bytes | None]) -> mls.Extension:
    """Encode a ratchet tree of encoded nodes."""
    listed = b"".join([codec.optional(node) for node in nodes])
    return mls.Extension(iana.RATCHET_TREE, vector(listed))
