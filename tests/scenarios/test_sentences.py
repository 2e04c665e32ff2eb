"""What goes wrong is said in one sentence, with an exit code above 0, and nothing is lost or half done."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from havre.client.profiles import open_profile
from havre.client.vault.keys import Passphrase
from tests.scenarios.town import PASSPHRASE, Town, free_port, moved


def sentence(done: subprocess.CompletedProcess[str], *words: str) -> int:
    """Check that standard error holds one sentence with these words, and return the exit code."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[0]
    assert done.returncode > 0
    return done.returncode


def test_vaults(town: Town, tmp_path: Path) -> None:
    assert sentence(town.run("alice", "people"), "havre signup") == 13
    town.sign_up("alice")
    wrong = tmp_path / "wrong"
    wrong.write_text("not the passphrase")
    assert sentence(town.run("alice", "people", HAVRE_PASSPHRASE_FILE=str(wrong)), "passphrase") == 10
    gone = town.run("alice", "people", HAVRE_PASSPHRASE_FILE=str(tmp_path / "none"))
    assert sentence(gone, str(tmp_path / "none")) == 2
    assert sentence(town.run("alice", "people", HAVRE_PASSPHRASE_FILE=""), "HAVRE_PASSPHRASE_FILE") == 2
    assert sentence(town.run("alice", "signup", "alice", "--relay", town.relay.url), "already") == 14
    profile = open_profile(town.folder / "people" / "alice", Passphrase(PASSPHRASE))
    try:
        assert sentence(town.run("alice", "people"), "open") == 11
    finally:
        profile.close()
    town.ask("alice", "people")


def test_names(town: Town) -> None:
    town.sign_up("alice")
    assert sentence(town.run("eve", "signup", "Alice", "--relay", town.relay.url), "taken") == 33
    assert sentence(town.run("eve", "signup", "a", "--relay", town.relay.url), "not allowed") == 34
    assert sentence(town.run("eve", "signup", "аlice", "--relay", town.relay.url), "not allowed") == 34
    assert not (town.folder / "people" / "eve" / "vault.db").exists(), "a sign-up that failed leaves no account"
    town.sign_up("eve")
    assert sentence(town.run("eve", "add", "nobody"), "nobody") == 35
    assert sentence(town.run("eve", "send", "nobody", "hello"), "nobody") == 38
    assert sentence(town.run("eve", "verify", "nobody"), "nobody") == 36


def test_relays_that_do_not_answer(town: Town) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert sentence(town.run("alice", "signup", "alice", "--relay", nowhere), nowhere) == 20
    town.sign_up("alice")
    town.sign_up("bob")
    link = town.ask("bob", "link")[0]["link"]
    assert sentence(town.run("alice", "add", link[:-5]), "link") == 30
    assert sentence(town.run("alice", "add", link.replace(link[30], "z" if link[30] != "z" else "y", 1))) == 30
    assert sentence(town.run("alice", "add", moved(link, nowhere)), nowhere) == 20
    assert town.ask("alice", "people") == []


@pytest.mark.parametrize("words", [("send", "bob"), ("send", "bob", "x", "--file", "y"), ("read", "--nonsense")])
def test_wrong_usage_is_2(town: Town, words: tuple[str, ...]) -> None:
    done = town.run("alice", *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_files_that_cannot_be_sent(friends: Town, tmp_path: Path) -> None:
    assert sentence(friends.run("alice", "send", "bob", "--file", str(tmp_path / "gone")), "gone") == 41
    assert sentence(friends.run("alice", "send", "bob", "--file", str(tmp_path)), str(tmp_path)) == 41
    assert friends.run("bob", "save", "alice").returncode == 1
    assert friends.ask("bob", "read", "--all") == [], "nothing half done arrived"
