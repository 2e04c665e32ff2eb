"""MLS (RFC 9420), all of it, as a pure library: bytes in, bytes out.

README.md has a quickstart, the map of the package, and the table of the rules it checks.
"""

from havre.mls.commit.create import CommitOptions, LeafChange
from havre.mls.credentials import BasicCredential, Credential, X509Credential
from havre.mls.crypto.suite import CipherSuite, SignatureKeyPair, cipher_suite, cipher_suites
from havre.mls.errors import CodecError, CryptoError, MlsError, StateError, ValidationError
from havre.mls.extensions import (
    Extension,
    ExternalSender,
    RequiredCapabilities,
    external_senders,
    find_extension,
)
from havre.mls.external import Joiner
from havre.mls.founding import JoinedGroup, create_group, join, join_external
from havre.mls.framing.content import (
    FromExternal,
    FromMember,
    FromNewMemberCommit,
    FromNewMemberProposal,
    Sender,
)
from havre.mls.framing.message import Peeked, decode_key_package, peek
from havre.mls.group import Group
from havre.mls.group_info import GroupInfo
from havre.mls.invitations import open_welcome, welcome_for
from havre.mls.key_package import KeyPackage, check_key_package, key_package_ref
from havre.mls.key_package_bundle import KeyPackageBundle, create_key_package, default_capabilities
from havre.mls.outside import propose_externally, propose_joining
from havre.mls.proposals import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from havre.mls.registries import (
    APPLICATION,
    COMMIT,
    DEFAULT_CIPHER_SUITE,
    GROUP_INFO,
    KEY_PACKAGE,
    LAST_RESORT,
    MLKEM768X25519_AES128GCM_SHA256_ED25519,
    P256_AES128GCM_SHA256_P256,
    P384_AES256GCM_SHA384_P384,
    P521_AES256GCM_SHA512_P521,
    PRIVATE_MESSAGE,
    PROPOSAL,
    PUBLIC_MESSAGE,
    WELCOME,
    X448_AES256GCM_SHA512_ED448,
    X448_CHACHA20POLY1305_SHA512_ED448,
    X25519_AES128GCM_SHA256_ED25519,
    X25519_CHACHA20POLY1305_SHA256_ED25519,
)
from havre.mls.results import (
    ApplicationMessage,
    CommitResult,
    Member,
    Received,
    ReceivedProposal,
    StagedCommit,
)
from havre.mls.rules import Rule
from havre.mls.schedule.psk import ExternalPskId, ResumptionPskId
from havre.mls.schedule.secret_tree import RatchetLimits
from havre.mls.state import GroupSettings, Psks
from havre.mls.store import GroupStore, load_group, store_group
from havre.mls.successors import branch, reinitialize
from havre.mls.tree.nodes import Capabilities, LeafNode, Lifetime

__all__ = [
    "APPLICATION",
    "COMMIT",
    "DEFAULT_CIPHER_SUITE",
    "GROUP_INFO",
    "KEY_PACKAGE",
    "LAST_RESORT",
    "MLKEM768X25519_AES128GCM_SHA256_ED25519",
    "P256_AES128GCM_SHA256_P256",
    "P384_AES256GCM_SHA384_P384",
    "P521_AES256GCM_SHA512_P521",
    "PRIVATE_MESSAGE",
    "PROPOSAL",
    "PUBLIC_MESSAGE",
    "WELCOME",
    "X448_AES256GCM_SHA512_ED448",
    "X448_CHACHA20POLY1305_SHA512_ED448",
    "X25519_AES128GCM_SHA256_ED25519",
    "X25519_CHACHA20POLY1305_SHA256_ED25519",
    "Add",
    "ApplicationMessage",
    "BasicCredential",
    "Capabilities",
    "CipherSuite",
    "CodecError",
    "CommitOptions",
    "CommitResult",
    "Credential",
    "CryptoError",
    "Extension",
    "ExternalInit",
    "ExternalPskId",
    "ExternalSender",
    "FromExternal",
    "FromMember",
    "FromNewMemberCommit",
    "FromNewMemberProposal",
    "Group",
    "GroupContextExtensions",
    "GroupInfo",
    "GroupSettings",
    "GroupStore",
    "JoinedGroup",
    "Joiner",
    "KeyPackage",
    "KeyPackageBundle",
    "LeafChange",
    "LeafNode",
    "Lifetime",
    "Member",
    "MlsError",
    "Peeked",
    "PreSharedKey",
    "Proposal",
    "Psks",
    "RatchetLimits",
    "ReInit",
    "Received",
    "ReceivedProposal",
    "Remove",
    "RequiredCapabilities",
    "ResumptionPskId",
    "Rule",
    "Sender",
    "SignatureKeyPair",
    "StagedCommit",
    "StateError",
    "Update",
    "ValidationError",
    "X509Credential",
    "branch",
    "check_key_package",
    "cipher_suite",
    "cipher_suites",
    "create_group",
    "create_key_package",
    "decode_key_package",
    "default_capabilities",
    "external_senders",
    "find_extension",
    "join",
    "join_external",
    "key_package_ref",
    "load_group",
    "open_welcome",
    "peek",
    "propose_externally",
    "propose_joining",
    "reinitialize",
    "store_group",
    "welcome_for",
]
