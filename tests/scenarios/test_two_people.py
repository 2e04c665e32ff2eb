"""Two people, one relay: what the README promises, through the command line."""

from __future__ import annotations

import hashlib
import json
import secrets
from pathlib import Path

from tests.scenarios.town import Town


def test_offline_delivery_receipts_and_safety_numbers(friends: Town) -> None:
    numbers = {
        friends.ask(who, "verify", whom)[0]["safety_number"] for who, whom in (("alice", "bob"), ("bob", "alice"))
    }
    assert len(numbers) == 1

    sent = [friends.ask("alice", "send", "bob", words)[0] for words in ("one", "deux", "ثلاثة")]
    assert [message["state"] for message in sent] == ["sent"] * 3
    assert [message["text"] for message in friends.ask("bob", "read")] == ["one", "deux", "ثلاثة"]
    assert friends.ask("bob", "read") == [], "what was read is not shown as new again"

    mine = [message for message in friends.ask("alice", "read", "bob", "--all") if message["mine"]]
    assert [message["state"] for message in mine] == ["read"] * 3
    assert friends.texts("bob", "alice") == ["one", "deux", "ثلاثة"]


def test_live_both_ways(friends: Town) -> None:
    alice, bob = friends.live("alice", "chat", "bob"), friends.live("bob", "chat", "alice")
    for number in range(5):
        alice.say(f"ping {number}")
        bob.next_line(lambda line, n=number: f"ping {n}" in line)  # type: ignore[misc]
        bob.say(f"pong {number}")
        alice.next_line(lambda line, n=number: f"pong {n}" in line)  # type: ignore[misc]
    assert alice.close() == 0
    assert bob.close() == 0


def test_a_file_arrives_whole_and_overwrites_nothing(friends: Town, tmp_path: Path) -> None:
    original = tmp_path / "été.bin"
    original.write_bytes(secrets.token_bytes(1_300_000))
    friends.ask("alice", "send", "bob", "--file", str(original))
    target = tmp_path / "received"
    first = Path(friends.ask("bob", "save", "alice", "--to", str(target))[0]["path"])
    second = Path(friends.ask("bob", "save", "alice", "été.bin", "--to", str(target))[0]["path"])
    assert first.name == "été.bin"
    assert second != first
    digests = {hashlib.sha256(path.read_bytes()).digest() for path in (original, first, second)}
    assert len(digests) == 1


def test_a_message_waits_while_the_relay_is_away(friends: Town) -> None:
    friends.relay.stop()
    kept = friends.run("alice", "send", "bob", "kept", "--json")
    assert kept.returncode > 0
    assert json.loads(kept.stdout.splitlines()[0])["state"] == "waiting"
    assert len(kept.stderr.strip().splitlines()) == 1
    friends.relay.start()
    friends.ask("alice", "people")
    assert friends.texts("bob", "alice") == ["kept"]


def test_adding_each_other_at_the_same_time_ends_in_one_conversation(town: Town) -> None:
    town.sign_up("alice")
    town.sign_up("bob")
    links = {who: town.ask(who, "link")[0]["link"] for who in ("alice", "bob")}
    town.relay.stop()
    town.relay.start()
    adding = [town.live(who, "add", links[whom], "--json") for who, whom in (("alice", "bob"), ("bob", "alice"))]
    assert [one.finish() for one in adding] == [0, 0]
    town.ask("alice", "send", "bob", "from alice")
    town.ask("bob", "send", "alice", "from bob")
    assert town.texts("bob", "alice") == ["from alice"]
    assert town.texts("alice", "bob") == ["from bob"]
    assert len(town.ask("alice", "people")) == len(town.ask("bob", "people")) == 1
