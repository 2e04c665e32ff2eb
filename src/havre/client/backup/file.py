"""The backup file: a line that says what it is, a line with its key, sealed, and then a vault as SQLCipher has it.

    havre backup 1
    {"cost": ..., "salt": ..., "wrapped": ...}        as in vault.key
    the encrypted database to the end of the file

Every page of the database is authenticated, and the key is of this file alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from havre.client.errors import BackupDamaged, FileGone, FileNotWritten, NoSpace
from havre.client.vault.keys import Cost, Wrapped, open_key, seal_key
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.wire.sizes import KEY_BYTES

MAGIC: Final = b"havre backup 1\n"
_LONGEST_LINE: Final = 4096
_PIECE: Final = 1 << 20
_NO_ROOM: Final = 28

Entropy = Callable[[int], bytes]


Copy = Callable[[Path, bytes], None]
"""Writes a copy of the open vault to a new file, under a key of 32 bytes."""


Prepare = Callable[[SqlcipherVault], None]


def write_backup(
    copy: Copy,
    target: Path,
    secret: str,
    entropy: Entropy,
    cost: Cost | None = None,
    prepare: Prepare = lambda copy: None,
) -> int:
    """Write a backup that `secret` opens, read it again to be sure, and return its size in bytes; it blocks.

    `prepare` puts into the copy what the backup alone holds.
    Raises FileNotWritten, NoSpace, VaultDamaged; then nothing of it is left.
    """
    key, salt = entropy(KEY_BYTES), entropy(32)
    database, part = target.with_name(f"{target.name}.copy"), target.with_name(f"{target.name}.part")
    _check_free(target)
    for left_over in (database, part):
        left_over.unlink(missing_ok=True)
    try:
        copy(database, key)
        _check_opens(database, key, prepare)
        _assemble(part, msgspec.json.encode(seal_key(key, secret, salt, cost)), database)
        _check_same(part, database, secret, key)
        part.replace(target)
    except OSError as error:
        raise _told(error, target) from None
    finally:
        for path in (database, part):
            path.unlink(missing_ok=True)
    return target.stat().st_size


def read_backup(source: Path, secret: str, database: Path) -> bytes:
    """Write the vault that is in a backup to `database`, and return its key (32 bytes); it blocks.

    Raises BackupDamaged, WrongPassphrase, FileGone, NoSpace.
    """
    try:
        with source.open("rb") as file:
            key = open_key(_read_head(file, source), secret, str(source))
            with os.fdopen(os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
                shutil.copyfileobj(file, copy, _PIECE)
                copy.flush()
                os.fsync(copy.fileno())
    except FileNotFoundError:
        raise FileGone(str(source), "it is not there") from None
    except OSError as error:
        raise _told(error, database) from None
    return key


def _check_free(target: Path) -> None:
    if target.exists():
        raise FileNotWritten(str(target), "there is a file of this name already")
    if not target.parent.is_dir():
        raise FileNotWritten(str(target), "there is no such folder")


def _check_opens(database: Path, key: bytes, prepare: Prepare) -> None:
    """Read every page of the copy with its own key, once it is prepared."""
    copy = SqlcipherVault(database, key)
    try:
        with copy.transaction():
            prepare(copy)
        copy.check()
        copy.me()
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()


def _assemble(part: Path, head: bytes, database: Path) -> None:
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(MAGIC + head + b"\n")
        with database.open("rb") as pages:
            shutil.copyfileobj(pages, file, _PIECE)
        file.flush()
        os.fsync(file.fileno())


def _check_same(part: Path, database: Path, secret: str, key: bytes) -> None:
    with part.open("rb") as file, database.open("rb") as pages:
        found = open_key(_read_head(file, part), secret, str(part))
        if found != key or _digest(file) != _digest(pages):
            raise BackupDamaged(str(part), "what was read again is not what was written")


def _digest(file: BinaryIO) -> bytes:
    digest = sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.digest()


def _read_head(file: BinaryIO, path: Path) -> Wrapped:
    if file.readline(len(MAGIC)) != MAGIC:
        raise BackupDamaged(str(path), "it does not begin as a backup does")
    try:
        return msgspec.json.decode(file.readline(_LONGEST_LINE), type=Wrapped)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BackupDamaged(str(path), "its key cannot be read") from None


def _told(error: OSError, path: Path) -> FileNotWritten | NoSpace:
    if error.errno == _NO_ROOM:
        return NoSpace(str(path.parent))
    return FileNotWritten(str(path), error.strerror or type(error).__name__)
