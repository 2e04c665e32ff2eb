"""A few stories in every run of the tests, many in `make simulate`; a seed that once broke stays here."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from tests.simulation.chaos import Story, tell_story
from tests.simulation.real import real_newcomer
from tests.simulation.world import World


@pytest.mark.parametrize("first", range(0, 40, 5))
def test_stories(first: int, tmp_path: Path) -> None:
    said = 0
    for seed in range(first, first + 5):
        folder = tmp_path / str(seed)
        folder.mkdir()
        said += sum(tell_story(seed, folder).accepted.values())
    assert said > 100, "hardly anybody said anything, so hardly anything was shown"


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 1300, 50))
def test_more_stories(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 50):
        folder = tmp_path / str(seed)
        folder.mkdir()
        tell_story(seed, folder)


@pytest.mark.parametrize("seed", [24, 28, 70])
def test_key_package_is_not_uploaded_twice(seed: int) -> None:
    # The upload was not confirmed, was repeated, and two people got the same key package: the second Welcome was lost.
    Story(World(seed), 1000).run()


@pytest.mark.parametrize("seed", [2])
def test_message_that_comes_too_late_is_sent_again(seed: int) -> None:
    # More commits than a member keeps epochs stood in the queue before the message: nobody could read it.
    Story(World(seed, newcomer=real_newcomer), 1000).run()


def test_same_seed_same_story() -> None:
    stories = [Story(World(7), 300) for _ in range(2)]
    for story in stories:
        story.run()
    first, second = ([one.shown(two) for one, two in permutations(story.people, 2)] for story in stories)
    assert first == second
