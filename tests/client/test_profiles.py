"""The accounts of one installation, listed without opening any."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from havre.cli.main import app
from havre.client.api import Cost, InstalledProfile, Passphrase, installed_profiles
from havre.client.errors import VaultDamaged
from havre.client.vault.keys import keep_key
from havre.client.vault.lock import VaultLock

CHEAP = Cost(passes=1, memory_kib=64, lanes=1)


def a_profile(home: Path, name: str) -> Path:
    folder = home / name
    folder.mkdir(parents=True)
    keep_key(folder / "vault.key", bytes(32), Passphrase("correct horse"), lambda size: bytes(size), CHEAP)
    return folder


def test_profiles_are_listed_with_the_one_that_is_open(tmp_path: Path) -> None:
    private, work = a_profile(tmp_path, "private"), a_profile(tmp_path, "work")
    (a_profile(tmp_path, "half") / "vault.new").touch()
    (tmp_path / "else").mkdir()
    lock = VaultLock(work / "vault.lock")
    assert installed_profiles(tmp_path) == [
        InstalledProfile("private", private, False, False),
        InstalledProfile("work", work, True, False),
    ]
    lock.release()
    assert not installed_profiles(tmp_path)[1].open
    assert not (private / "vault.lock").exists(), "looking makes nothing"
    (work / "vault.key").write_text("rubbish")
    with pytest.raises(VaultDamaged):
        installed_profiles(tmp_path)


def test_the_command_says_which_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAVRE_HOME", str(tmp_path))
    assert "Nobody" in CliRunner().invoke(app, ["profiles"]).output
    for name in ("private", "work"):
        a_profile(tmp_path, name)
    shown = CliRunner().invoke(app, ["profiles", "--profile", "work"])
    assert [line.rstrip() for line in shown.output.splitlines()] == ["  private", "→ work"]
