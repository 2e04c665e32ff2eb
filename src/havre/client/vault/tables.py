"""Frozen dataclasses to SQLite rows and back: the field names are the column names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar, get_type_hints

R = TypeVar("R")


class Cursor(Protocol):
    """What of a DB-API cursor is used here."""

    rowcount: int
    lastrowid: int

    def fetchone(self) -> tuple[Any, ...] | None: ...
    def fetchall(self) -> list[tuple[Any, ...]]: ...


class Connection(Protocol):
    """What of a DB-API connection is used here; the vault's wraps every failure of the disk."""

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor: ...


def _column(value: object) -> object:
    return str(value) if isinstance(value, StrEnum) else value


class Table(Generic[R]):
    """One table, keyed by the columns in `key`; the SQL of its ordinary operations is put together once."""

    def __init__(self, name: str, row: type[R], *key: str) -> None:
        hints = get_type_hints(row)
        self.name, self.row = name, row
        self.columns = [field.name for field in fields(row)]  # type: ignore[arg-type]  # R is always a dataclass
        self._readers = [hints[column] for column in self.columns]
        self.selected = ", ".join(self.columns)
        self._where = " AND ".join(f"{column} = ?" for column in key)
        marks = ", ".join("?" for _ in self.columns)
        others = [column for column in self.columns if column not in key]
        updates = ", ".join(f"{column} = excluded.{column}" for column in others)
        self._insert = f"INSERT INTO {name} ({self.selected}) VALUES ({marks})"  # noqa: S608  # names from the code
        self._put = f"{self._insert} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates}"

    def values(self, row: R) -> list[object]:
        """Return the column values of `row`, in column order."""
        return [_column(getattr(row, column)) for column in self.columns]

    def read(self, values: Sequence[Any]) -> R:
        """Return the row that the column values stand for."""
        typed = [kind(value) if kind is not bytes else value for kind, value in zip(self._readers, values, strict=True)]
        return self.row(*typed)

    def put(self, connection: Connection, row: R) -> None:
        """Insert or replace by key."""
        connection.execute(self._put, self.values(row))

    def add(self, connection: Connection, row: R) -> Cursor:
        """Insert a row whose first column, `seq`, the database gives."""
        sql = self._insert.replace("VALUES (?", "VALUES (NULL", 1)
        return connection.execute(f"{sql} ON CONFLICT DO NOTHING", self.values(row)[1:])

    def get(self, connection: Connection, *key: object) -> R | None:
        """Return the row with this key, if there is one."""
        found = self.select(connection, f"WHERE {self._where}", *key)
        return found[0] if found else None

    def drop(self, connection: Connection, *key: object) -> None:
        """Delete the row with this key, if there is one."""
        connection.execute(f"DELETE FROM {self.name} WHERE {self._where}", key)  # noqa: S608  # names from the code

    def select(self, connection: Connection, tail: str, *parameters: object) -> list[R]:
        """Return the rows that `tail` (a WHERE, ORDER or LIMIT clause) asks for."""
        sql = f"SELECT {self.selected} FROM {self.name} {tail}"  # noqa: S608  # names from the code
        return [self.read(values) for values in connection.execute(sql, parameters).fetchall()]
