"""Groups through the command line, with a real relay and real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.town import Town, a_town

PEOPLE = ("alice", "bob", "carol")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with a_town(tmp_path) as found:
        for person in PEOPLE:
            found.sign_up(person)
        found.befriend("alice", "bob")
        found.befriend("alice", "carol")
        yield found


def members(town: Town, who: str) -> dict[str, str]:
    (found,) = town.ask(who, "group", "show", "Choir")
    return {member["name"].casefold(): member["role"] for member in found["members"]}


def test_a_group_lives_its_life(town: Town) -> None:
    (made,) = town.ask("alice", "group", "create", "Choir", "bob", "carol", "--description", "Tuesdays")
    assert (made["title"], made["standing"]) == ("Choir", "accepted")
    for person in PEOPLE:
        assert members(town, person) == {"alice": "owner", "bob": "member", "carol": "member"}
    town.ask("bob", "send", "Choir", "hello all")
    said = [message["text"] for message in town.ask("carol", "read", "Choir") if message["kind"] == "text"]
    assert said == ["hello all"]

    refused = town.run("bob", "group", "title", "Choir", "Bob's")
    assert refused.returncode > 0
    assert "role" in refused.stderr
    town.ask("alice", "group", "role", "Choir", "bob", "admin")
    town.ask("bob", "group", "description", "Choir", "Wednesdays")
    assert town.ask("carol", "group", "show", "Choir")[0]["description"] == "Wednesdays"

    town.ask("bob", "group", "ban", "Choir", "carol")
    assert [group["standing"] for group in town.ask("carol", "group", "list")] == ["removed"]
    assert members(town, "alice") == {"alice": "owner", "bob": "admin"}
    town.ask("alice", "send", "Choir", "without her")
    assert "without her" not in str(town.ask("carol", "read", "Choir", "--all"))

    town.ask("alice", "group", "leave", "Choir")
    town.ask("bob", "group", "list")
    town.ask("alice", "group", "list")
    assert members(town, "bob")["bob"] == "owner"


def test_somebody_comes_by_the_link(town: Town) -> None:
    """Nobody else is there: each command of the others has ended."""
    town.ask("alice", "group", "create", "Choir", "bob")
    (made,) = town.ask("alice", "group", "invite", "Choir")
    assert town.ask("alice", "group", "invite", "Choir") == [made], "it stays the same until a new one is asked for"
    (joined,) = town.ask("carol", "group", "join", made["link"])
    assert (joined["title"], joined["standing"]) == ("Choir", "accepted")
    town.ask("carol", "send", "Choir", "hello")
    said = [message["text"] for message in town.ask("bob", "read", "Choir") if message["kind"] == "text"]
    assert said == ["hello"]
    assert members(town, "bob") == {"alice": "owner", "bob": "member", "carol": "member"}
    town.ask("alice", "group", "invite", "Choir", "--close")
    assert town.run("bob", "group", "join", made["link"][:-8]).returncode == 30


def test_disappearing_is_agreed_on(town: Town) -> None:
    town.ask("alice", "group", "create", "Choir", "bob")
    town.ask("alice", "group", "timer", "Choir", "1d")
    assert town.ask("bob", "group", "show", "Choir")[0]["timer"] == 24 * 3600
    town.ask("bob", "timer", "alice", "30s")
    assert town.ask("alice", "timer", "bob", "off")[0]["timer"] is None
    assert town.run("alice", "timer", "bob", "1s").returncode > 0
