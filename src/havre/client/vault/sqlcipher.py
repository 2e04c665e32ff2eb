"""The vault in one SQLCipher file: its connection, its transaction, its schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

import sqlcipher3

from havre.client.errors import HavreError, NoSpace, VaultDamaged
from havre.client.sentences import said
from havre.client.vault.amendments import AmendmentTables
from havre.client.vault.applicants import ApplicantTables
from havre.client.vault.chats import ChatTables
from havre.client.vault.copying import copy_vault
from havre.client.vault.devices import DeviceTables
from havre.client.vault.forgetting import ForgettingTables
from havre.client.vault.histories import HistoryTables
from havre.client.vault.homes import HomeTables
from havre.client.vault.kept import KeptTables
from havre.client.vault.outgoing import OutboxTables
from havre.client.vault.parcels import ParcelTables
from havre.client.vault.people import PeopleTables
from havre.client.vault.portraits import PortraitTables
from havre.client.vault.private import PrivateTables
from havre.client.vault.remembered import Remembered
from havre.client.vault.requests import RequestTables
from havre.client.vault.search import SearchTables
from havre.client.vault.states import StateTables
from havre.client.vault.tables import Cursor
from havre.client.vault.uploads import UploadTables

INDEXED: Final = 3
"""The version that began to say what each message is and by which words it is found."""
CACHE_KIB: Final = 16 * 1024
"""KiB of decrypted pages that are kept at most: the upper pages of every index of a large vault."""
STATEMENTS: Final = 512
"""Statements that are kept prepared: more than there are."""
MEMORY: Final = Path(":memory:")
"""In place of a path: a vault that is gone with its process; for tests and simulation."""


class SqlcipherVault(
    ChatTables, DeviceTables, KeptTables, AmendmentTables, ForgettingTables, PrivateTables, SearchTables, OutboxTables,
    HomeTables, PeopleTables, RequestTables, StateTables, ApplicantTables, HistoryTables, ParcelTables, UploadTables,
    PortraitTables,
):  # fmt: skip
    """Keeps to `havre.client.vault.base.Vault`; a failure of the disk raises HavreError and leaves nothing behind."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open the vault at `path` with its 32-byte key, making it when it is new.

        Raises VaultDamaged when the key does not open it or the content is not sound, NoSpace when the disk is full.
        """
        self.path, self._key, self.remembered, self.unindexed = path, key, Remembered(), {}
        if path != MEMORY:
            path.touch(mode=0o600)  # SQLite gives its other files the same mode
        self._connection = sqlcipher3.connect(
            str(path), isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
        )
        try:
            self._open(key)
        except BaseException:
            self._connection.close()
            raise

    def _open(self, key: bytes) -> None:
        # It would write its findings to standard error, past every face.
        self._connection.execute("PRAGMA cipher_log_level = NONE")
        self._connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY",
                       "trusted_schema = OFF", f"cache_size = -{CACHE_KIB}"):  # fmt: skip
            self.execute(f"PRAGMA {pragma}")
        self._migrate()
        # Only now: a migration may put a new table in an old one's place.
        self.execute("PRAGMA foreign_keys = ON")

    def _migrate(self) -> None:
        version = cast(tuple[int], self.execute("PRAGMA user_version").fetchone())[0]
        if version > max(scripts()):
            raise HavreError(
                said("VaultNewer", f"The vault {self.path} was written by a newer Havre; update this one.")
            )
        if version < max(scripts()):
            with self.transaction():
                self._lead_on(version)
        self._scrub()

    def _lead_on(self, version: int) -> None:
        for step in sorted(step for step in scripts() if step > version):
            for statement in _statements(scripts()[step]):
                self.execute(statement)
        if version < INDEXED:
            self.index_all()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run one statement; what goes wrong with the file becomes one sentence."""
        self.remembered.note(sql)
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
            self.index_due()
            self.execute("COMMIT")
        except BaseException:
            self.scrub_due = False
            self._roll_back()
            raise
        if self.scrub_due:
            self._scrub()

    def _scrub(self) -> None:
        """Empty the write-ahead log, in which pages lie as they were before something was erased."""
        self.scrub_due = False
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _roll_back(self) -> None:
        self.remembered.forget()
        self.unindexed = {}
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
                return HavreError(
                    said("VaultUnusable", f"The vault {self.path} cannot be used ({name}: {error}); check the disk.")
                )

    def copy_to(self, target: Path, key: bytes) -> None:
        """Write a copy to a new file under another key (32 bytes), as it is at this moment; may run in a thread."""
        copy_vault(self.path, self._key, target, key)

    def check(self) -> None:
        """Read the whole file and check every page's authentication; raises VaultDamaged."""
        findings = self.execute("PRAGMA cipher_integrity_check").fetchall()
        if findings:
            raise VaultDamaged(str(self.path), str(findings[0][0]))

    def close(self) -> None:
        """Close the file; again is harmless."""
        self._connection.close()


@cache
def scripts() -> Mapping[int, str]:
    """Return the SQL that leads to each version of the schema from the one before."""
    found = {}
    for file in files("havre.client.vault").iterdir():
        named = re.fullmatch(r"schema(?:_(\d+))?\.sql", file.name)
        if named:
            found[int(named[1] or 1)] = file.read_text(encoding="utf-8")
    return found


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one: `executescript` would commit the transaction around it."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlcipher3.complete_statement(statement):
            yield statement
            statement = ""
