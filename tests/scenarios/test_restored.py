"""Two people whose relay is put back from a backup: whoever has what was said since keeps it, and they talk on."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.scenarios.town import HAVRE, Town


def relay(*words: str | Path) -> None:
    done = subprocess.run([*HAVRE, "relay", *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_people_talk_on_over_a_relay_that_was_put_back(friends: Town, tmp_path: Path) -> None:
    town, home = friends, friends.relay.folder
    town.ask("alice", "send", "bob", "before")
    assert town.texts("bob", "alice") == ["before"]
    relay("backup", tmp_path / "backup", "--data", home)
    for number in range(3):
        town.ask("alice", "send", "bob", f"since {number}")
    assert town.texts("bob", "alice")[-1] == "since 2"
    town.relay.kill()
    shutil.rmtree(home)
    relay("restore", tmp_path / "backup", "--data", home)
    town.relay.start()
    town.ask("alice", "send", "bob", "after")
    town.ask("bob", "send", "alice", "I hear you")
    assert town.texts("bob", "alice") == ["before", "since 0", "since 1", "since 2", "after"]
    assert town.texts("alice", "bob")[-1] == "I hear you"
