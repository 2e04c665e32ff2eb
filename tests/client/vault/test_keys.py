"""The vault's key: behind a passphrase or in the keyring, one process at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from havre.client.errors import HavreError, VaultBusy, VaultDamaged, WrongPassphrase
from havre.client.vault.keys import Cost, Keyring, Passphrase, change_key, find_key, keep_key
from havre.client.vault.lock import VaultLock

KEY = bytes(range(32))
CHEAP = Cost(passes=1, memory_kib=64, lanes=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vault.key"
    keep_key(path, KEY, Passphrase("open sesame"), os.urandom, CHEAP)
    return path


def test_passphrase_opens(file: Path) -> None:
    assert find_key(file, Passphrase("open sesame")) == KEY


@pytest.mark.parametrize("wrong", ["", "open sesam", "Open sesame", "open sesame "])
def test_wrong_passphrase(file: Path, wrong: str) -> None:
    with pytest.raises(WrongPassphrase):
        find_key(file, Passphrase(wrong))


def test_key_is_not_in_the_file(file: Path) -> None:
    data = file.read_bytes()
    assert KEY not in data
    assert KEY.hex().encode() not in data
    assert file.stat().st_mode & 0o077 == 0


def test_changing_the_passphrase(file: Path) -> None:
    before = json.loads(file.read_bytes())
    change_key(file, Passphrase("open sesame"), Passphrase("another"), os.urandom)
    assert find_key(file, Passphrase("another")) == KEY
    with pytest.raises(WrongPassphrase):
        find_key(file, Passphrase("open sesame"))
    after = json.loads(file.read_bytes())
    assert before["salt"] != after["salt"], "the key that seals would serve twice"


def test_changing_needs_the_old_one(file: Path) -> None:
    with pytest.raises(WrongPassphrase):
        change_key(file, Passphrase("guess"), Passphrase("mine"), os.urandom)
    assert find_key(file, Passphrase("open sesame")) == KEY


@pytest.mark.parametrize("field", ["salt", "wrapped", "cost"])
def test_changed_file_is_noticed(file: Path, field: str) -> None:
    kept = json.loads(file.read_bytes())
    changed = {"passes": 2, "memory_kib": 64, "lanes": 1}
    kept[field] = changed if field == "cost" else ("B" if kept[field][0] != "B" else "C") + kept[field][1:]
    file.write_text(json.dumps(kept))
    with pytest.raises(WrongPassphrase):
        find_key(file, Passphrase("open sesame"))


@pytest.mark.parametrize(
    "cost",
    [
        {"passes": 10**9, "memory_kib": 64, "lanes": 1},
        {"passes": 1, "memory_kib": 2**40, "lanes": 1},
        {"passes": 0, "memory_kib": 64, "lanes": 1},
    ],
)
def test_cost_is_bounded(file: Path, cost: dict[str, int]) -> None:
    kept = json.loads(file.read_bytes())
    kept["cost"] = cost
    file.write_text(json.dumps(kept))
    with pytest.raises(VaultDamaged):
        find_key(file, Passphrase("open sesame"))


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe", b'{"kept":"passphrase"}', b"[1]"])
def test_damaged_file_is_one_sentence(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with pytest.raises(VaultDamaged) as told:
        find_key(file, Passphrase("open sesame"))
    assert "\n" not in str(told.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(VaultDamaged):
        find_key(tmp_path / "vault.key", Passphrase("x"))


def test_no_secret_shows() -> None:
    assert "open sesame" not in repr(Passphrase("open sesame"))


class OurKeyring(keyring.backend.KeyringBackend):
    """A keyring in a dictionary."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring's own
        self.kept: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedKeyring(OurKeyring):
    """A keyring that says no."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("locked")


@pytest.fixture
def our_keyring() -> OurKeyring:
    found = OurKeyring()
    keyring.set_keyring(found)
    return found


def test_keyring_opens(tmp_path: Path, our_keyring: OurKeyring) -> None:
    path = tmp_path / "vault.key"
    keep_key(path, KEY, Keyring(), os.urandom)
    assert find_key(path, Keyring()) == KEY
    assert KEY.hex() not in path.read_text()


def test_keyring_that_lost_it_or_is_locked(tmp_path: Path, our_keyring: OurKeyring) -> None:
    path = tmp_path / "vault.key"
    keep_key(path, KEY, Keyring(), os.urandom)
    our_keyring.kept.clear()
    with pytest.raises(HavreError, match="does not hold"):
        find_key(path, Keyring())
    keyring.set_keyring(LockedKeyring())
    with pytest.raises(HavreError, match="cannot be used"):
        find_key(path, Keyring())


def test_passphrase_where_the_keyring_is_needed(tmp_path: Path, file: Path, our_keyring: OurKeyring) -> None:
    other = tmp_path / "other.key"
    keep_key(other, KEY, Keyring(), os.urandom)
    with pytest.raises(HavreError, match="keyring"):
        find_key(other, Passphrase("open sesame"))
    with pytest.raises(HavreError, match="passphrase"):
        find_key(file, Keyring())


# --- the lock -------------------------------------------------------------------------------------------------


def test_second_opener_is_told(tmp_path: Path) -> None:
    lock = VaultLock(tmp_path / "vault.lock")
    with pytest.raises(VaultBusy):
        VaultLock(tmp_path / "vault.lock")
    lock.release()
    lock.release()
    VaultLock(tmp_path / "vault.lock").release()


def test_lock_dies_with_its_process(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from havre.client.vault.lock import VaultLock;"
        "lock = VaultLock(Path(sys.argv[1])); print('locked', flush=True); time.sleep(60)"
    )
    path = tmp_path / "vault.lock"
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(VaultBusy):
            VaultLock(path)
        process.kill()
        process.wait()
    VaultLock(path).release()
