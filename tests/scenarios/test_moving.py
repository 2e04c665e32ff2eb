"""A chat moves from one relay to another, each a real process, and anybody is killed while it does."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

import pytest

from tests.scenarios.town import RelayProcess, Town


@pytest.mark.long
def test_a_chat_moves_while_everybody_is_killed(friends: Town, tmp_path: Path) -> None:
    path = tmp_path / "map.bin"
    path.write_bytes(secrets.token_bytes(300_000))
    friends.ask("alice", "send", "bob", "before")
    friends.ask("alice", "send", "bob", "--file", str(path))
    friends.relay.kill()
    kept = friends.run("bob", "send", "alice", "while it was down")
    assert "is kept" in kept.stderr
    friends.relay.start()
    other = RelayProcess(tmp_path / "other")
    other.start()
    try:
        _move(friends, other)
        assert "while it was down" in friends.texts("alice", "bob")
        assert friends.texts("bob", "alice") == ["before"]
        friends.ask("alice", "send", "bob", "after")
        friends.ask("bob", "send", "alice", "here, too")
        assert friends.texts("bob", "alice") == ["before", "after"]
        assert friends.texts("alice", "bob") == ["while it was down", "here, too"]
        saved = Path(friends.ask("bob", "save", "alice", "--to", str(tmp_path / "in"))[0]["path"])
        assert saved.read_bytes() == path.read_bytes(), "what was sent before still lies on the old relay"
        friends.relay.kill()
        friends.run("alice", "send", "bob", "without the old one")
        found = friends.run("bob", "read", "alice", "--all")
        assert "without the old one" in found.stdout
    finally:
        other.kill()


def _move(friends: Town, other: RelayProcess) -> None:
    """Move the chat, killing whoever does it and either relay, until it has come about."""
    moving = friends.live("alice", "homes", "move", "bob", other.url)
    time.sleep(0.9)
    moving.kill()
    for relay in (friends.relay, other):
        relay.kill()
        relay.start()
    friends.run("alice", "homes", "move", "bob", other.url)
    for person, peer in (("alice", "bob"), ("bob", "alice")):
        (found,) = friends.ask(person, "homes", "show", peer)
        assert [home["relay"] for home in found["homes"]] == [other.url]
