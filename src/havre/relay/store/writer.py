"""Turns operations into one RocksDB write batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from rocksdict import WriteBatch

from havre.relay.store import layout
from havre.relay.store import operations as op

FEW: Final = 256
"""Up to so many entries are deleted one by one: a range tombstone would slow every later read of its neighbours."""

_encode: Final = msgspec.msgpack.Encoder().encode


class BatchWriter:
    """Collects operations; entries that expire in the same second share one row of the expiry index.

    Dedupe ids come behind the entries: rows whose keys are neighbours go into RocksDB's list at a lower price.
    """

    def __init__(self) -> None:
        self._batch = WriteBatch(raw_mode=True)
        self._dedupes: list[tuple[bytes, bytes]] = []
        self._expiries: dict[int, bytearray] = {}

    def add(self, operation: op.Operation) -> None:
        """Put one operation into the batch."""
        _WRITE[type(operation)](self, operation)

    def finish(self) -> WriteBatch:
        """Return the batch."""
        self._put_dedupes()
        for expires, items in self._expiries.items():
            self._batch.put(layout.EXPIRY + layout.number(expires) + items[:24], bytes(items))
        return self._batch

    def _set_keys(self, o: op.SetKeys) -> None:
        self._batch.put(layout.KEYS + o.queue, _encode(o.keys))

    def _set_tail(self, o: op.SetTail) -> None:
        self._batch.put(layout.TAIL + o.queue, _encode(o.tail))

    def _add_entry(self, o: op.AddEntry) -> None:
        cursor = o.entry.cursor.to_bytes(8, "big")
        self._batch.put(layout.ENTRY + o.queue + cursor, _encode(o.entry))
        self._dedupes.append((layout.DEDUPE + o.queue + o.dedupe, cursor))
        items = self._expiries.get(o.expires)
        if items is None:
            items = self._expiries[o.expires] = bytearray()
        items += o.queue + cursor + o.dedupe

    def _put_dedupes(self) -> None:
        for key, cursor in self._dedupes:
            self._batch.put(key, cursor)
        self._dedupes.clear()

    def _forget(self, o: op.Forget) -> None:
        if o.through - o.above > FEW:
            self._batch.delete_range(layout.entry_key(o.queue, o.above + 1), layout.entry_key(o.queue, o.through + 1))
            return
        for cursor in range(o.above + 1, o.through + 1):
            self._batch.delete(layout.entry_key(o.queue, cursor))

    def _bury(self, o: op.Bury) -> None:
        self._put_dedupes()
        self._drop_all(layout.ENTRY + o.queue)
        self._drop_all(layout.DEDUPE + o.queue)
        self._batch.delete(layout.TAIL + o.queue)
        self._batch.put(layout.KEYS + o.queue, b"")

    def _set_account(self, o: op.SetAccount) -> None:
        self._batch.put(layout.ACCOUNT + o.account, _encode(o.row))

    def _drop_account(self, o: op.DropAccount) -> None:
        self._batch.delete(layout.ACCOUNT + o.account)

    def _set_name(self, o: op.SetName) -> None:
        self._batch.put(layout.NAME + o.name, o.account)

    def _drop_name(self, o: op.DropName) -> None:
        self._batch.delete(layout.NAME + o.name)

    def _set_sequence(self, o: op.SetSequence) -> None:
        self._batch.put(layout.SEQUENCE + o.signer, layout.number(o.sequence))

    def _set_stock(self, o: op.SetStock) -> None:
        self._batch.put(layout.STOCK + o.account + o.device, _encode(o.stock))

    def _add_package(self, o: op.AddPackage) -> None:
        self._batch.put(layout.package_key(o.account, o.device, o.number), _encode(o.package))

    def _drop_package(self, o: op.DropPackage) -> None:
        self._batch.delete(layout.package_key(o.account, o.device, o.number))

    def _set_last_resort(self, o: op.SetLastResort) -> None:
        self._batch.put(layout.LAST_RESORT + o.account + o.device, o.key_package)

    def _drop_device(self, o: op.DropDevice) -> None:
        self._drop_all(layout.PACKAGE + o.account + o.device)
        self._batch.delete(layout.STOCK + o.account + o.device)
        self._batch.delete(layout.LAST_RESORT + o.account + o.device)

    def _set_blob(self, o: op.SetBlob) -> None:
        self._batch.put(layout.BLOB + o.blob, _encode(o.row))
        self._batch.put(layout.BLOB_EXPIRY + layout.number(o.row.expires) + o.blob, b"")

    def _drop_blob(self, o: op.DropBlob) -> None:
        self._batch.delete(layout.BLOB + o.blob)
        self._batch.delete(layout.BLOB_EXPIRY + layout.number(o.expires) + o.blob)

    def _drop_all(self, prefix: bytes) -> None:
        self._batch.delete_range(prefix, layout.after(prefix))


_WRITE: Final[dict[type, Callable[[BatchWriter, Any], None]]] = {
    op.SetKeys: BatchWriter._set_keys,
    op.SetTail: BatchWriter._set_tail,
    op.AddEntry: BatchWriter._add_entry,
    op.Forget: BatchWriter._forget,
    op.Bury: BatchWriter._bury,
    op.SetAccount: BatchWriter._set_account,
    op.DropAccount: BatchWriter._drop_account,
    op.SetName: BatchWriter._set_name,
    op.DropName: BatchWriter._drop_name,
    op.SetSequence: BatchWriter._set_sequence,
    op.SetStock: BatchWriter._set_stock,
    op.AddPackage: BatchWriter._add_package,
    op.DropPackage: BatchWriter._drop_package,
    op.SetLastResort: BatchWriter._set_last_resort,
    op.DropDevice: BatchWriter._drop_device,
    op.SetBlob: BatchWriter._set_blob,
    op.DropBlob: BatchWriter._drop_blob,
}
