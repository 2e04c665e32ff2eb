"""Every kind of row that the embedded store holds: what it is, why it is there, how long, and who can read it.

docs/privacy.md is made of this, `havre relay inspect` speaks by it, and a backup is checked against it. A test holds
it to `layout` and `rows`: a table or a field that is not described here is a failure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from havre.relay.store import layout
from havre.relay.store.rows import AccountRow, BlobRow, Keys, Stock, StoredPackage, Tail
from havre.wire.stream import Entry


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a key or a value; `size` in bytes, None: whatever is left, or a field of a struct."""

    name: str
    what: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of row: `key` comes after the letter; `value` is what the row says, `row` its struct if it has one."""

    letter: bytes
    title: str
    what: str
    why: str
    kept: str
    readers: str
    key: tuple[Field, ...]
    value: tuple[Field, ...] = ()
    row: type[msgspec.Struct] | None = None
    size: Callable[[bytes], bool] = lambda value: True
    """Whether a value without a struct may be of this length."""

    def check(self, key: bytes, value: bytes) -> Any:
        """Return the decoded value of a row; raises ValueError when the row is none of this table."""
        sizes = [field.size for field in self.key]
        if None not in sizes and len(key) - 1 != sum(size or 0 for size in sizes):
            raise ValueError(f"the key of a row {self.title!r} has the wrong length")
        if self.row is not None and (value or self.letter != layout.KEYS):  # an empty one is a tombstone
            return msgspec.msgpack.decode(value, type=self.row)
        if not self.size(value):
            raise ValueError(f"the value of a row {self.title!r} has the wrong length")
        return value


OPERATOR: Final = "the operator"
ANYBODY: Final = "anybody who asks, and the operator"
READER: Final = "whoever shows the queue's read secret, and the operator; neither can decrypt it by that"
_QUEUE: Final = Field("queue", "16 random bytes that its maker chose", 16)
_ACCOUNT: Final = Field("account", "SHA-256 of the account key", 32)
_DEVICE: Final = Field("device", "16 random bytes that name a device of the account", 16)
_TTL: Final = "until its time is over (30 days at most), it is trimmed, or the queue is deleted"

TABLES: Final = (
    Table(
        layout.META,
        "About the store",
        "what the store says of itself",
        "so that names are hashed alike by all, and a restored relay is known as one",
        "as long as the relay",
        ANYBODY,
        (Field("name", "`salt`, or `restored`"),),
        (Field("value", "the public salt of user names (16 random bytes); or how often a backup was restored"),),
    ),
    Table(
        layout.KEYS,
        "Queue: who may do what",
        "a queue's capabilities; nothing at all once it was deleted, so that its id stays used up",
        "to tell who may read, write or manage it, without knowing who that is",
        "until the queue is deleted; its bare id for ever",
        OPERATOR,
        (_QUEUE,),
        (
            Field("hashes", "SHA-256 of the read, the write and the manage secret"),
            Field("ttl", "seconds that its entries are kept"),
            Field("past", "the last 32 pairs of hashes that were replaced, each with the cursor up to which it reads"),
        ),
        Keys,
    ),
    Table(
        layout.TAIL,
        "Queue: where it stands",
        "a queue's cursors",
        "to number entries without using a number twice, and to put commits in one order",
        "until the queue is deleted",
        "whoever shows a secret of the queue, and the operator",
        (_QUEUE,),
        (
            Field("last", "the last cursor that was given out: how many entries the queue has ever had"),
            Field("commit", "the cursor of its last commit"),
            Field("floor", "up to which cursor its entries were trimmed"),
            Field("lost_after", "after which cursor a restored backup knew of nothing"),
            Field("lost_through", "up to which cursor numbers were passed over for that"),
            Field("stretches", "for each eighth of its ttl: how many entries came, their bytes, and the last cursor"),
        ),
        Tail,
    ),
    Table(
        layout.ENTRY,
        "Entry",
        "one ciphertext of a queue",
        "so that who is offline gets it later",
        _TTL,
        READER,
        (_QUEUE, Field("cursor", "its number in the queue", 8)),
        (
            Field("cursor", "its number again"),
            Field("kind", "whether it is a message or a commit"),
            Field("at", "the second in which it came"),
            Field("body", "the ciphertext, whose padded size shows"),
        ),
        Entry,
    ),
    Table(
        layout.DEDUPE,
        "Dedupe id",
        "the 16 random bytes that a sender chose for an entry",
        "so that a retry is stored once",
        "until the entry's time is over",
        OPERATOR,
        (_QUEUE, Field("dedupe id", "chosen at random by the sender", 16)),
        (Field("cursor", "the entry's cursor"),),
        size=lambda value: len(value) == 8,
    ),
    Table(
        layout.EXPIRY,
        "What expires when",
        "the entries whose time is over in one second",
        "to find them then without a search",
        "until that second",
        OPERATOR,
        (Field("second", "when they expire", 8), Field("first", "queue and cursor of the first of them", 24)),
        (Field("entries", "queue, cursor and dedupe id of each"),),
        size=lambda value: len(value) % layout.EXPIRY_ITEM == 0,
    ),
    Table(
        layout.ACCOUNT,
        "Account",
        "an account as its owner published it",
        "so that others find its devices and its inbox",
        "until its owner closes it",
        ANYBODY,
        (_ACCOUNT,),
        (
            Field("record", "account key, sequence, inbox queue, and the certificate of each device"),
            Field("signature", "the account key's, over the record"),
            Field("name", "the slow hash of its user name, if it has one"),
            Field("inbox", "the queue that takes first messages"),
            Field("devices", "the ids of its devices"),
        ),
        AccountRow,
    ),
    Table(
        layout.NAME,
        "User name",
        "whose name this is",
        "so that people find each other by name",
        "until its owner frees it or closes the account",
        "whoever knows the name, and the operator, who sees its hash alone",
        (Field("name", "Argon2id of the name under the relay's salt; the client works it out", 32),),
        (Field("account", "the account that has it"),),
        size=lambda value: len(value) == 32,
    ),
    Table(
        layout.SEQUENCE,
        "Sequence",
        "the last sequence number that an account or a device signed with",
        "so that nobody plays a signed request back",
        "for ever, also after the account was closed",
        OPERATOR,
        (Field("signer", "the account; with its device, if that signed"),),
        (Field("sequence", "a number; clients use the time in milliseconds"),),
        size=lambda value: len(value) == 8,
    ),
    Table(
        layout.STOCK,
        "Stock of key packages",
        "which one-time key packages a device has left",
        "to give each out once, the oldest first",
        "as long as the device belongs to the account",
        "the account's devices, and the operator",
        (_ACCOUNT, _DEVICE),
        (
            Field("first", "the number of the oldest one that is there"),
            Field("next", "the number that the next one gets: how many there have been"),
        ),
        Stock,
    ),
    Table(
        layout.PACKAGE,
        "One-time key package",
        "public keys with which one conversation can be begun",
        "so that somebody can write to a device that is offline",
        "until somebody takes it, or the device leaves the account",
        "whoever takes it, and the operator",
        (_ACCOUNT, _DEVICE, Field("number", "its number", 8)),
        (Field("at", "the second in which it came"), Field("key_package", "the key package, public by nature")),
        StoredPackage,
    ),
    Table(
        layout.LAST_RESORT,
        "Key package of last resort",
        "public keys for when the one-time ones are used up",
        "so that a device can always be written to",
        "until it is replaced, or the device leaves the account",
        ANYBODY,
        (_ACCOUNT, _DEVICE),
        (Field("key package", "the key package, public by nature"),),
    ),
    Table(
        layout.BLOB,
        "File",
        "an encrypted file; its bytes lie beside the store",
        "to hand it out, and to go on with an upload that broke off",
        "until its time is over (30 days at most), or its uploader deletes it",
        "whoever knows its id, and the operator; neither can decrypt it by that",
        (Field("blob", "16 random bytes that name it", 16),),
        (
            Field("size", "how many bytes were announced, padded"),
            Field("offset", "how many are here"),
            Field("upload", "SHA-256 of the secret that uploads and deletes it"),
            Field("expires", "when it goes"),
        ),
        BlobRow,
    ),
    Table(
        layout.BLOB_EXPIRY,
        "Which file expires when",
        "an index",
        "to find what is due without a search",
        "as long as the file",
        OPERATOR,
        (Field("second", "when it expires", 8), Field("blob", "the file", 16)),
        size=lambda value: not value,
    ),
)
BY_LETTER: Final = {table.letter: table for table in TABLES}
