"""The sizes and bounds that both ends agree on; docs/protocol.md lists the same figures."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

VERSION: Final = 1
STREAM_PATH: Final = "/v1/stream"

QUEUE_BYTES: Final = 16
SECRET_BYTES: Final = 32
HASH_BYTES: Final = 32
DEDUPE_BYTES: Final = 16
ACCOUNT_BYTES: Final = 32
DEVICE_BYTES: Final = 16
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
BLOB_BYTES: Final = 16

MAX_TTL: Final = 30 * 24 * 3600
"""Seconds that an entry, a key package or a blob is kept at most."""
MAX_CURSOR: Final = 2**63 - 1
MAX_SUBSCRIPTIONS: Final = 512
"""Queues that one `subscribe` may name."""
MAX_READ: Final = 1000
"""Entries that one `read` may ask for."""
MAX_DEVICES: Final = 8
MAX_KEY_PACKAGES: Final = 100
"""One-time key packages that the relay keeps for one device."""

QueueId = Annotated[bytes, Meta(min_length=QUEUE_BYTES, max_length=QUEUE_BYTES)]
Secret = Annotated[bytes, Meta(min_length=SECRET_BYTES, max_length=SECRET_BYTES)]
Hash = Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
DedupeId = Annotated[bytes, Meta(min_length=DEDUPE_BYTES, max_length=DEDUPE_BYTES)]
AccountId = Annotated[bytes, Meta(min_length=ACCOUNT_BYTES, max_length=ACCOUNT_BYTES)]
DeviceId = Annotated[bytes, Meta(min_length=DEVICE_BYTES, max_length=DEVICE_BYTES)]
PublicKey = Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
Signature = Annotated[bytes, Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]
BlobId = Annotated[bytes, Meta(min_length=BLOB_BYTES, max_length=BLOB_BYTES)]

Cursor = Annotated[int, Meta(ge=0, le=MAX_CURSOR)]
Ttl = Annotated[int, Meta(ge=0, le=MAX_TTL)]
RequestId = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Sequence = Annotated[int, Meta(ge=0, le=MAX_CURSOR)]
