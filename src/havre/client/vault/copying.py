"""A copy of a vault under another key, as it is at one moment, while the vault stays in use."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import sqlcipher3

from havre.client.errors import HavreError, NoSpace, VaultDamaged
from havre.client.sentences import said


def copy_vault(source: Path, key: bytes, target: Path, new_key: bytes) -> None:
    """Write a copy of the vault at `source` (32-byte key) to `target`, a new file under `new_key`; it blocks.

    Raises NoSpace, VaultDamaged, HavreError; then nothing is left of the copy.
    """
    target.touch(mode=0o600, exist_ok=False)
    try:
        with closing(sqlcipher3.connect(str(source), isolation_level=None)) as connection:
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            connection.execute(f"ATTACH DATABASE ? AS copied KEY \"x'{new_key.hex()}'\"", (str(target),))
            connection.execute("SELECT sqlcipher_export('copied')")
            connection.execute(f"PRAGMA copied.user_version = {version}")
            connection.execute("DETACH DATABASE copied")
    except sqlcipher3.DatabaseError as error:
        target.unlink(missing_ok=True)
        raise _told(error, source, target) from None
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _told(error: sqlcipher3.DatabaseError, source: Path, target: Path) -> HavreError:
    match getattr(error, "sqlite_errorname", ""):
        case "SQLITE_FULL" | "SQLITE_IOERR_WRITE":
            return NoSpace(str(target.parent))
        case "SQLITE_NOTADB" | "SQLITE_CORRUPT":
            return VaultDamaged(str(source), "it is not a vault of this key, or its pages were changed")
        case name:
            return HavreError(
                said("FileNotWritten", f"{target} cannot be written ({name}: {error}); choose another folder.")
            )
