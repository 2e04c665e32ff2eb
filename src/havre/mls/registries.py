"""The numbers of the IANA registries that RFC 9420 §17 sets up, and ours where it has none yet."""

from __future__ import annotations

from typing import Final

MLS10: Final = 1

# Cipher suites (§17.1)
X25519_AES128GCM_SHA256_ED25519: Final = 0x0001
P256_AES128GCM_SHA256_P256: Final = 0x0002
X25519_CHACHA20POLY1305_SHA256_ED25519: Final = 0x0003
X448_AES256GCM_SHA512_ED448: Final = 0x0004
P521_AES256GCM_SHA512_P521: Final = 0x0005
X448_CHACHA20POLY1305_SHA512_ED448: Final = 0x0006
P384_AES256GCM_SHA384_P384: Final = 0x0007
# draft-ietf-mls-pq-ciphersuites has no number for it yet (TBD); this one is from the private-use range.
MLKEM768X25519_AES128GCM_SHA256_ED25519: Final = 0xF0A1

# What new groups take, unless everybody is to be reached by other implementations: then the first one.
DEFAULT_CIPHER_SUITE: Final = MLKEM768X25519_AES128GCM_SHA256_ED25519

# Wire formats (§17.2)
PUBLIC_MESSAGE: Final = 1
PRIVATE_MESSAGE: Final = 2
WELCOME: Final = 3
GROUP_INFO: Final = 4
KEY_PACKAGE: Final = 5

# Extension types (§17.3); LAST_RESORT is draft-ietf-mls-extensions'
APPLICATION_ID: Final = 0x0001
RATCHET_TREE: Final = 0x0002
REQUIRED_CAPABILITIES: Final = 0x0003
EXTERNAL_PUB: Final = 0x0004
EXTERNAL_SENDERS: Final = 0x0005
LAST_RESORT: Final = 0x000A
DEFAULT_EXTENSIONS: Final = frozenset(range(0x0001, 0x0006))

# Proposal types (§17.4)
ADD: Final = 0x0001
UPDATE: Final = 0x0002
REMOVE: Final = 0x0003
PSK: Final = 0x0004
REINIT: Final = 0x0005
EXTERNAL_INIT: Final = 0x0006
GROUP_CONTEXT_EXTENSIONS: Final = 0x0007
DEFAULT_PROPOSALS: Final = frozenset(range(0x0001, 0x0008))

# Credential types (§17.5)
BASIC: Final = 0x0001
X509: Final = 0x0002

# Content types and sender types (§6)
APPLICATION: Final = 1
PROPOSAL: Final = 2
COMMIT: Final = 3

# Values kept free so that nobody comes to rely on there being no others (§13.5)
GREASE: Final = tuple(0x0A0A + 0x1010 * n for n in range(15))
