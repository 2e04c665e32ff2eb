"""kill -9 of anybody at any moment: what was acknowledged is there afterwards, once and in order."""

from __future__ import annotations

import json
import time

import pytest

from tests.scenarios.town import Town, wait_until

MESSAGES = 120


@pytest.mark.long
def test_the_relay_is_killed_in_the_middle_of_traffic(friends: Town) -> None:
    alice = friends.live("alice", "chat", "bob")
    bob = friends.live("bob", "read", "--follow", "--json")
    for number in range(MESSAGES):
        alice.say(f"message {number}")
        if number in (MESSAGES // 4, MESSAGES // 2):
            bob.next_line(lambda line: f"message {number // 2}" in line)  # noqa: B023 - called at once
            friends.relay.kill()
            friends.relay.start()
    bob.next_line(lambda line: f'"message {MESSAGES - 1}"' in line)
    assert alice.close() == 0
    bob.kill()
    assert friends.texts("bob", "alice") == [f"message {number}" for number in range(MESSAGES)]


@pytest.mark.long
def test_a_client_is_killed_in_the_middle_of_receiving(friends: Town) -> None:
    alice = friends.live("alice", "chat", "bob")
    for number in range(MESSAGES):
        alice.say(f"message {number}")
    for seen in (3, 20, 50):
        bob = friends.live("bob", "read", "--follow", "--json")
        bob.next_line(lambda line: json.loads(line)["text"] >= "", wait=60)
        time.sleep(seen / 1000)
        bob.kill()
        alice.say(f"after {seen}")
    assert alice.close() == 0
    expected = [f"message {number}" for number in range(MESSAGES)] + [f"after {seen}" for seen in (3, 20, 50)]
    assert friends.texts("bob", "alice") == expected


@pytest.mark.long
def test_a_client_is_killed_in_the_middle_of_sending(friends: Town) -> None:
    said = 0
    for _ in range(4):
        alice = friends.live("alice", "chat", "bob")
        alice.next_line(lambda line: "/quit leaves" in line)
        for _ in range(25):
            alice.say(f"message {said}")
            said += 1
        time.sleep(0.15)
        alice.kill()
    friends.ask("alice", "people")
    mine = [one["text"] for one in friends.ask("alice", "read", "bob", "--all") if one["mine"]]
    assert mine, "none was taken before the kill: the test saw nothing"
    assert friends.texts("bob", "alice") == mine, "what Alice's vault holds is what Bob got, once and in order"
    assert sorted(set(mine), key=mine.index) == mine


@pytest.mark.long
def test_a_client_is_killed_while_it_signs_up_or_adds(town: Town) -> None:
    town.sign_up("bob")
    link = town.ask("bob", "link")[0]["link"]
    for milliseconds in range(200, 1400, 200):
        adding = town.live("alice", "signup", "alice", "--relay", town.relay.url)
        time.sleep(milliseconds / 1000)
        adding.kill()
    done = town.run("alice", "signup", "alice", "--relay", town.relay.url)
    assert done.returncode in (0, 14), done.stderr
    for milliseconds in range(400, 1600, 300):
        adding = town.live("alice", "add", link)
        time.sleep(milliseconds / 1000)
        adding.kill()
    town.ask("alice", "add", link)
    town.ask("alice", "send", "bob", "here I am")
    town.ask("bob", "request", "accept", "alice")
    wait_until(lambda: town.texts("bob", "alice") == ["here I am"], "the message")
