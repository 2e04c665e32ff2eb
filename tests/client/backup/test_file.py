"""A backup is whole or not there, opens for its secret alone, and notices every changed byte."""

from __future__ import annotations

from os import urandom
from pathlib import Path

import pytest

from havre.client.backup.file import MAGIC, read_backup, write_backup
from havre.client.errors import BackupDamaged, FileGone, FileNotWritten, HavreError, VaultDamaged, WrongPassphrase
from havre.client.vault.keys import Cost
from havre.client.vault.rows import Me, Person
from havre.client.vault.sqlcipher import SqlcipherVault

CHEAP = Cost(passes=1, memory_kib=64, lanes=1)
SECRET = "a long walk by the sea"
KEY = b"k" * 32
ME = Me(
    account=b"a" * 32, account_key=b"A" * 32, device=b"d" * 16, certificate=b"c", relay="https://r.example",
    inbox=b"i" * 16, name="alice", sequence=1, record=b"r", account_secret=b"s" * 32, device_secret=b"S" * 32,
)  # fmt: skip
BOB = Person(b"b" * 32, b"k" * 32, 1, "Bobby the heron", "bob", verified=False, added_at=1)


@pytest.fixture
def vault(tmp_path: Path) -> SqlcipherVault:
    made = SqlcipherVault(tmp_path / "vault.db", KEY)
    with made.transaction():
        made.put_me(ME)
        made.put_person(BOB)
    return made


@pytest.fixture
def backup(vault: SqlcipherVault, tmp_path: Path) -> Path:
    size = write_backup(vault.copy_to, tmp_path / "havre.backup", SECRET, urandom, CHEAP)
    assert size == (tmp_path / "havre.backup").stat().st_size
    return tmp_path / "havre.backup"


def test_comes_back_whole(backup: Path, tmp_path: Path) -> None:
    key = read_backup(backup, SECRET, tmp_path / "again.db")
    again = SqlcipherVault(tmp_path / "again.db", key)
    assert (again.me(), again.people()) == (ME, [BOB])
    assert key != KEY
    again.close()


def test_nothing_but_the_backup_is_left_and_it_shows_nothing(backup: Path, tmp_path: Path) -> None:
    assert {path.name for path in tmp_path.iterdir()} - {"vault.db-wal", "vault.db-shm"} == {"vault.db", "havre.backup"}
    data = backup.read_bytes()
    assert data.startswith(MAGIC)
    for word in (b"heron", b"SQLite format", b"s" * 32, SECRET.encode(), b"r.example"):
        assert word not in data
    assert backup.stat().st_mode & 0o077 == 0


def test_another_secret_does_not_open_it(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongPassphrase):
        read_backup(backup, "a short walk", tmp_path / "again.db")
    assert not (tmp_path / "again.db").exists()


def test_the_vault_stays_in_use_meanwhile(vault: SqlcipherVault, tmp_path: Path) -> None:
    def copy(target: Path, key: bytes) -> None:
        with vault.transaction():
            vault.put_setting("half", "done")
            vault.copy_to(target, key)

    write_backup(copy, tmp_path / "havre.backup", SECRET, urandom, CHEAP)
    assert vault.setting("half") == "done"
    again = SqlcipherVault(tmp_path / "again.db", read_backup(tmp_path / "havre.backup", SECRET, tmp_path / "again.db"))
    assert again.setting("half") is None, "it is a copy of one moment"
    again.close()


@pytest.mark.parametrize("where", [0, 20, 60, 0.3, 0.6, 0.99])
def test_every_changed_byte_is_noticed(backup: Path, tmp_path: Path, where: float) -> None:
    data = bytearray(backup.read_bytes())
    data[int(where if where >= 1 or where == 0 else len(data) * where)] ^= 1
    backup.write_bytes(data)
    with pytest.raises((BackupDamaged, WrongPassphrase, VaultDamaged)):
        SqlcipherVault(tmp_path / "again.db", read_backup(backup, SECRET, tmp_path / "again.db")).check()


def test_one_that_is_cut_off_is_noticed(backup: Path, tmp_path: Path) -> None:
    data = backup.read_bytes()
    backup.write_bytes(data[: len(data) - 4096])
    with pytest.raises(VaultDamaged):
        SqlcipherVault(tmp_path / "again.db", read_backup(backup, SECRET, tmp_path / "again.db")).check()


def test_sentences(vault: SqlcipherVault, backup: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotWritten, match="already"):
        write_backup(vault.copy_to, backup, SECRET, urandom, CHEAP)
    with pytest.raises(FileNotWritten, match="no such folder"):
        write_backup(vault.copy_to, tmp_path / "none" / "x", SECRET, urandom, CHEAP)
    with pytest.raises(FileGone):
        read_backup(tmp_path / "nothing", SECRET, tmp_path / "again.db")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8 no backup")
    with pytest.raises(BackupDamaged):
        read_backup(tmp_path / "photo.jpg", SECRET, tmp_path / "again.db")


def test_a_copy_that_fails_leaves_nothing(vault: SqlcipherVault, tmp_path: Path) -> None:
    def fail(target: Path, key: bytes) -> None:
        vault.copy_to(target, key)
        raise HavreError("the disk is gone")

    with pytest.raises(HavreError, match="disk"):
        write_backup(fail, tmp_path / "havre.backup", SECRET, urandom, CHEAP)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("havre")]
