"""The rules of RFC 9420 whose breach makes a message invalid, each under an id.

Every id stands at one check in the code, in one test that forges that breach and nothing else,
and in the table of the package's README.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["Rule"]


class Rule(Enum):
    """The id of a rule; `ValidationError.rule` carries it."""

    # Messages (§6)
    MESSAGE_GROUP = "message-group"
    MESSAGE_EPOCH = "message-epoch"
    MESSAGE_SENDER = "message-sender"
    MESSAGE_SENDER_CONTENT = "message-sender-content"
    MESSAGE_SIGNATURE = "message-signature"
    MEMBERSHIP_TAG = "membership-tag"
    APPLICATION_PUBLIC = "application-public"
    PADDING_ZERO = "padding-zero"
    EXTERNAL_SENDER = "external-sender"
    EXTERNAL_PROPOSAL_TYPE = "external-proposal-type"
    EXTERNAL_ADD_SELF = "external-add-self"
    NEW_MEMBER_COMMIT_ALONE = "new-member-commit-alone"

    # Leaf nodes (§7.3)
    LEAF_SIGNATURE = "leaf-signature"
    LEAF_KEYS = "leaf-keys"
    LEAF_SUITE = "leaf-suite"
    LEAF_REQUIRED_CAPABILITIES = "leaf-required-capabilities"
    LEAF_GROUP_EXTENSIONS = "leaf-group-extensions"
    LEAF_CREDENTIAL_LISTED = "leaf-credential-listed"
    LEAF_CREDENTIAL_SUPPORT = "leaf-credential-support"
    LEAF_EXTENSIONS_LISTED = "leaf-extensions-listed"
    LEAF_LIFETIME = "leaf-lifetime"
    LEAF_LIFETIME_LENGTH = "leaf-lifetime-length"
    LEAF_SOURCE = "leaf-source"
    LEAF_KEY_FRESH = "leaf-key-fresh"
    LEAF_SIGNATURE_KEY_UNIQUE = "leaf-signature-key-unique"
    LEAF_ENCRYPTION_KEY_UNIQUE = "leaf-encryption-key-unique"

    # Key packages (§10.1)
    KEY_PACKAGE_SUITE = "key-package-suite"
    KEY_PACKAGE_SIGNATURE = "key-package-signature"
    KEY_PACKAGE_INIT_KEY = "key-package-init-key"
    KEY_PACKAGE_INIT_KEY_USABLE = "key-package-init-key-usable"

    # Proposals (§12.1)
    REMOVE_BLANK = "remove-blank"
    UPDATE_SENDER = "update-sender"
    PSK_USAGE = "psk-usage"
    PSK_NONCE = "psk-nonce"
    PSK_UNKNOWN = "psk-unknown"
    REINIT_VERSION = "reinit-version"
    GROUP_EXTENSIONS_SUPPORT = "group-extensions-support"
    REQUIRED_CAPABILITIES_SUPPORT = "required-capabilities-support"

    # Lists of proposals (§12.2)
    PROPOSAL_REFERENCE = "proposal-reference"
    UPDATE_BY_COMMITTER = "update-by-committer"
    REMOVE_COMMITTER = "remove-committer"
    LEAF_CHANGED_TWICE = "leaf-changed-twice"
    ADD_TWICE = "add-twice"
    ADD_MEMBER = "add-member"
    PSK_TWICE = "psk-twice"
    GROUP_EXTENSIONS_TWICE = "group-extensions-twice"
    REINIT_ALONE = "reinit-alone"
    EXTERNAL_INIT_BY_MEMBER = "external-init-by-member"
    EXTERNAL_COMMIT_INIT = "external-commit-init"
    EXTERNAL_COMMIT_REMOVES = "external-commit-removes"
    EXTERNAL_COMMIT_PROPOSALS = "external-commit-proposals"
    EXTERNAL_COMMIT_PATH = "external-commit-path"
    EXTERNAL_COMMIT_REFERENCE = "external-commit-reference"

    # Commits (§12.4)
    COMMIT_PATH = "commit-path"
    PATH_LENGTH = "path-length"
    PATH_CIPHERTEXTS = "path-ciphertexts"
    PATH_KEYS_USABLE = "path-keys-usable"
    PATH_KEYS_UNIQUE = "path-keys-unique"
    PATH_PARENT_HASH = "path-parent-hash"
    PATH_KEYS_DERIVED = "path-keys-derived"
    CONFIRMATION_TAG = "confirmation-tag"

    # Ratchet trees (§7.8, §7.9, §12.4.3)
    TREE_HASH = "tree-hash"
    TREE_PARENT_HASH = "tree-parent-hash"
    TREE_UNMERGED_LEAF = "tree-unmerged-leaf"
    TREE_UNMERGED_PATH = "tree-unmerged-path"
    TREE_KEYS_USABLE = "tree-keys-usable"
    TREE_KEYS_UNIQUE = "tree-keys-unique"
    TREE_LAST_BLANK = "tree-last-blank"

    # Welcomes and group infos (§12.4.3)
    WELCOME_KEY_PACKAGE = "welcome-key-package"
    WELCOME_SUITE = "welcome-suite"
    WELCOME_PSK_LINKS = "welcome-psk-links"
    WELCOME_PSK_TWICE = "welcome-psk-twice"
    WELCOME_PSK_NONCE = "welcome-psk-nonce"
    WELCOME_TREE_MISSING = "welcome-tree-missing"
    WELCOME_LEAF = "welcome-leaf"
    WELCOME_PATH_KEYS = "welcome-path-keys"
    GROUP_INFO_SUITE = "group-info-suite"
    GROUP_INFO_SIGNER = "group-info-signer"
    GROUP_INFO_SIGNATURE = "group-info-signature"
    GROUP_INFO_CONFIRMATION_TAG = "group-info-confirmation-tag"
    GROUP_INFO_EXTERNAL_PUB = "group-info-external-pub"
    SUCCESSOR_EPOCH = "successor-epoch"
    REINIT_PARAMETERS = "reinit-parameters"
    REINIT_MEMBERS = "reinit-members"
    BRANCH_PARAMETERS = "branch-parameters"
    BRANCH_MEMBERS = "branch-members"
