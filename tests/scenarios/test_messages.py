"""What people do with messages, through the command line, each command a process of its own."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from tests.scenarios.town import Town, wait_until


def newest(town: Town, who: str, other: str) -> dict[str, object]:
    """Return the newest message that this person has with the other."""
    return town.ask(who, "read", other, "--all")[-1]


@pytest.mark.long
def test_each_command_on_messages(friends: Town, tmp_path: Path) -> None:
    """One town for all of them: signing up takes longer than they do."""
    change(friends)
    write_all_kinds(friends, tmp_path)
    send_once_and_later(friends)


def change(friends: Town) -> None:
    friends.ask("alice", "send", "bob", "Rendez-vous à *huit* heures")
    friends.ask("bob", "read")
    friends.ask("bob", "message", "react", "alice", "👍")
    friends.ask("alice", "message", "edit", "bob", "Rendez-vous à neuf heures")
    friends.ask("bob", "message", "pin", "alice")
    seen = newest(friends, "alice", "bob")
    assert seen["reactions"] == {"👍": ["bob"]}
    assert seen["text"] == "Rendez-vous à neuf heures"
    assert seen["pinned"]
    (shown,) = friends.ask("bob", "message", "show", "alice")
    assert [version["text"] for version in shown["history"]] == ["Rendez-vous à *huit* heures"]
    (found,) = friends.ask("bob", "search", "RENDEZ", "neuf")
    assert found["id"] == seen["id"]
    refused = friends.run("bob", "message", "edit", "alice", "mine now")
    assert refused.returncode == 1
    assert refused.stderr.strip() == "Only who wrote a message can do this."
    friends.ask("alice", "message", "delete", "bob")
    assert newest(friends, "bob", "alice")["kind"] == "deleted"
    assert friends.ask("bob", "search", "neuf") == []


def write_all_kinds(friends: Town, tmp_path: Path) -> None:
    friends.ask("alice", "poll", "bob", "Où ?", "Ici", "Là-bas")
    friends.ask("bob", "message", "vote", "alice", "2")
    friends.ask("alice", "message", "close", "bob")
    poll = newest(friends, "alice", "bob")
    assert poll["options"] == [
        {"text": "Ici", "voters": [], "mine": False},
        {"text": "Là-bas", "voters": ["bob"], "mine": False},
    ]
    assert friends.run("bob", "message", "vote", "alice", "1").returncode == 1
    friends.ask("alice", "send", "bob", "Notre-Dame", "--location", "48.8530,2.3499")
    friends.ask("bob", "send", "alice", "J'arrive", "--reply", "alice")
    place, reply = friends.ask("alice", "read", "bob", "--all")[-2:]
    assert (place["kind"], place["label"]) == ("location", "Notre-Dame")
    assert reply["in_reply_to"] == place["id"]
    recording = tmp_path / "note.wav"
    with wave.open(str(recording), "wb") as written:
        written.setparams((1, 2, 16000, 0, "NONE", ""))
        written.writeframes(bytes(range(256)) * 125)
    friends.ask("alice", "send", "bob", "--voice", str(recording))
    voice = newest(friends, "bob", "alice")
    assert (voice["kind"], voice["milliseconds"]) == ("voice", 1000)


def send_once_and_later(friends: Town) -> None:
    friends.ask("alice", "send", "bob", "burn this", "--once")
    assert newest(friends, "bob", "alice")["kind"] == "once"
    assert friends.ask("bob", "message", "view", "alice")[0]["text"] == "burn this"
    assert friends.run("bob", "message", "view", "alice").returncode == 1
    kept = friends.ask("alice", "send", "bob", "tomorrow", "--at", "+1d")[0]
    assert friends.ask("alice", "later") == [kept]
    assert friends.ask("alice", "later", "--cancel", str(kept["number"])) == []
    friends.ask("alice", "settings", "read-receipts", "off")
    assert friends.ask("alice", "settings")[0]["read-receipts"] is False
    friends.ask("alice", "draft", "bob", "half a")
    assert friends.ask("alice", "draft", "bob") == [{"draft": "half a"}]


@pytest.mark.long
def test_slash_commands_in_a_chat(friends: Town) -> None:
    alice, bob = friends.live("alice", "chat", "bob"), friends.live("bob", "chat", "alice")
    alice.say("first")
    bob.next_line(lambda line: "first" in line)
    bob.say("/react 🎉")
    alice.next_line(lambda line: "🎉 bob" in line)
    alice.say("/edit second")
    bob.next_line(lambda line: "second" in line and "edited" in line)
    bob.say("/reply #1 fine")
    alice.next_line(lambda line: "┌ me: second" in line or "┌ alice: second" in line)
    alice.next_line(lambda line: "fine" in line)
    alice.say("/nonsense")
    alice.say("/usr/bin is a path")
    bob.next_line(lambda line: "/usr/bin is a path" in line)
    assert alice.close() == 0
    assert bob.close() == 0
    assert friends.texts("bob", "alice") == ["second", "/usr/bin is a path"]
    wait_until(lambda: newest(friends, "alice", "bob")["state"] == "read", "the receipt")
