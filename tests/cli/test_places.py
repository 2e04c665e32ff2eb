"""Profiles and passphrases, as the command line finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from havre.cli import places
from havre.cli.screen import WrongUsage
from havre.client.api import Keyring, Passphrase


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(places.HOME, str(tmp_path))
    return tmp_path


def test_a_profile_is_a_folder(home: Path) -> None:
    assert places.profile_folder("work") == home / "work"


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "x" * 65, "a\nb"])
def test_a_profile_cannot_lead_elsewhere(home: Path, name: str) -> None:
    with pytest.raises(WrongUsage):
        places.profile_folder(name)


def test_the_passphrase_is_the_files_first_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / "passphrase"
    path.write_text("été 2026\nsecond line\n")
    monkeypatch.setenv(places.KEY_FILE, str(path))
    assert places.new_key(keyring=False) == Passphrase("été 2026")
    assert places.new_key(keyring=True) == Keyring()


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_passphrase_is_said(home: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    path = home / "passphrase"
    path.write_bytes(content)
    monkeypatch.setenv(places.KEY_FILE, str(path))
    with pytest.raises(WrongUsage, match=str(path)):
        places.new_key(keyring=False)
