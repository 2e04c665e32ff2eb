"""A store's folder as rows of tables, for a process that has it to itself: to check a backup, to restore one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from rocksdict import AccessType, Options, Rdict, ReadOptions, WriteBatch, WriteOptions

from havre.relay.store import layout
from havre.relay.store.base import StoreDamagedError, StoreError
from havre.relay.store.operations import Operation
from havre.relay.store.schema import BY_LETTER, Table
from havre.relay.store.writer import BatchWriter

STEP: Final = 5000
"""Changes that are written together."""


class Tables:
    """All rows of one folder; raises StoreError. Nobody else may have it open to write."""

    def __init__(self, folder: Path, *, to_write: bool = False) -> None:
        self._folder = folder
        access = AccessType.read_write() if to_write else AccessType.read_only()
        options = Options(raw_mode=True)
        options.create_if_missing(False)
        try:
            self._db = Rdict(str(folder), options, column_families={"default": options}, access_type=access)
        except Exception as error:  # rocksdict raises bare exceptions
            raise StoreError(f"the store in {folder} cannot be opened: {str(error).splitlines()[0][:200]}") from None

    def rows(self, prefix: bytes = b"") -> Iterator[tuple[Table, bytes, Any]]:
        """Yield table, key and decoded value of each row whose key begins so; raises StoreDamagedError."""
        options = ReadOptions()
        if prefix:
            options.set_iterate_upper_bound(layout.after(prefix))
        cursor: Any = self._db.iter(options)
        cursor.seek(prefix) if prefix else cursor.seek_to_first()
        while cursor.valid():
            yield self._checked(cursor.key(), cursor.value())
            cursor.next()
        try:
            cursor.status()
        except Exception as error:  # a block whose checksum is wrong
            raise StoreDamagedError(f"the store in {self._folder} is damaged: {str(error)[:200]}") from None

    def apply(self, operations: Iterable[Operation]) -> int:
        """Apply changes, some thousands at a time, and return how many there were; raises StoreError."""
        writer, waiting, count = BatchWriter(), 0, 0
        for operation in operations:
            writer.add(operation)
            waiting, count = waiting + 1, count + 1
            if waiting == STEP:
                self._write(writer.finish())
                writer, waiting = BatchWriter(), 0
        self._write(writer.finish())
        return count

    def fact(self, name: bytes) -> bytes | None:
        """Return what the store says of itself."""
        found: Any = self._db.get(layout.META + name)
        return None if found is None else bytes(found)

    def set_fact(self, name: bytes, value: bytes) -> None:
        """Have the store say this of itself."""
        batch = WriteBatch(raw_mode=True)
        batch.put(layout.META + name, value)
        self._write(batch)

    def close(self) -> None:
        """Let go of the folder."""
        self._db.close()

    def _write(self, batch: WriteBatch) -> None:
        options = WriteOptions()
        options.sync = True
        try:
            self._db.write(batch, options)
        except Exception as error:  # rocksdict raises bare exceptions
            raise StoreError(f"the store in {self._folder} cannot be written: {str(error)[:200]}") from None

    def _checked(self, key: bytes, value: bytes) -> tuple[Table, bytes, Any]:
        table = BY_LETTER.get(key[:1])
        if table is None:
            raise StoreDamagedError(f"the store in {self._folder} has a row of an unknown kind ({key[:1]!r})")
        try:
            return table, key, table.check(key, value)
        except (ValueError, msgspec.DecodeError) as error:
            raise StoreDamagedError(f"the store in {self._folder} is damaged: {error}") from None
