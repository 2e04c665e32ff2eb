"""A vault that dies at a chosen statement, and comes back as a killed process leaves its files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import sqlcipher3

from havre.client.vault.sqlcipher import MEMORY, SqlcipherVault
from havre.client.vault.tables import Cursor
from tests.simulation.pages import plain_pages

KEY = bytes(32)


class CrashError(Exception):
    """The process with this vault is gone at this point."""

    def __init__(self, vault: FragileVault) -> None:
        super().__init__("the process was killed")
        self.vault = vault


@cache
def _empty_vault() -> sqlcipher3.Connection:
    return SqlcipherVault(MEMORY, KEY)._connection


class FragileVault(SqlcipherVault):
    """Dies at a chosen statement, leaving what a dying process leaves."""

    dies_in: int | None = None
    """Statements that change something until the crash, the commit being one of them; None: it lives."""
    dies_committed = False
    """The crash comes right after the commit, before any effect is carried out."""
    lives = 0

    def _migrate(self) -> None:
        """Begin in memory with a copy of a vault that has been made once: making it is most of a short story's time."""
        if self.path == MEMORY:
            _empty_vault().backup(self._connection)
        super()._migrate()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Count what changes the file."""
        if self.dies_in is not None and not sql.startswith(("SELECT", "ROLLBACK", "PRAGMA")):
            self.dies_in -= 1
            if self.dies_in < 0:
                self.dies_in = None
                raise CrashError(self)
        done = super().execute(sql, parameters)
        if self.dies_committed and sql == "COMMIT":
            self.dies_committed = False
            raise CrashError(self)
        return done

    def copied(self, path: Path) -> FragileVault:
        """Return a copy of what stands in this vault, as another device is given it."""
        copy = FragileVault(path, KEY)
        self._connection.backup(copy._connection)
        copy.remembered.forget()
        return copy

    def pages(self) -> bytes:
        """Return all that is in the files, in clear, pages that no table uses any more too; of memory: all rows."""
        if self.path == MEMORY:
            return b"".join(self._rows())
        return b"".join(plain_pages(self.path, KEY))

    def _rows(self) -> Iterator[bytes]:
        tables = self.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in self.execute(f'SELECT * FROM "{table}"').fetchall():  # names from the file
                yield from (value if isinstance(value, bytes) else str(value).encode() for value in row)

    def reborn(self) -> FragileVault:
        """Return the vault that a new process opens: of files, what is on disk at this moment."""
        self.dies_in, self.dies_committed = None, False
        if self.path == MEMORY:
            return self
        path = self.path.with_name(f"{self.path.stem.split('~')[0]}~{self.lives + 1}.db")
        for ending in ("", "-wal"):
            left = self.path.with_name(self.path.name + ending)
            if left.exists():
                shutil.copyfile(left, path.with_name(path.name + ending))
        self.close()
        self.path.unlink()
        heir = FragileVault(path, KEY)
        heir.lives = self.lives + 1
        return heir
