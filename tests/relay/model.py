"""A store in dictionaries: the plainest thing that keeps the contract. The real ones are compared with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from havre.relay.store import operations as op
from havre.relay.store.base import Page, StoreError
from havre.relay.store.rows import AccountRow, BlobRow, Head, Keys, Stock, StoredPackage, Tail, Tombstone
from havre.wire.stream import EVENT, Entry, Pushed

DUMMY = Pushed(bytes(16), [])


class MemoryStore:
    """A `Store` that forgets everything with the process."""

    def __init__(self) -> None:
        self.failure: StoreError | None = None
        self.keys: dict[bytes, Keys | None] = {}
        self.tails: dict[bytes, Tail] = {}
        self.log: dict[bytes, dict[int, tuple[Entry, int, bytes]]] = {}
        self.dedupes: dict[bytes, tuple[int, int]] = {}
        self.accounts: dict[bytes, AccountRow] = {}
        self.names: dict[bytes, bytes] = {}
        self.sequences: dict[bytes, int] = {}
        self.stocks: dict[tuple[bytes, bytes], Stock] = {}
        self.packages: dict[tuple[bytes, bytes, int], StoredPackage] = {}
        self.last_resorts: dict[tuple[bytes, bytes], bytes] = {}
        self.blobs: dict[bytes, BlobRow] = {}

    def apply(self, operations: Sequence[op.Operation]) -> None:
        for operation in operations:
            _APPLY[type(operation)](self, operation)

    def recover(self) -> None:
        pass

    def heads(self, queues: Collection[bytes]) -> dict[bytes, Head | Tombstone]:
        found: dict[bytes, Head | Tombstone] = {}
        for queue in queues:
            if queue in self.keys:
                keys = self.keys[queue]
                found[queue] = Tombstone() if keys is None else Head(keys, self.tails[queue])
        return found

    def seen(self, dedupes: Collection[bytes]) -> dict[bytes, int]:
        return {pair: self.dedupes[pair][0] for pair in dedupes if pair in self.dedupes}

    def entries(self, queue: bytes, after: int, through: int, limit: int, size: int) -> Page:
        found: list[Entry] = []
        for cursor in sorted(self.log.get(queue, {})):
            if not after < cursor <= through:
                continue
            entry = self.log[queue][cursor][0]
            size -= len(EVENT.encode(Pushed(bytes(16), [entry]))) - len(EVENT.encode(DUMMY))
            if len(found) >= limit or (size < 0 and found):
                return Page(found, more=True)
            found.append(entry)
        return Page(found, more=False)

    def expire(self, now: int, limit: int) -> bool:
        for entries in self.log.values():
            for cursor in [c for c, (_, expires, _) in entries.items() if expires <= now]:
                del entries[cursor]
        self.dedupes = {pair: (c, expires) for pair, (c, expires) in self.dedupes.items() if expires > now}
        return False

    def account(self, account: bytes) -> AccountRow | None:
        return self.accounts.get(account)

    def name(self, name: bytes) -> bytes | None:
        return self.names.get(name)

    def sequence(self, signer: bytes) -> int:
        return self.sequences.get(signer, -1)

    def stock(self, account: bytes, device: bytes) -> Stock:
        return self.stocks.get((account, device), Stock())

    def package(self, account: bytes, device: bytes, number: int) -> StoredPackage | None:
        return self.packages.get((account, device, number))

    def last_resort(self, account: bytes, device: bytes) -> bytes | None:
        return self.last_resorts.get((account, device))

    def blob(self, blob: bytes) -> BlobRow | None:
        return self.blobs.get(blob)

    def due_blobs(self, now: int, limit: int) -> list[bytes]:
        return [blob for blob, row in self.blobs.items() if row.expires <= now][:limit]

    def salt(self) -> bytes:
        return bytes(16)

    def close(self) -> None:
        pass

    def add_entry(self, o: op.AddEntry) -> None:
        self.log.setdefault(o.queue, {})[o.entry.cursor] = (o.entry, o.expires, o.dedupe)
        self.dedupes[o.queue + o.dedupe] = (o.entry.cursor, o.expires)

    def forget(self, o: op.Forget) -> None:
        for cursor in range(o.above + 1, o.through + 1):
            self.log.get(o.queue, {}).pop(cursor, None)

    def bury(self, o: op.Bury) -> None:
        self.keys[o.queue] = None
        self.tails.pop(o.queue, None)
        self.log.pop(o.queue, None)
        self.dedupes = {pair: cursor for pair, cursor in self.dedupes.items() if pair[:16] != o.queue}

    def drop_device(self, o: op.DropDevice) -> None:
        for key in [key for key in self.packages if key[:2] == (o.account, o.device)]:
            del self.packages[key]
        self.stocks.pop((o.account, o.device), None)
        self.last_resorts.pop((o.account, o.device), None)


_APPLY: dict[type, Callable[[MemoryStore, Any], object]] = {
    op.SetKeys: lambda s, o: s.keys.__setitem__(o.queue, o.keys),
    op.SetTail: lambda s, o: s.tails.__setitem__(o.queue, o.tail),
    op.AddEntry: MemoryStore.add_entry,
    op.Forget: MemoryStore.forget,
    op.Bury: MemoryStore.bury,
    op.SetAccount: lambda s, o: s.accounts.__setitem__(o.account, o.row),
    op.DropAccount: lambda s, o: s.accounts.pop(o.account, None),
    op.SetName: lambda s, o: s.names.__setitem__(o.name, o.account),
    op.DropName: lambda s, o: s.names.pop(o.name, None),
    op.SetSequence: lambda s, o: s.sequences.__setitem__(o.signer, o.sequence),
    op.SetStock: lambda s, o: s.stocks.__setitem__((o.account, o.device), o.stock),
    op.AddPackage: lambda s, o: s.packages.__setitem__((o.account, o.device, o.number), o.package),
    op.DropPackage: lambda s, o: s.packages.pop((o.account, o.device, o.number), None),
    op.SetLastResort: lambda s, o: s.last_resorts.__setitem__((o.account, o.device), o.key_package),
    op.DropDevice: MemoryStore.drop_device,
    op.SetBlob: lambda s, o: s.blobs.__setitem__(o.blob, o.row),
    op.DropBlob: lambda s, o: s.blobs.pop(o.blob, None),
}
