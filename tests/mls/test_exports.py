"""The public names, pinned: adding one is easy, taking one back is not."""

from __future__ import annotations

from havre import mls

NAMES = """
APPLICATION COMMIT DEFAULT_CIPHER_SUITE GROUP_INFO KEY_PACKAGE LAST_RESORT
MLKEM768X25519_AES128GCM_SHA256_ED25519 P256_AES128GCM_SHA256_P256 P384_AES256GCM_SHA384_P384
P521_AES256GCM_SHA512_P521 PRIVATE_MESSAGE PROPOSAL PUBLIC_MESSAGE WELCOME
X448_AES256GCM_SHA512_ED448 X448_CHACHA20POLY1305_SHA512_ED448 X25519_AES128GCM_SHA256_ED25519
X25519_CHACHA20POLY1305_SHA256_ED25519 Add ApplicationMessage BasicCredential Capabilities
CipherSuite CodecError CommitOptions CommitResult Credential CryptoError Extension ExternalInit
ExternalPskId ExternalSender FromExternal FromMember FromNewMemberCommit FromNewMemberProposal Group
GroupContextExtensions GroupInfo GroupSettings GroupStore JoinedGroup Joiner KeyPackage
KeyPackageBundle LeafChange LeafNode Lifetime Member MlsError Peeked PreSharedKey Proposal Psks
RatchetLimits ReInit Received ReceivedProposal Remove RequiredCapabilities ResumptionPskId Rule
Sender SignatureKeyPair StagedCommit StateError Update ValidationError X509Credential branch
check_key_package cipher_suite cipher_suites create_group create_key_package decode_key_package
default_capabilities external_senders find_extension join join_external key_package_ref load_group
open_welcome peek propose_externally propose_joining reinitialize store_group welcome_for
"""


def test_public_names() -> None:
    assert sorted(mls.__all__) == sorted(set(mls.__all__))
    assert " ".join(mls.__all__).split() == NAMES.split()
    assert all(hasattr(mls, name) for name in mls.__all__)
