"""The vault in one SQLCipher file: its connection, its transaction, its schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

import sqlcipher3

from havre.client.errors import HavreError, NoSpace, VaultDamaged
from havre.client.vault.chats import ChatTables
from havre.client.vault.outgoing import OutboxTables
from havre.client.vault.people import PeopleTables
from havre.client.vault.states import StateTables
from havre.client.vault.tables import Cursor

VERSION: Final = 1
MEMORY: Final = Path(":memory:")
"""In place of a path: a vault that is gone with its process; for tests and simulation."""


class SqlcipherVault(ChatTables, OutboxTables, PeopleTables, StateTables):
    """Keeps to `havre.client.vault.base.Vault`; a failure of the disk raises HavreError and leaves nothing behind."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open the vault at `path` with its 32-byte key, making it when it is new.

        Raises VaultDamaged when the key does not open it or the content is not sound, NoSpace when the disk is full.
        """
        self.path = path
        if path != MEMORY:
            path.touch(mode=0o600)  # SQLite gives its other files the same mode
        self._connection = sqlcipher3.connect(str(path), isolation_level=None, check_same_thread=False)
        try:
            self._open(key)
        except BaseException:
            self._connection.close()
            raise

    def _open(self, key: bytes) -> None:
        # It would write its findings to standard error, past every face.
        self._connection.execute("PRAGMA cipher_log_level = NONE")
        self._connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON",
                       "temp_store = MEMORY", "trusted_schema = OFF"):  # fmt: skip
            self.execute(f"PRAGMA {pragma}")
        version = cast(tuple[int], self.execute("PRAGMA user_version").fetchone())[0]
        if version > VERSION:
            raise HavreError(f"The vault {self.path} was written by a newer Havre; update this one.")
        for step in range(version + 1, VERSION + 1):
            self._migrate("schema.sql" if step == 1 else f"schema_{step}.sql")

    def _migrate(self, name: str) -> None:
        script = files("havre.client.vault").joinpath(name).read_text(encoding="utf-8")
        with self.transaction():
            for statement in _statements(script):
                self.execute(statement)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run one statement; what goes wrong with the file becomes one sentence."""
        try:
            return cast(Cursor, self._connection.execute(sql, parameters))
        except sqlcipher3.DatabaseError as error:
            raise self._told(error) from None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing of it."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        # SQLite has rolled back by itself after some failures of the disk; a second time is then an error.
        if self._connection.in_transaction:
            self.execute("ROLLBACK")

    def _told(self, error: Any) -> HavreError:
        match getattr(error, "sqlite_errorname", ""):
            case "SQLITE_FULL":
                return NoSpace(str(self.path.parent))
            case "SQLITE_NOTADB" | "SQLITE_CORRUPT":
                return VaultDamaged(str(self.path), "it is not a vault of this key, or its pages were changed")
            case name:
                return HavreError(f"The vault {self.path} cannot be used ({name}: {error}); check the disk.")

    def check(self) -> None:
        """Read the whole file and check every page's authentication; raises VaultDamaged."""
        findings = self.execute("PRAGMA cipher_integrity_check").fetchall()
        if findings:
            raise VaultDamaged(str(self.path), str(findings[0][0]))

    def close(self) -> None:
        """Close the file; again is harmless."""
        self._connection.close()


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one: `executescript` would commit the transaction around it."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlcipher3.complete_statement(statement):
            yield statement
            statement = ""
