"""Frozen dataclasses to SQLite rows and back: the field names are the column names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from enum import StrEnum
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar, cast, get_type_hints

from havre.client.vault.remembered import Remembered

R = TypeVar("R")


class Cursor(Protocol):
    """What of a DB-API cursor is used here."""

    rowcount: int
    lastrowid: int

    def fetchone(self) -> tuple[Any, ...] | None: ...
    def fetchall(self) -> list[tuple[Any, ...]]: ...


class Connection(Protocol):
    """What of a DB-API connection is used here; the vault's wraps every failure of the disk."""

    remembered: Remembered

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor: ...


def _column(value: object) -> object:
    return str(value) if isinstance(value, StrEnum) else value


class Table(Generic[R]):
    """One table, keyed by the columns in `key`; the SQL of its ordinary operations is put together once.

    `calm`: it is asked far more often than it is written to, and its answers are kept in memory in between.
    """

    def __init__(self, name: str, row: type[R], *key: str, calm: bool = False) -> None:
        hints = get_type_hints(row)
        self.name, self.row, self._calm = name, row, calm
        self.columns = [field.name for field in fields(row)]  # type: ignore[arg-type]  # R is always a dataclass
        kinds = [hints[column] for column in self.columns]
        self._odd = [(place, kind) for place, kind in enumerate(kinds) if kind not in (int, str, bytes)]
        """Columns that SQLite gives back as something else than the row has: booleans and names of an enumeration."""
        self._fields = attrgetter(*self.columns)
        self.selected = ", ".join(self.columns)
        self._where = " AND ".join(f"{column} = ?" for column in key)
        self._by_key = f"WHERE {self._where}"
        marks = ", ".join("?" for _ in self.columns)
        self._drop = f"DELETE FROM {name} WHERE {self._where}"  # noqa: S608  # names from the code
        others = [column for column in self.columns if column not in key]
        updates = ", ".join(f"{column} = excluded.{column}" for column in others)
        self._insert = f"INSERT INTO {name} ({self.selected}) VALUES ({marks})"  # noqa: S608  # names from the code
        self._add = self._insert.replace("VALUES (?", "VALUES (NULL", 1) + " ON CONFLICT DO NOTHING"
        self._put = f"{self._insert} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates}"

    def values(self, row: R) -> list[object]:
        """Return the column values of `row`, in column order."""
        found = list(self._fields(row))
        for place, _ in self._odd:
            found[place] = _column(found[place])
        return found

    def read(self, values: Sequence[Any]) -> R:
        """Return the row that the column values stand for."""
        if not self._odd:
            return self.row(*values)
        typed = list(values)
        for place, kind in self._odd:
            typed[place] = kind(typed[place])
        return self.row(*typed)

    def put(self, connection: Connection, row: R) -> None:
        """Insert or replace by key."""
        connection.execute(self._put, self.values(row))

    def add(self, connection: Connection, row: R) -> Cursor:
        """Insert a row whose first column, `seq`, the database gives."""
        return connection.execute(self._add, self.values(row)[1:])

    def get(self, connection: Connection, *key: object) -> R | None:
        """Return the row with this key, if there is one."""
        found = self.select(connection, self._by_key, *key)
        return found[0] if found else None

    def drop(self, connection: Connection, *key: object) -> None:
        """Delete the row with this key, if there is one; what was answered is forgotten only then."""
        if not self._calm or self.get(connection, *key) is not None:
            connection.execute(self._drop, key)

    def select(self, connection: Connection, tail: str, *parameters: object) -> Sequence[R]:
        """Return the rows that `tail` (a WHERE, ORDER or LIMIT clause) asks for."""
        if not self._calm:
            return self._selected_rows(connection, tail, parameters)
        question = (tail, parameters)
        answer = connection.remembered.answer(self.name, question)
        if answer is None:
            answer = self._selected_rows(connection, tail, parameters)
            connection.remembered.keep(self.name, question, answer)
        return cast("list[R]", answer)

    def _selected_rows(self, connection: Connection, tail: str, parameters: tuple[object, ...]) -> list[R]:
        sql = f"SELECT {self.selected} FROM {self.name} {tail}"  # noqa: S608  # names from the code
        return [self.read(values) for values in connection.execute(sql, parameters).fetchall()]
