"""All that a relay holds about one account, queue or file: each row in words, counted where there are many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from havre.relay.store import layout
from havre.relay.store.rows import AccountRow, BlobRow, Keys, Stock, Tail
from havre.relay.store.schema import BY_LETTER, Table
from havre.wire.records import RECORD
from havre.wire.stream import Entry

MOST: Final = 100_000
"""Rows of one kind that are looked at; a queue with more is told with what was seen."""
_HEX: Final = set("0123456789abcdef")


class Rows(Protocol):
    """A store that can be read row by row."""

    def rows(self, prefix: bytes = b"") -> Iterable[tuple[Table, bytes, Any]]:
        """Yield table, key and decoded value of each row whose key begins so."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one kind of row says: its title, why and how long it is kept, who can read it, and lines about it."""

    title: str
    why: str
    kept: str
    readers: str
    lines: tuple[str, ...]


class NoIdError(Exception):
    """What was asked for is no id; the message says what would be, in one sentence without a full stop."""


def find_holdings(store: Rows, name: str, following: Callable[[bytes], int]) -> list[Holding]:
    """Return all that is held about an id in hex (32 bytes: an account; 16: a queue or a file); raises NoIdError.

    `following` tells how many connections follow a queue at this moment.
    """
    if not (set(name) <= _HEX and len(name) in (32, 64)):
        raise NoIdError("this is neither an account (64 lower-case hex digits) nor a queue or a file (32)")
    key = bytes.fromhex(name)
    if len(key) == 32:
        return _about_account(store, key)
    return [*_about_queue(store, key, following(key)), *_about_file(store, key)]


def _about_account(store: Rows, account: bytes) -> list[Holding]:
    found: list[Holding] = []
    for _, _, row in store.rows(layout.ACCOUNT + account):
        found += _account(store, row)
    for letter in (layout.SEQUENCE, layout.STOCK, layout.PACKAGE, layout.LAST_RESORT):
        lines = _lines(store, letter, account)
        found += [_holding(letter, lines)] if lines else []
    return found


def _account(store: Rows, row: AccountRow) -> list[Holding]:
    record = RECORD.decode(row.record)
    lines = [f"account key {record.account_key.hex()}, record number {record.sequence}", f"inbox {row.inbox.hex()}"]
    lines += [
        f"device {one.device.hex()}, key {one.device_key.hex()}, certified {_when(one.issued)}"
        for one in record.devices
    ]
    found = [_holding(layout.ACCOUNT, lines)]
    if row.name is not None:
        found.append(_holding(layout.NAME, [f"the slow hash {row.name.hex()} of its name, not the name"]))
    return found


def _lines(store: Rows, letter: bytes, account: bytes) -> list[str]:
    rows = [(key[1:], value) for _, key, value in store.rows(letter + account)]
    if letter == layout.PACKAGE:
        return [f"{len(rows)} of them, {sum(len(one.key_package) for _, one in rows)} bytes"] if rows else []
    return [_SAY[letter](key[32:], value) for key, value in rows]


def _about_queue(store: Rows, queue: bytes, followers: int) -> list[Holding]:
    found: list[Holding] = []
    for _, _, keys in store.rows(layout.KEYS + queue):
        found.append(_holding(layout.KEYS, _keys(keys)))
    for _, _, tail in store.rows(layout.TAIL + queue):
        found.append(_holding(layout.TAIL, [_tail(tail)]))
    found += _entries(store, queue)
    dedupes = sum(1 for _ in _some(store.rows(layout.DEDUPE + queue)))
    found += [_holding(layout.DEDUPE, [f"{dedupes} of them"])] if dedupes else []
    if found and followers:
        line = f"{followers} connections follow it at this moment; whose they are is not known"
        found.append(Holding("In memory", "to push what comes", "as long as the connection", "nobody", (line,)))
    return found


def _keys(keys: Keys | bytes) -> list[str]:
    if not isinstance(keys, Keys):
        return ["it was deleted; its id stays used up"]
    hashes = keys.hashes
    lines = [f"hash of the {name} secret {getattr(hashes, name).hex()}" for name in ("read", "write", "manage")]
    return [*lines, f"entries are kept for {keys.ttl} s", f"{len(keys.past)} former pairs of hashes"]


def _tail(tail: Tail) -> str:
    last = tail.last - (tail.lost_through - tail.lost_after)
    return f"{last} entries so far, the last commit is number {tail.commit}, trimmed up to number {tail.floor}"


def _entries(store: Rows, queue: bytes) -> list[Holding]:
    count, size, first, last = 0, 0, 0, 0
    for _, _, entry in _some(store.rows(layout.ENTRY + queue)):
        assert isinstance(entry, Entry)
        count, size, first, last = count + 1, size + len(entry.body), first or entry.at, entry.at
    if not count:
        return []
    many = " (there are more)" if count == MOST else ""
    return [_holding(layout.ENTRY, [f"{count} ciphertexts{many}, {size} bytes, from {_when(first)} to {_when(last)}"])]


def _about_file(store: Rows, blob: bytes) -> list[Holding]:
    return [_holding(layout.BLOB, [_file(row)]) for _, _, row in store.rows(layout.BLOB + blob)]


def _file(row: BlobRow) -> str:
    progress = f"{row.offset} of {row.size} encrypted bytes"
    return f"{progress}, hash of the upload secret {row.upload.hex()}, until {_when(row.expires)}"


def _some(rows: Iterable[tuple[Table, bytes, Any]]) -> Iterable[tuple[Table, bytes, Any]]:
    for number, row in enumerate(rows):
        if number == MOST:
            return
        yield row


def _holding(letter: bytes, lines: list[str]) -> Holding:
    table = BY_LETTER[letter]
    return Holding(table.title, table.why, table.kept, table.readers, tuple(lines))


def _sequence(device: bytes, value: bytes) -> str:
    who = f"device {device.hex()}" if device else "the account"
    return f"{who} last signed with number {int.from_bytes(value, 'big')}"


def _stock(device: bytes, stock: Stock) -> str:
    return f"device {device.hex()} has {stock.next - stock.first} left, of {stock.next} that it has sent"


def _last_resort(device: bytes, package: bytes) -> str:
    return f"device {device.hex()}, {len(package)} bytes"


def _when(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"


_SAY: Final[dict[bytes, Callable[[bytes, Any], str]]] = {
    layout.SEQUENCE: _sequence,
    layout.STOCK: _stock,
    layout.LAST_RESORT: _last_resort,
}
